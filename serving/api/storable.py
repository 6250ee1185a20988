"""What of a JSON value is taken in: text that can be stored, no deeper and no wider than anything of ours."""

from __future__ import annotations

import re
from typing import Any

# Ours are five deep, and none has more fields than a report with its attributes.
MAX_DEPTH = 64
MAX_NAMES = 1_000

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(value: Any, deepest: int = MAX_DEPTH) -> Any:  # noqa: ANN401 - any JSON value
    """`value` with NUL and lone surrogates dropped from every string in it, keys included.

    Raises:
        ValueError: Lists and objects lie more than `deepest` deep in it, or an object has over `MAX_NAMES` names.
    """
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if not isinstance(value, dict | list):
        return value
    if deepest == 0:
        raise ValueError(f"must hold lists and objects at most {MAX_DEPTH} deep")
    if isinstance(value, dict):
        # Before each is looked at: hundreds of thousands of them would take seconds.
        if len(value) > MAX_NAMES:
            raise ValueError(f"must hold objects of at most {MAX_NAMES:,} fields")
        return {storable(key): storable(item, deepest - 1) for key, item in value.items()}
    return [storable(item, deepest - 1) for item in value]
