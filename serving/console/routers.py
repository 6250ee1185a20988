"""All routes of the console."""

from serving.console import acting, case, choosing, downloading, overseeing, queue, signing_in, uploading, wording
from serving.console.quality import exercises, golden, overview, readings, settling

ROUTERS = (
    signing_in.router,
    queue.router,
    case.router,
    acting.router,
    choosing.router,
    downloading.router,
    overseeing.router,
    uploading.router,
    wording.router,
    overview.router,
    readings.router,
    settling.router,
    golden.router,
    exercises.router,
)
