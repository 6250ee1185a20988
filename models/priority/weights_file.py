"""Reads the weights from the file that a policy owner keeps; complaints name the line and the key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cases.errors import InvalidInputError, WeightsError
from cases.policy_entry import Entry, entry_of, read_entry
from models.priority.weights import Weights

DEFAULT_WEIGHTS = Path(__file__).parent / "weights.yaml"

_VERSION = 1
_SECTIONS: Mapping[str, Mapping[str, str]] = {
    "exposure": {name: name for name in ("reach_unit", "minor_involved", "imminent", "deadline", "deadline_hours")},
    "sla": {"factor": "sla_factor", "share": "sla_share"},
    "handling": {name: name for name in ("minutes", "least_minutes")},
}
_NUMBERS = ("severity_1_at_least", "doubt", "least_violation", "doubling_hours", "random_lane")


def load_weights(path: Path | None = None) -> Weights:
    """The weights in `path`, or the packaged ones. What the file leaves out keeps its default.

    Raises:
        WeightsError: The file is missing, is not YAML, or does not hold valid weights; names line and key.
    """
    source = path or DEFAULT_WEIGHTS
    return _read(read_entry(source, "weights", WeightsError), source.name)


def weights_text(path: Path | None = None) -> str:
    """The file that `load_weights` reads, as it is written.

    Raises:
        WeightsError: It cannot be read.
    """
    source = path or DEFAULT_WEIGHTS
    try:
        return source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(
            f"'weights' must be a readable UTF-8 file (got {type(error).__name__} from {source.name}); mend it",
            field="weights",
        ) from error


def parse_weights(text: str, name: str) -> Weights:
    """The weights in a text.

    Args:
        text: As a file of weights is written.
        name: What complaints call it.

    Raises:
        WeightsError: As `load_weights`.
    """
    return _read(entry_of(text, name, "weights", WeightsError), name)


def _read(entry: Entry, name: str) -> Weights:
    top = entry.mapping(required={"version"}, optional={"harm_per_hour", "by_hand", *_SECTIONS, *_NUMBERS})
    top["version"].whole(low=_VERSION, high=_VERSION)
    try:
        return _weights(top)
    except WeightsError:
        raise
    except InvalidInputError as error:
        # The value's own check knows no line; the key it names does.
        raise WeightsError(f"{name}: {error}", field=error.field or "weights") from error


def _weights(top: Mapping[str, Entry]) -> Weights:
    given: dict[str, float] = {name: top[name].number() for name in _NUMBERS if name in top}
    for section, names in _SECTIONS.items():
        if section in top:
            found = top[section].mapping(required=set(), optional=set(names))
            given |= {names[key]: entry.number() for key, entry in found.items()}
    tables: dict[str, Mapping[int, float] | Mapping[str, float]] = {}
    if "harm_per_hour" in top:
        tables["harm_per_hour"] = {
            _level(key, entry): entry.number() for key, entry in top["harm_per_hour"].free_mapping().items()
        }
    if "by_hand" in top:
        tables["by_hand"] = {key: entry.number() for key, entry in top["by_hand"].free_mapping().items()}
    return Weights(**given, **tables)  # type: ignore[arg-type]  # `Weights` checks them


def _level(key: str, entry: Entry) -> int:
    if not key.isdecimal():
        raise entry.fail("under a severity level 1, 2, …", repr(key), "name the level by its number")
    return int(key)
