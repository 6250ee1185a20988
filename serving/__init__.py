"""The BentoML service, the HTTP API and who may call it."""

from __future__ import annotations

import sys

# skops finds scikit-learn's estimators by importing the whole of it, and one module of that is torch by another name:
# two seconds and 300 MB that a service has no use for. A module set to None is passed over, like one not installed.
_TORCH = "sklearn.externals.array_api_compat.torch"
if _TORCH not in sys.modules and "skops.io" not in sys.modules:
    sys.modules[_TORCH] = None  # type: ignore[assignment]  # None is how an import is forbidden
    import skops.io  # noqa: F401 - now, while that module is hidden

    del sys.modules[_TORCH]
