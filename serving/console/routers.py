"""All routes of the console."""

from serving.console import acting, case, choosing, mine, overseeing, queue, signing_in, team, uploading, wording
from serving.console.quality import exercises, golden, overview, readings, settling

ROUTERS = (
    signing_in.router,
    queue.router,
    case.router,
    acting.router,
    choosing.router,
    mine.router,
    overseeing.router,
    team.router,
    uploading.router,
    wording.router,
    overview.router,
    readings.router,
    settling.router,
    golden.router,
    exercises.router,
)
