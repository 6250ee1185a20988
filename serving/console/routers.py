"""All routes of the console."""

from serving.console import (
    acting,
    case,
    choosing,
    downloading,
    fires,
    overseeing,
    queue,
    signing_in,
    uploading,
    wording,
)

ROUTERS = (
    signing_in.router,
    queue.router,
    case.router,
    acting.router,
    choosing.router,
    downloading.router,
    fires.router,
    overseeing.router,
    uploading.router,
    wording.router,
)
