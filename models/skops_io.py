"""`skops.io` without torch.

On import skops lists scikit-learn's estimators by importing the whole of it, and one module of that is torch by
another name: two seconds and 300 MB that a serving process has no use for. While that goes on, the module is hidden.
"""

from __future__ import annotations

import importlib
import sys
from functools import cache
from typing import Any

_TORCH = "sklearn.externals.array_api_compat.torch"


@cache
def skops_io() -> Any:  # noqa: ANN401 - skops ships no types
    """The module `skops.io`."""
    hidden = _TORCH not in sys.modules
    if hidden:
        sys.modules[_TORCH] = None  # type: ignore[assignment] # None is how an import is forbidden
    try:
        return importlib.import_module("skops.io")
    finally:
        if hidden:
            del sys.modules[_TORCH]
