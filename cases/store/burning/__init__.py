"""New fires: what came in, as the detector needs it; keeping what burns; and showing it."""

from __future__ import annotations

from cases.store.burning.keeping import Keeping
from cases.store.burning.listing import Listing
from cases.store.burning.looking import Looking

__all__ = ["Burning"]


class Burning(Looking, Keeping, Listing):
    """The part of the store that knows of new fires."""
