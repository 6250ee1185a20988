"""All routes of the console."""

from serving.console import acting, case, choosing, downloading, queue, signing_in, uploading, wording
from serving.console.overseeing import model, policy, team, weights

ROUTERS = (
    signing_in.router,
    queue.router,
    case.router,
    acting.router,
    choosing.router,
    downloading.router,
    team.router,
    policy.router,
    weights.router,
    model.router,
    uploading.router,
    wording.router,
)
