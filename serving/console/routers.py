"""All routes of the console."""

from serving.console import acting, case, choosing, fires, mine, queue, signing_in, uploading, wording
from serving.console.overseeing import model, policy, team, weights
from serving.console.quality import exercises, golden, overview, readings, settling

ROUTERS = (
    signing_in.router,
    queue.router,
    case.router,
    acting.router,
    choosing.router,
    fires.router,
    mine.router,
    team.router,
    policy.router,
    weights.router,
    model.router,
    uploading.router,
    wording.router,
    overview.router,
    readings.router,
    settling.router,
    golden.router,
    exercises.router,
)
