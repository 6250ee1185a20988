from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cases.decision import Verdict
from cases.errors import TaxonomyError, UnknownPolicyError
from cases.record import Attributes
from cases.taxonomy import Taxonomy, inline_taxonomy
from cases.taxonomy_file import DEFAULT_POLICY, load_taxonomy

SMALL = """\
version: 3
categories:
  - id: spam
    name: Spam
    violation: true
    sub_policies:
      - {id: links, name: links}
      - {id: floods, name: floods}
    usual_severity: [2]
    teams: [legal]
  - id: fine
    name: Nothing wrong
    violation: false
    sub_policies: []
severity:
  - {level: 1, name: high, first_touch: 15m, means: soon}
  - {level: 2, name: low, first_touch: 3d, means: later}
raise_rules:
  - {id: minor, attribute: minor_involved, is: true, levels: 1, reason: a minor}
  - {id: reach, attribute: reach, at_least: 100, levels: 1, reason: many}
actions:
  - {id: none, name: None, adverse: false}
reasons:
  - {id: clear, text: Clear}
teams:
  legal: law
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def default() -> Taxonomy:
    return load_taxonomy()


def test_the_default_policy_has_twenty_categories_of_which_one_is_no_violation(default: Taxonomy) -> None:
    assert default.version == 1
    assert len(default.categories) == 20
    assert [c.id for c in default.categories if not c.violation] == ["no_violation"]
    assert default.levels == (1, 2, 3, 4)
    assert [level.first_touch for level in default.severity_levels] == [
        timedelta(minutes=15),
        timedelta(hours=4),
        timedelta(hours=24),
        timedelta(hours=72),
    ]
    assert all(category.sub_policies for category in default.categories)
    assert {team for category in default.categories for team in category.teams} <= {team.id for team in default.teams}


def test_the_default_policy_marks_what_is_hard_to_read(default: Taxonomy) -> None:
    assert default.sensitive == {"child_safety", "self_harm", "sexual_content", "violence_extremism", "hate"}


def test_a_policy_of_the_marketplaces_own_replaces_the_default(tmp_path: Path) -> None:
    policy = load_taxonomy(written(tmp_path, SMALL))

    assert policy.category_ids == ("spam", "fine")
    assert policy.category("spam").teams == ("legal",)
    assert policy.category("spam").not_this == ""
    assert policy.category("fine").dsa is None
    assert policy.sensitive == frozenset()
    assert all("sensitive" not in category for category in policy.as_dict()["categories"])


@pytest.mark.parametrize(
    ("good", "bad", "line", "key", "must"),
    [
        ("version: 3", "version: three", 1, "version", "a whole number"),
        ("version: 3", "version: 0", 1, "version", "a whole number"),
        ("version: 3\n", "version: 3\nversion: 4\n", 2, "version", "there once"),
        ("version: 3\n", "", 1, "version", "present"),
        ("version: 3\n", "version: 3\ncolour: red\n", 2, "colour", "one of actions, categories"),
        (
            "violation: true",
            "violation: true\n    sensitive: maybe",
            6,
            "categories[0].sensitive",
            "true or false",
        ),
        ("violation: true", "violation: maybe", 5, "categories[0].violation", "true or false"),
        ("id: fine", "id: spam", 11, "categories[1].id", "unique"),
        ("id: spam", "id: Spam!", 3, "categories[0].id", "lower-case letters"),
        ("name: Spam", 'name: " "', 4, "categories[0].name", "non-empty text"),
        ("name: Spam", "name: 17", 4, "categories[0].name", "text"),
        ("name: Spam", "name: [Spam]", 4, "categories[0].name", "a single value"),
        ("{id: floods, name", "{id: links, name", 8, "categories[0].sub_policies[1].id", "unique"),
        (
            "usual_severity: [2]",
            "usual_severity: [3]",
            9,
            "categories[0].usual_severity[0]",
            "a whole number from 1 to 2",
        ),
        ("usual_severity: [2]", "usual_severity: 2", 9, "categories[0].usual_severity", "a list"),
        ("teams: [legal]", "teams: [law]", 10, "categories[0].teams[0]", "one of 'teams'"),
        ("first_touch: 15m", "first_touch: soon", 16, "severity[0].first_touch", "a duration"),
        (
            "first_touch: 15m",
            "first_touch: 3651d",
            16,
            "severity[0].first_touch",
            "a duration such as 15m, 4h or 3d, at most 3650d",
        ),
        ("level: 2, name", "level: 3, name", 17, "severity[1].level", "2, as levels count up"),
        (
            "is: true, levels",
            "is: true, at_least: 3, levels",
            19,
            "raise_rules[0]",
            "given one of 'is' and 'at_least'",
        ),
        (
            "at_least: 100, levels: 1",
            "at_least: 100, levels: 2",
            20,
            "raise_rules[1].levels",
            "a whole number from 1 to 1",
        ),
        ("at_least: 100", "at_least: many", 20, "raise_rules[1].at_least", "a number"),
        ("adverse: false", "adverse: false, fee: 3", 22, "actions[0].fee", "one of adverse"),
        ("{id: clear, text: Clear}", "clear", 24, "reasons[0]", "a mapping"),
        ("  legal: law", "  - legal", 26, "teams", "a mapping"),
    ],
)
def test_a_fault_in_the_file_is_named_by_line_and_key(
    tmp_path: Path, good: str, bad: str, line: int, key: str, must: str
) -> None:
    assert good in SMALL

    with pytest.raises(TaxonomyError) as caught:
        load_taxonomy(written(tmp_path, SMALL.replace(good, bad, 1)))

    assert f"policy.yaml line {line}: '{key}' must be {must}" in str(caught.value)
    assert caught.value.field == key


@pytest.mark.parametrize("text", ["", "[]", "just words"])
def test_a_file_that_holds_no_policy_at_all_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(TaxonomyError, match=r"policy\.yaml line 1: .* must be a mapping of keys"):
        load_taxonomy(written(tmp_path, text))


def test_what_is_no_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match=r"policy\.yaml line 3: must be YAML"):
        load_taxonomy(written(tmp_path, "version: 1\ncategories: [a\n"))


def test_a_missing_file_is_named_with_the_setting_that_leads_to_it(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match=r"absent\.yaml: No such file.*CASELOAD_TAXONOMY"):
        load_taxonomy(tmp_path / "absent.yaml")


CHANGES = """\
changes:
  - {category: junk, since: 2, to: rubbish}
  - {category: rubbish, since: 3, to: spam, sub_policies: {url: links}}
  - {category: bots, since: 2, to: spam}
  - {category: mixed, since: 3, by_sub_policy: {ads: spam, chat: fine}}
  - {category: wide, since: 3, by_sub_policy: {ads: spam}, to: fine}
