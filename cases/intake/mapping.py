"""Which column of a source feeds which field: the one of the same name, unless options or a mapping file differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from cases.errors import InvalidInputError

REPORT_FIELDS = (
    "external_id",
    "source",
    "case_ref",
    "title",
    "description",
    "channel",
    "subject_kind",
    "subject_ref",
    "received_at",
    "reporter",
    "attributes",
)
SIGNALS = ("reach", "prior_strikes", "minor_involved", "press_or_regulator", "reporter_kind", "amount")
DECISION_FIELDS = (
    "category",
    "sub_policy",
    "other_categories",
    "severity",
    "action",
    "reason",
    "decided_by",
    "claimed_at",
    "decided_at",
    "handling_seconds",
)
APPEAL_FIELDS = (
    "appeal_category",
    "appeal_sub_policy",
    "appeal_severity",
    "appeal_action",
    "appeal_reason",
    "appeal_decided_by",
    "appeal_decided_at",
    "appeal_overturned",
)
FIELDS = REPORT_FIELDS + SIGNALS + DECISION_FIELDS + APPEAL_FIELDS
ATTRIBUTE = "attribute."  # before the name of a signal that the marketplace made up

# A header that looks like a name may be repeated in an error; any other may be the first row of a headless file.
_LOOKS_LIKE_A_NAME = re.compile(r"[\w .()/#-]{1,40}")
_SHOWN_AT_MOST = 30


@dataclass(frozen=True, slots=True)
class FieldMap:
    """What the user said about columns.

    Attributes:
        columns: Field, or "attribute.NAME", → column; an empty column means that the field is not taken.
    """

    columns: Mapping[str, str] = field(default_factory=dict)

    def bind(self, columns: Sequence[str] | None, *, required: Iterable[str]) -> Binding:
        """The columns that will be read from a source that has `columns`.

        Args:
            columns: The source's; None where each row has its own, so that nothing can be checked beforehand.
            required: Fields without which no row could be taken.

        Raises:
            InvalidInputError: A mapped column is not there, or a required field has none.
        """
        wanted = {name: name for name in FIELDS} | dict(self.columns)
        wanted = {name: column for name, column in wanted.items() if column}
        for name in required:
            if name not in wanted:
                raise InvalidInputError(f"{name!r} must have a column (got {name}=); give it one", field=name)
        if columns is None:
            return Binding(wanted)
        for name, column in self.columns.items():
            if column and column not in columns:
                raise InvalidInputError(
                    f"'map' must name columns of the source (got {column!r} for {name!r}, and the source has "
                    f"{_listed(columns)}); correct the mapping",
                    field=name,
                )
        for name in required:
            if wanted[name] not in columns:
                raise _missing(name, columns)
        return Binding({name: column for name, column in wanted.items() if column in columns})


@dataclass(frozen=True, slots=True)
class Binding:
    """Field → column, as it holds for one source."""

    columns: Mapping[str, str]

    def column(self, name: str) -> str:
        """The column that feeds the field, or the field's own name where none does."""
        return self.columns.get(name, name)

    def ignored(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Those of `columns` that feed no field, in order."""
        used = set(self.columns.values())
        return tuple(column for column in columns if column not in used)

    @property
    def own_attributes(self) -> dict[str, str]:
        """The marketplace's own signals → column."""
        return {
            name.removeprefix(ATTRIBUTE): column
            for name, column in self.columns.items()
            if name.startswith(ATTRIBUTE)
        }


def read_field_map(options: Sequence[str] = (), file: Path | None = None) -> FieldMap:
    """The map that `--map field=column` options and a mapping file make; an option wins over the file.

    Args:
        options: Each "field=column", or "field=" for a field that is not to be taken.
        file: YAML, one `field: column` on each line.

    Raises:
        InvalidInputError: Something there is no field, is there twice, or is not written so.
    """
    pairs: dict[str, str] = {}
    for option in options:
        name, equals, column = option.partition("=")
        name = name.strip()
        if not equals or name in pairs:
            got = "no '='" if not equals else f"{name!r} twice"
            raise InvalidInputError(
                f"'map' must be written field=column, each field once (got {got}); write --map description=Body",
                field="map",
            )
        pairs[name] = column.strip()
    columns = (_read_file(file) if file else {}) | pairs
    for name in columns:
        _check_field(name)
    return FieldMap(columns)


def _read_file(path: Path) -> dict[str, str]:
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise InvalidInputError(
            f"'mapping' must be a readable file (got {path}: {error.strerror}); correct the path", field="mapping"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else "?"
        raise InvalidInputError(
            f"'mapping' must be YAML in UTF-8 (got {path.name} with a fault at line {line}); "
            "write 'field: column' lines",
            field="mapping",
        ) from error
    if not isinstance(node, yaml.MappingNode):
        raise InvalidInputError(
            f"'mapping' must hold 'field: column' lines (got none in {path.name}); write some", field="mapping"
        )
    found: dict[str, str] = {}
    for key, value in node.value:
        single = isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode)
        if not single or key.value in found:
            raise InvalidInputError(
                f"{path.name} line {key.start_mark.line + 1}: must be one 'field: column', each field once "
                f"(got {'a field again' if single else 'something nested'}); write it on one line",
                field="mapping",
            )
        # `field:` and `field: ~` both say that the field is not taken.
        found[key.value] = "" if value.tag.endswith(":null") else value.value
    return found


def _check_field(name: str) -> None:
    if name in FIELDS or (name.startswith(ATTRIBUTE) and name != ATTRIBUTE):
        return
    raise InvalidInputError(
        f"'map' must name a field (got {name!r}); choose from {', '.join(FIELDS)}, "
        f"or {ATTRIBUTE}NAME for a signal of your own",
        field="map",
    )


def _missing(name: str, columns: Sequence[str]) -> InvalidInputError:
    advice = f"map one with --map {name}=COLUMN"
    if name == "external_id":
        advice += (
            ", or, where the source has no id of its own, pass --external-id-from-row: the id is then a hash of the "
            "row's text, so that the same row is known again"
        )
    return InvalidInputError(
        f"{name!r} must have a column (got {_listed(columns)}); {advice}",
        field=name,
    )


def _listed(columns: Sequence[str]) -> str:
    shown = [
        repr(column) if _LOOKS_LIKE_A_NAME.fullmatch(column) else f"one of {len(column)} characters"
        for column in columns[:_SHOWN_AT_MOST]
    ]
    more = len(columns) - len(shown)
    return (", ".join(shown) or "no columns") + (f" and {more} more" if more > 0 else "")
