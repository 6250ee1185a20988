"""Reads a policy file (YAML) and refuses it with the line and the key of what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from cases.category_map import CategoryChange, CategoryMap
from cases.errors import TaxonomyError
from cases.record import AttributeValue
from cases.taxonomy import (
    Action,
    Category,
    RaiseRule,
    Reason,
    SeverityLevel,
    SubPolicy,
    Taxonomy,
    Team,
    parse_duration,
)

DEFAULT_POLICY = Path(__file__).parent / "policy" / "default.yaml"


def load_taxonomy(path: Path | None = None) -> Taxonomy:
    """The policy in `path`, or the packaged default.

    Raises:
        TaxonomyError: The file is missing, is not YAML, or does not hold a valid policy; names line and key.
    """
    source = path or DEFAULT_POLICY
    try:
        root = yaml.compose(source.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise TaxonomyError(
            f"'taxonomy' must be a readable file (got {source}: {error.strerror}); set CASELOAD_TAXONOMY to one"
        ) from error
    except UnicodeDecodeError as error:
        raise TaxonomyError(
            f"{source.name}: must be UTF-8 (got another byte at {error.start}); save the file as UTF-8"
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else "?"
        problem = getattr(error, "problem", None) or "unreadable"
        raise TaxonomyError(f"{source.name} line {line}: must be YAML (got: {problem}); mend the line") from error
    return _taxonomy(_Entry(root, source.name, ""))


@dataclass(frozen=True, slots=True)
class _Entry:
    """A node of the file with its place, so that every complaint can say where."""

    node: yaml.Node | None
    file: str
    key: str

    def fail(self, must: str, got: str, do: str, key: str = "") -> TaxonomyError:
        line = self.node.start_mark.line + 1 if self.node is not None else 1
        name = f"{self.key}.{key}".strip(".") if key else self.key
        return TaxonomyError(f"{self.file} line {line}: {name!r} must be {must} (got {got}); {do}", field=name)

    def mapping(self, *, required: set[str], optional: set[str] = frozenset()) -> dict[str, _Entry]:  # type: ignore[assignment]  # frozenset() is the empty set
        """The entries of a mapping, each key known, none twice, none missing."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.fail("a mapping of keys", _kind(self.node), "write 'key: value' lines")
        found: dict[str, _Entry] = {}
        for key_node, value in self.node.value:
            key, here = str(key_node.value), _Entry(key_node, self.file, self.key)
            if key in found:
                raise here.fail("there once", "it twice", "remove one", key)
            if key not in required | optional:
                raise here.fail(f"one of {', '.join(sorted(required | optional))}", "it", "rename or remove it", key)
            found[key] = _Entry(value, self.file, f"{self.key}.{key}".strip("."))
        for key in sorted(required - found.keys()):
            raise self.fail("present", "nothing", "add it", key)
        return found

    def free_mapping(self) -> dict[str, _Entry]:
        """The entries of a mapping whose keys are the marketplace's own."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.fail("a mapping of keys", _kind(self.node), "write 'key: value' lines")
        found: dict[str, _Entry] = {}
        for key_node, value in self.node.value:
            key = str(key_node.value)
            if key in found:
                raise _Entry(key_node, self.file, self.key).fail("there once", "it twice", "remove one", key)
            found[key] = _Entry(value, self.file, f"{self.key}.{key}")
        return found

    def items(self) -> Iterator[_Entry]:
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.fail("a list", _kind(self.node), "write '- ' before each item")
        for place, value in enumerate(self.node.value):
            yield _Entry(value, self.file, f"{self.key}[{place}]")

    def value(self) -> AttributeValue | None:
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.fail("a single value", _kind(self.node), "write it on one line")
        try:
            value: AttributeValue | None = yaml.SafeLoader("").construct_object(self.node)
        except (yaml.YAMLError, ValueError) as error:
            raise self.fail("a value that YAML reads", repr(self.node.value), "put it in quotes") from error
        return value

    def text(self) -> str:
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
        return None if self.value() is None else self.text()

    def whole(self, *, low: int = 1, high: int = 1_000_000) -> int:
        value = self.value()
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.fail(f"a whole number from {low} to {high}", repr(value), "correct it")
        return value

    def number(self) -> float:
        value = self.value()
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fail("a number", repr(value), "correct it")
        return float(value)

    def truth(self) -> bool:
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


def _kind(node: yaml.Node | None) -> str:
    names = {yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list", yaml.ScalarNode: "a single value"}
    return names.get(type(node), "nothing") if node is not None else "nothing"


def _taxonomy(root: _Entry) -> Taxonomy:
    top = root.mapping(
        required={"version", "categories", "severity", "actions", "reasons"},
        optional={"raise_rules", "teams", "changes"},
    )
    levels = _levels(top["severity"])
    team_entries = top["teams"].free_mapping() if "teams" in top else {}
    teams = tuple(Team(key, entry.name()) for key, entry in team_entries.items())
    categories = _categories(top["categories"], len(levels), {team.id for team in teams})
    version = top["version"].whole()
    return Taxonomy(
        version=version,
        categories=categories,
        severity_levels=levels,
        raise_rules=_raise_rules(top["raise_rules"], len(levels)) if "raise_rules" in top else (),
        actions=_actions(top["actions"]),
        reasons=_reasons(top["reasons"]),
        teams=teams,
        category_map=_changes(top["changes"], version, {c.id for c in categories})
        if "changes" in top
        else CategoryMap(),
    )


def _levels(entry: _Entry) -> tuple[SeverityLevel, ...]:
    levels = []
    for place, item in enumerate(entry.items(), start=1):
        keys = item.mapping(required={"level", "name", "first_touch", "means"})
        if keys["level"].whole() != place:
            raise keys["level"].fail(f"{place}, as levels count up from 1, the most severe", "another", "reorder")
        try:
            first_touch = parse_duration(keys["first_touch"].text())
        except ValueError as error:
            got = repr(str(error))
            raise keys["first_touch"].fail("a duration such as 15m, 4h or 3d", got, "correct it") from error
        levels.append(SeverityLevel(place, keys["name"].name(), first_touch, keys["means"].name()))
    if len(levels) < 2:
        raise entry.fail("at least two levels", str(len(levels)), "add the others")
    return tuple(levels)


def _categories(entry: _Entry, level_count: int, teams: set[str]) -> tuple[Category, ...]:
    seen: set[str] = set()
    categories = tuple(_category(item, seen, level_count, teams) for item in entry.items())
    if len(categories) < 2:
        raise entry.fail("at least two categories", str(len(categories)), "add the others")
    return categories


def _category(item: _Entry, seen: set[str], level_count: int, teams: set[str]) -> Category:
    keys = item.mapping(
        required={"id", "name", "violation", "sub_policies"},
        optional={"not_this", "usual_severity", "dsa", "teams"},
    )
    clauses: set[str] = set()
    sub_policies = []
    for clause in keys["sub_policies"].items():
        parts = clause.mapping(required={"id", "name"})
        sub_policies.append(SubPolicy(parts["id"].identifier(clauses), parts["name"].name()))
    named = tuple(team for team in keys["teams"].items()) if "teams" in keys else ()
    for team in named:
        if team.name() not in teams:
            raise team.fail(f"one of 'teams' ({', '.join(sorted(teams))})", repr(team.name()), "add it there")
    usual = keys["usual_severity"].items() if "usual_severity" in keys else ()
    return Category(
        id=keys["id"].identifier(seen),
        name=keys["name"].name(),
        violation=keys["violation"].truth(),
        sub_policies=tuple(sub_policies),
        not_this=keys["not_this"].text() if "not_this" in keys else "",
        usual_severity=tuple(level.whole(high=level_count) for level in usual),
        dsa=keys["dsa"].optional_text() if "dsa" in keys else None,
        teams=tuple(team.name() for team in named),
    )


def _raise_rules(entry: _Entry, level_count: int) -> tuple[RaiseRule, ...]:
    seen: set[str] = set()
    rules = []
    for item in entry.items():
        keys = item.mapping(required={"id", "attribute", "levels", "reason"}, optional={"is", "at_least"})
        if ("is" in keys) == ("at_least" in keys):
            raise item.fail("given one of 'is' and 'at_least'", "both or neither", "keep one")
        rules.append(
            RaiseRule(
                id=keys["id"].identifier(seen),
                attribute=keys["attribute"].name(),
                levels=keys["levels"].whole(high=level_count - 1),
                reason=keys["reason"].name(),
                equals=keys["is"].value() if "is" in keys else None,
                at_least=keys["at_least"].number() if "at_least" in keys else None,
            )
        )
    return tuple(rules)


def _actions(entry: _Entry) -> tuple[Action, ...]:
    seen: set[str] = set()
    actions = []
    for item in entry.items():
        keys = item.mapping(required={"id", "name", "adverse"}, optional={"dsa"})
        dsa = keys["dsa"].optional_text() if "dsa" in keys else None
        actions.append(Action(keys["id"].identifier(seen), keys["name"].name(), keys["adverse"].truth(), dsa))
    return tuple(actions)


def _reasons(entry: _Entry) -> tuple[Reason, ...]:
    seen: set[str] = set()
    reasons = []
    for item in entry.items():
        keys = item.mapping(required={"id", "text"})
        reasons.append(Reason(keys["id"].identifier(seen), keys["text"].name()))
    return tuple(reasons)


def _changes(entry: _Entry, version: int, categories: set[str]) -> CategoryMap:
    changes = []
    for item in entry.items():
        keys = item.mapping(required={"category", "since"}, optional={"to", "by_sub_policy", "sub_policies"})
        if "to" not in keys and "by_sub_policy" not in keys:
            raise item.fail("given 'to' or 'by_sub_policy'", "neither", "say where its cases went")
        split = keys["by_sub_policy"].free_mapping() if "by_sub_policy" in keys else {}
        renamed = keys["sub_policies"].free_mapping() if "sub_policies" in keys else {}
        changes.append(
            CategoryChange(
                category=keys["category"].name(),
                since=keys["since"].whole(low=2, high=version),
                to=keys["to"].name() if "to" in keys else "",
                by_sub_policy={key: value.name() for key, value in split.items()},
                sub_policies={key: value.name() for key, value in renamed.items()},
            )
        )
    result = CategoryMap(tuple(changes))
    _refuse_dead_ends(entry, result, categories)
    return result


def _refuse_dead_ends(entry: _Entry, changes: CategoryMap, categories: set[str]) -> None:
    """Every target must lead, through later changes, to a category of today, or be split once more."""
    for item, change in zip(entry.items(), changes.changes, strict=True):
        for sub_policy, target in {"": change.to, **change.by_sub_policy}.items():
            if not target:
                continue
            arrived = changes.resolve(change.category, sub_policy)
            if arrived is not None and arrived[0] not in categories:
                known = ", ".join(sorted(categories))
                raise item.fail(f"mapped to a category of today ({known})", repr(arrived[0]), "correct the target")