"""


@pytest.mark.parametrize(
    ("attributes", "levels", "reasons"),
    [
        ({}, 0, 0),
        ({"minor_involved": False, "reach": 9_999, "prior_strikes": 1}, 0, 0),
        ({"reach": 10_000}, 1, 1),
        ({"minor_involved": True, "press_or_regulator": True, "reach": 20_000}, 1, 3),
        ({"reporter_kind": "trusted_flagger"}, 1, 1),
        ({"reach": "many"}, 0, 0),
    ],
)
def test_the_highest_raise_counts_and_none_lowers(
    default: Taxonomy, attributes: Attributes, levels: int, reasons: int
) -> None:
    raised, why = default.raised(attributes)

    assert raised == levels
    assert len(why) == reasons


def test_of_rules_that_raise_by_different_amounts_the_larger_stands(default: Taxonomy) -> None:
    rules = tuple(replace(rule, levels=2) if rule.id == "wide_reach" else rule for rule in default.raise_rules)
    policy = replace(default, raise_rules=rules)

    assert policy.raised({"reach": 50_000, "minor_involved": True})[0] == 2
    assert policy.raised({"minor_involved": True})[0] == 1


GOOD = Verdict("harassment", 3, "warn", "clear_breach", "stalking", ("privacy",))


@pytest.mark.parametrize(
    ("verdict", "field"),
    [
        (replace(GOOD, category="harrasment"), "category"),
        (replace(GOOD, sub_policy="doxxing"), "sub_policy"),
        (replace(GOOD, other_categories=("privacy", "nonsense")), "other_categories"),
        (replace(GOOD, severity=5), "severity"),
        (replace(GOOD, action="shout"), "action"),
        (replace(GOOD, reason="because"), "reason"),
    ],
)
def test_a_verdict_is_checked_part_by_part(default: Taxonomy, verdict: Verdict, field: str) -> None:
    default.check(GOOD)

    with pytest.raises(UnknownPolicyError, match=f"'{field}' must be one of version 1.*choose from") as caught:
        default.check(verdict)

    assert caught.value.field == field


def test_an_unknown_word_that_is_as_long_as_a_text_is_not_repeated(default: Taxonomy) -> None:
    with pytest.raises(UnknownPolicyError) as caught:
        default.check(replace(GOOD, category="He wrote to me again last night, and this time he knew my address."))

    assert "He wrote" not in str(caught.value)
    assert "66 characters" in str(caught.value)


def test_the_inline_form_survives_json(tmp_path: Path) -> None:
    for policy in (load_taxonomy(), load_taxonomy(written(tmp_path, SMALL + CHANGES))):
        assert Taxonomy.from_dict(json.loads(json.dumps(policy.as_dict()))) == policy


def test_a_foreign_tables_labels_make_a_taxonomy_without_rules() -> None:
    policy = inline_taxonomy(["card_arrival", "card_lost"], levels=3)

    assert policy.category_ids == ("card_arrival", "card_lost")
    assert policy.levels == (1, 2, 3)
    assert policy.raised({"minor_involved": True}) == (0, ())
    assert Taxonomy.from_dict(json.loads(json.dumps(policy.as_dict()))) == policy


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version: 1\n", "version: 2026-13-45\n", "'version' must be a value that YAML reads"),
        ("version: 1\n", "version: !foo 1\n", "'version' must be a value that YAML reads"),
        ("  brand: ", "  legal: ", "'teams.legal' must be there once"),
    ],
)
def test_what_yaml_itself_stumbles_over_is_named_too(tmp_path: Path, old: str, new: str, message: str):
    path = tmp_path / "policy.yaml"
    path.write_text(DEFAULT_POLICY.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(TaxonomyError, match=rf"policy\.yaml line \d+: {re.escape(message)}"):
        load_taxonomy(path)


def test_a_file_in_another_encoding_says_so(tmp_path: Path):
    path = tmp_path / "policy.yaml"
    path.write_bytes(DEFAULT_POLICY.read_bytes() + b"\xff")
    with pytest.raises(TaxonomyError, match="must be UTF-8"):
        load_taxonomy(path)
