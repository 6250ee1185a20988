"""An entry of a policy owner's file (YAML), with its place: what every complaint about the file is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from cases.errors import InvalidInputError, TaxonomyError
from cases.event import AttributeValue


@dataclass(frozen=True, slots=True)
class Entry:
    """A node of the file with its place, so that every complaint can say where."""

    node: yaml.Node | None
    file: str
    key: str
    error: type[InvalidInputError] = TaxonomyError

    def fail(self, must: str, got: str, do: str, key: str = "") -> InvalidInputError:
        """The complaint about this entry, or about one of its keys, to be raised."""
        line = self.node.start_mark.line + 1 if self.node is not None else 1
        name = f"{self.key}.{key}".strip(".") if key else self.key
        return self.error(f"{self.file} line {line}: {name!r} must be {must} (got {got}); {do}", field=name)

    def mapping(self, *, required: set[str], optional: set[str] = frozenset()) -> dict[str, Entry]:  # type: ignore[assignment]  # frozenset() is the empty set
        """The entries of a mapping, each key known, none twice, none missing."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.fail("a mapping of keys", _kind(self.node), "write 'key: value' lines")
        found: dict[str, Entry] = {}
        for key_node, value in self.node.value:
            key, here = str(key_node.value), Entry(key_node, self.file, self.key, self.error)
            if key in found:
                raise here.fail("there once", "it twice", "remove one", key)
            if key not in required | optional:
                raise here.fail(f"one of {', '.join(sorted(required | optional))}", "it", "rename or remove it", key)
            found[key] = Entry(value, self.file, f"{self.key}.{key}".strip("."), self.error)
        for key in sorted(required - found.keys()):
            raise self.fail("present", "nothing", "add it", key)
        return found

    def free_mapping(self) -> dict[str, Entry]:
        """The entries of a mapping whose keys are the marketplace's own."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.fail("a mapping of keys", _kind(self.node), "write 'key: value' lines")
        found: dict[str, Entry] = {}
        for key_node, value in self.node.value:
            key = str(key_node.value)
            if key in found:
                raise Entry(key_node, self.file, self.key, self.error).fail(
                    "there once", "it twice", "remove one", key
                )
            found[key] = Entry(value, self.file, f"{self.key}.{key}", self.error)
        return found

    def items(self) -> Iterator[Entry]:
        """The entries of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.fail("a list", _kind(self.node), "write '- ' before each item")
        for place, value in enumerate(self.node.value):
            yield Entry(value, self.file, f"{self.key}[{place}]", self.error)

    def value(self) -> AttributeValue | None:
        """Text, a number, true, false or nothing."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.fail("a single value", _kind(self.node), "write it on one line")
        try:
            value: AttributeValue | None = yaml.SafeLoader("").construct_object(self.node)
        except (yaml.YAMLError, ValueError) as error:
            raise self.fail("a value that YAML reads", repr(self.node.value), "put it in quotes") from error
        return value

    def text(self) -> str:
        """Text, which may be empty."""
        value = self.value()
        if not isinstance(value, str):
            raise self.fail("text", repr(value), "put it in quotes")
        return value

    def name(self) -> str:
        """Text that says something."""
        text = self.text()
        if not text.strip():
            raise self.fail("non-empty text", "''", "write a few words")
        return text

    def optional_text(self) -> str | None:
        """Text, or None for null."""
        return None if self.value() is None else self.text()

    def whole(self, *, low: int = 1, high: int = 1_000_000) -> int:
        """A whole number within both ends."""
        value = self.value()
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.fail(f"a whole number from {low} to {high}", repr(value), "correct it")
        return value

    def number(self) -> float:
        """Any number."""
        value = self.value()
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fail("a number", repr(value), "correct it")
        return float(value)

    def truth(self) -> bool:
        """True or false."""
        value = self.value()
        if not isinstance(value, bool):
            raise self.fail("true or false", repr(value), "correct it")
        return value

    def identifier(self, seen: set[str]) -> str:
        """A code of lower-case letters, digits and underscores, not used before."""
        text = self.name()
        if not text.replace("_", "").isalnum() or text != text.lower() or not text.isascii():
            raise self.fail("lower-case letters, digits and underscores", repr(text), "rename it")
        if text in seen:
            raise self.fail("unique", f"{text!r} again", "rename one of them")
        seen.add(text)
        return text


def read_entry(path: Path, setting: str, error: type[InvalidInputError]) -> Entry:
    """The whole of a file, to be read key by key.

    Args:
        path: The file.
        setting: What names it: "taxonomy" is the setting CASELOAD_TAXONOMY.
        error: What every complaint about it is raised as.

    Raises:
        InvalidInputError: As `error`: the file is missing, is not UTF-8, or is not YAML; the last names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as fault:
        raise error(
            f"{setting!r} must be a readable file (got {path}: {fault.strerror}); "
            f"set CASELOAD_{setting.upper()} to one",
            field=setting,
        ) from fault
    except UnicodeDecodeError as fault:
        raise error(
            f"{path.name}: must be UTF-8 (got another byte at {fault.start}); save the file as UTF-8", field=setting
        ) from fault
    return entry_of(text, path.name, setting, error)


def entry_of(text: str, name: str, setting: str, error: type[InvalidInputError]) -> Entry:
    """The whole of a text, as `read_entry` reads a file's.

    Args:
        text: YAML.
        name: What complaints call it.
        setting: As in `read_entry`.
        error: What every complaint about it is raised as.

    Raises:
        InvalidInputError: As `error`: it is not YAML; names the line.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        line = mark.line + 1 if mark else "?"
        problem = getattr(fault, "problem", None) or "unreadable"
        raise error(f"{name} line {line}: must be YAML (got: {problem}); mend the line", field=setting) from fault
    except RecursionError as fault:
        raise error(f"{name}: must be YAML of a few levels (got hundreds); mend it", field=setting) from fault
    return Entry(root, name, "", error)


def _kind(node: yaml.Node | None) -> str:
    names = {yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list", yaml.ScalarNode: "a single value"}
    return names.get(type(node), "nothing") if node is not None else "nothing"
