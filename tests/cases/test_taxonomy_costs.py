from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from cases.errors import TaxonomyError
from cases.taxonomy import Taxonomy, inline_taxonomy
from cases.taxonomy_costs import default_costs, even_costs, first_fault
from cases.taxonomy_file import load_taxonomy

DOCS = Path(__file__).parents[2] / "docs" / "policy.md"

SMALL = """\
version: 1
categories:
  - {id: spam, name: Spam, violation: true, sub_policies: [], precision_target: 0.8}
  - {id: fine, name: Fine, violation: false, sub_policies: []}
severity:
  - {level: 1, name: high, first_touch: 15m, means: soon}
  - {level: 2, name: middle, first_touch: 4h, means: today}
  - {level: 3, name: low, first_touch: 3d, means: later}
actions:
  - {id: none, name: None, adverse: false}
reasons:
  - {id: clear, text: Clear}
precision_target: 0.9
severity_costs:
  - [0, 2, 9]
  - [1, 0, 3.5]
  - [5, 1, 0]
"""


def loaded(folder: Path, text: str) -> Taxonomy:
    path = folder / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return load_taxonomy(path)


def test_the_packaged_policy_states_the_default_costs_and_target():
    policy = load_taxonomy()
    assert policy.severity_costs == default_costs(4)
    assert policy.precision_target == 0.95
    assert set(policy.precision_targets.values()) == {0.95}
    assert list(policy.precision_targets) == list(policy.category_ids)


def test_by_default_too_mild_costs_twice_as_much_and_a_1_called_a_4_is_the_worst():
    costs = default_costs(4)
    assert max(cost for row in costs for cost in row) == costs[0][3] == 6.0
    assert all(costs[i][j] == 2 * costs[j][i] for i in range(4) for j in range(i, 4))


@pytest.mark.parametrize("levels", range(8))
def test_default_costs_are_valid_for_any_number_of_levels(levels: int):
    assert first_fault(default_costs(levels), levels) is None


def test_costs_and_targets_of_the_marketplaces_own_are_read(tmp_path: Path):
    policy = loaded(tmp_path, SMALL)
    assert policy.severity_costs == ((0.0, 2.0, 9.0), (1.0, 0.0, 3.5), (5.0, 1.0, 0.0))
    assert policy.precision_targets == {"spam": 0.8, "fine": 0.9}


def test_a_file_without_them_gets_the_defaults(tmp_path: Path):
    policy = loaded(tmp_path, SMALL[: SMALL.index("precision_target: 0.9\n")])
    assert policy.severity_costs == default_costs(3)
    assert policy.precision_targets == {"spam": 0.8, "fine": 0.95}


@pytest.mark.parametrize(
    ("good", "bad", "line", "key", "must"),
    [
        ("  - [5, 1, 0]\n", "", 15, "severity_costs", "3 rows, one for each severity level (got 2)"),
        ("[1, 0, 3.5]", "[1, 0]", 16, "severity_costs[1]", "3 numbers, one for each severity level (got 2)"),
        ("[1, 0, 3.5]", "[1, 2, 3.5]", 16, "severity_costs[1][1]", "0, as the true level is shown (got 2)"),
        ("[5, 1, 0]", "[5, -1, 0]", 17, "severity_costs[2][1]", "0 or more (got -1)"),
        ("[5, 1, 0]", "[.inf, 1, 0]", 17, "severity_costs[2][0]", "0 or more (got inf)"),
        ("[5, 1, 0]", "[.nan, 1, 0]", 17, "severity_costs[2][0]", "0 or more (got nan)"),
        ("[0, 2, 9]", "[0, 2, 1]", 15, "severity_costs[0][2]", "at least 2, what the level next to it costs"),
        ("[5, 1, 0]", "[5, 6, 0]", 17, "severity_costs[2][0]", "at least 6, what the level next to it costs"),
        (
            "[1, 0, 3.5]",
            "[1, 0, 9.5]",
            15,
            "severity_costs[0][2]",
            "at least 9.5, what it costs where the truth is a level nearer",
        ),
        ("[0, 2, 9]", "[0, two, 9]", 15, "severity_costs[0][1]", "a number"),
        ("[0, 2, 9]", "0", 15, "severity_costs[0]", "a list"),
        (
            "precision_target: 0.9\n",
            "precision_target: 95\n",
            13,
            "precision_target",
            "a share above 0 and at most 1",
        ),
        ("precision_target: 0.9\n", "precision_target: high\n", 13, "precision_target", "a number"),
        ("precision_target: 0.8", "precision_target: 0", 3, "categories[0].precision_target", "a share above 0"),
        ("precision_target: 0.8", "precision_target: .nan", 3, "categories[0].precision_target", "a share above 0"),
    ],
)
def test_a_fault_is_named_by_line_and_cell(tmp_path: Path, good: str, bad: str, line: int, key: str, must: str):
    assert good in SMALL
    with pytest.raises(TaxonomyError) as caught:
        loaded(tmp_path, SMALL.replace(good, bad, 1))
    assert f"policy.yaml line {line}: '{key}' must be {must}" in str(caught.value)
    assert caught.value.field == key


def test_costs_and_targets_survive_json(tmp_path: Path):
    policy = loaded(tmp_path, SMALL)
    assert Taxonomy.from_dict(json.loads(json.dumps(policy.as_dict()))) == policy


def test_what_was_written_before_there_were_costs_loads_with_the_defaults(tmp_path: Path):
    policy = loaded(tmp_path, SMALL)
    old = policy.as_dict()
    del old["severity_costs"], old["precision_target"]
    for category in old["categories"]:
        del category["precision_target"]
    found = Taxonomy.from_dict(json.loads(json.dumps(old)))
    assert found.severity_costs == default_costs(3)
    assert found.precision_targets == {"spam": 0.95, "fine": 0.95}
    spam, fine = policy.categories
    assert found.categories == (replace(spam, precision_target=None), fine)


@pytest.mark.parametrize("levels", [0, 3])
def test_a_foreign_tables_costs_are_the_same_either_way(levels: int):
    assert inline_taxonomy(["a", "b"], levels).severity_costs == even_costs(levels)


def test_the_page_for_policy_owners_explains_every_key_of_the_file():
    sources = [Path(__file__).parents[2] / "cases" / name for name in ("taxonomy_file.py", "policy/default.yaml")]
    code, packaged = (source.read_text(encoding="utf-8") for source in sources)
    sets = re.findall(r"(?:required|optional)=\{([^}]*)\}", code)
    keys = {key for found in sets for key in re.findall(r'"(\w+)"', found)}
    keys |= set(re.findall(r"^(\w+):", packaged, flags=re.MULTILINE))
    page = DOCS.read_text(encoding="utf-8")
    assert len(keys) > 25
    assert sorted(key for key in keys if f"`{key}`" not in page) == []
