"""Styles, scripts and templates: read once, each named by a digest of what it holds so that browsers may keep it."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
TEMPLATES = _HERE / "templates"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages load.

    Attributes:
        content: Its bytes.
        media_type: What it is.
        digest: Of its bytes, sixteen hexadecimal digits.
    """

    content: bytes
    media_type: str
    digest: str


@cache
def assets() -> Mapping[str, Asset]:
    """All files, by name."""
    found = {}
    for path in sorted(STATIC.iterdir()):
        media_type, _ = mimetypes.guess_type(path.name)
        if media_type is not None:
            content = path.read_bytes()
            found[path.name] = Asset(content, media_type, hashlib.sha256(content).hexdigest()[:16])
    return found


def address_of(name: str) -> str:
    """Where a page loads the file from.

    Raises:
        KeyError: There is none of that name.
    """
    return f"/static/{name}?{assets()[name].digest}"
