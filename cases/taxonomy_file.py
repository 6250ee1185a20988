"""Reads a policy file (YAML) and refuses it with the line and the key of what is wrong."""

from __future__ import annotations

from pathlib import Path

from cases.category_map import CategoryChange, CategoryMap
from cases.durations import LONGEST, parse_duration
from cases.errors import TaxonomyError
from cases.policy_entry import Entry, read_entry
from cases.taxonomy import Taxonomy
from cases.taxonomy_costs import PRECISION_TARGET, SeverityCosts, first_fault
from cases.taxonomy_parts import Action, Category, RaiseRule, Reason, SeverityLevel, SubPolicy, Team
from cases.taxonomy_queues import read_queues

DEFAULT_POLICY = Path(__file__).parent / "policy" / "default.yaml"


def load_taxonomy(path: Path | None = None) -> Taxonomy:
    """The policy in `path`, or the packaged default.

    Raises:
        TaxonomyError: The file is missing, is not YAML, or does not hold a valid policy; names line and key.
    """
    return _taxonomy(read_entry(path or DEFAULT_POLICY, "taxonomy", TaxonomyError))


def _taxonomy(root: Entry) -> Taxonomy:
    top = root.mapping(
        required={"version", "categories", "severity", "actions", "reasons"},
        optional={"raise_rules", "teams", "changes", "severity_costs", "precision_target", "queues"},
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
        severity_costs=_costs(top["severity_costs"], len(levels)) if "severity_costs" in top else (),
        precision_target=_target(top["precision_target"]) if "precision_target" in top else PRECISION_TARGET,
        queues=read_queues(top["queues"], {c.id for c in categories}, len(levels), {team.id for team in teams})
        if "queues" in top
        else (),
    )


def _levels(entry: Entry) -> tuple[SeverityLevel, ...]:
    levels = []
    for place, item in enumerate(entry.items(), start=1):
        keys = item.mapping(required={"level", "name", "first_touch", "means"})
        if keys["level"].whole() != place:
            raise keys["level"].fail(f"{place}, as levels count up from 1, the most severe", "another", "reorder")
        try:
            first_touch = parse_duration(keys["first_touch"].text())
        except ValueError as error:
            must, got = f"a duration such as 15m, 4h or 3d, at most {LONGEST.days}d", repr(str(error))
            raise keys["first_touch"].fail(must, got, "correct it") from error
        levels.append(SeverityLevel(place, keys["name"].name(), first_touch, keys["means"].name()))
    if len(levels) < 2:
        raise entry.fail("at least two levels", str(len(levels)), "add the others")
    return tuple(levels)


def _costs(entry: Entry, level_count: int) -> SeverityCosts:
    """The cost matrix, its fault told at the row or the number where it is."""
    cells = [list(row.items()) for row in entry.items()]
    costs = tuple(tuple(cell.number() for cell in row) for row in cells)
    fault = first_fault(costs, level_count)
    if fault is None:
        return costs
    row, column, must, got = fault
    if row is None:
        raise entry.fail(must, got, "give a row for each level")
    if column is None:
        raise list(entry.items())[row].fail(must, got, "give a number for each level")
    raise cells[row][column].fail(must, got, "correct it")


def _target(entry: Entry) -> float:
    target = entry.number()
    if not 0.0 < target <= 1.0:
        raise entry.fail("a share above 0 and at most 1", f"{target:g}", "write 0.95 for 95 of 100")
    return target


def _categories(entry: Entry, level_count: int, teams: set[str]) -> tuple[Category, ...]:
    seen: set[str] = set()
    categories = tuple(_category(item, seen, level_count, teams) for item in entry.items())
    if len(categories) < 2:
        raise entry.fail("at least two categories", str(len(categories)), "add the others")
    return categories


def _category(item: Entry, seen: set[str], level_count: int, teams: set[str]) -> Category:
    keys = item.mapping(
        required={"id", "name", "violation", "sub_policies"},
        optional={"not_this", "usual_severity", "dsa", "teams", "precision_target", "sensitive"},
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
        precision_target=_target(keys["precision_target"]) if "precision_target" in keys else None,
        sensitive="sensitive" in keys and keys["sensitive"].truth(),
    )


def _raise_rules(entry: Entry, level_count: int) -> tuple[RaiseRule, ...]:
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


def _actions(entry: Entry) -> tuple[Action, ...]:
    seen: set[str] = set()
    actions = []
    for item in entry.items():
        keys = item.mapping(required={"id", "name", "adverse"}, optional={"dsa"})
        dsa = keys["dsa"].optional_text() if "dsa" in keys else None
        actions.append(Action(keys["id"].identifier(seen), keys["name"].name(), keys["adverse"].truth(), dsa))
    return tuple(actions)


def _reasons(entry: Entry) -> tuple[Reason, ...]:
    seen: set[str] = set()
    reasons = []
    for item in entry.items():
        keys = item.mapping(required={"id", "text"})
        reasons.append(Reason(keys["id"].identifier(seen), keys["text"].name()))
    return tuple(reasons)


def _changes(entry: Entry, version: int, categories: set[str]) -> CategoryMap:
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


def _refuse_dead_ends(entry: Entry, changes: CategoryMap, categories: set[str]) -> None:
    """Every target must lead, through later changes, to a category of today, or be split once more."""
    for item, change in zip(entry.items(), changes.changes, strict=True):
        for sub_policy, target in {"": change.to, **change.by_sub_policy}.items():
            if not target:
                continue
            arrived = changes.resolve(change.category, sub_policy)
            if arrived is not None and arrived[0] not in categories:
                known = ", ".join(sorted(categories))
                raise item.fail(f"mapped to a category of today ({known})", repr(arrived[0]), "correct the target")
