"""What an associate has chosen for themselves: how the console looks, what it spares them, and views they saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from cases.errors import InvalidInputError

MAX_VIEWS = 20
MAX_VIEW_NAME = 40
_MAX_QUERY = 1_000


class Theme(StrEnum):
    """Light or dark, or as the browser says."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class SavedView:
    """A way of looking at the queue under a name.

    Attributes:
        name: 1 to 40 characters.
        query: As the queue page's address has it after the `?`.
    """

    name: str
    query: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody chose; the defaults until they choose.

    Attributes:
        keys: Whether single keys do things.
        blur: Whether the text of cases in a sensitive category is blurred until they ask for it.
        greyscale: Whether pictures are shown without colour.
        avoid: Categories whose cases they are not handed by "claim next".
        views: Ways of looking at the queue, in the order saved.
    """

    theme: Theme = Theme.SYSTEM
    keys: bool = True
    blur: bool = True
    greyscale: bool = False
    avoid: tuple[str, ...] = ()
    views: tuple[SavedView, ...] = ()

    def with_view(self, view: SavedView) -> Choices:
        """With one more view; one of the same name is replaced.

        Raises:
            InvalidInputError: Its name is empty or too long, or there are too many.
        """
        name = view.name.strip()
        if not 1 <= len(name) <= MAX_VIEW_NAME or len(view.query) > _MAX_QUERY:
            raise InvalidInputError(
                f"'name' must be 1 to {MAX_VIEW_NAME} characters (got {len(name)}); choose a shorter one",
                field="name",
            )
        kept = tuple(known for known in self.views if known.name != name)
        if len(kept) >= MAX_VIEWS:
            raise InvalidInputError(
                f"'views' must be at most {MAX_VIEWS} (got one more); remove one first", field="views"
            )
        return self._changed(views=(*kept, SavedView(name, view.query)))

    def without_view(self, name: str) -> Choices:
        """Without the view of that name, if there is one."""
        return self._changed(views=tuple(known for known in self.views if known.name != name))

    def as_dict(self) -> dict[str, Any]:
        """Plain data that `from_dict` reads back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Choices:
        """What `as_dict` gave; what a later version added is passed over, what it lacks is as by default."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in data.items() if name in known}
        if "theme" in values:
            values["theme"] = Theme(values["theme"])
        values["avoid"] = tuple(values.get("avoid", ()))
        values["views"] = tuple(SavedView(view["name"], view["query"]) for view in values.get("views", ()))
        return cls(**values)

    def _changed(self, **changes: Any) -> Choices:  # noqa: ANN401 - of whatever field
        return Choices(**{**{field.name: getattr(self, field.name) for field in fields(self)}, **changes})
