from __future__ import annotations

import json
from pathlib import Path

import pytest

from cases.errors import TaxonomyError, UnknownPolicyError
from cases.record import Attributes
from cases.taxonomy import Taxonomy
from cases.taxonomy_file import DEFAULT_POLICY, load_taxonomy

QUEUES = """
queues:
  - {id: urgent_minors, name: "Minors at risk", when: {severity_at_most: 2, attribute: {minor_involved: true}}}
  - {id: german, name: "Read in German", when: {language: [de, nl]}}
  - {id: money, name: "Money", when: {category: [payment_fraud, refund_dispute], severity_at_most: 3}}
  - {id: second_look, name: "By hand alone"}
"""


def policy(tmp_path: Path, queues: str) -> Taxonomy:
    path = tmp_path / "policy.yaml"
    path.write_text(DEFAULT_POLICY.read_text(encoding="utf-8") + queues, encoding="utf-8")
    return load_taxonomy(path)


@pytest.mark.parametrize(
    ("language", "category", "severity", "attributes", "queue"),
    [
        ("de", "payment_fraud", 2, {"minor_involved": True}, "urgent_minors"),
        ("de", "payment_fraud", 3, {"minor_involved": True}, "german"),
        ("de", "payment_fraud", None, {"minor_involved": True}, "german"),
        ("en", "payment_fraud", 3, {"minor_involved": False}, "money"),
        ("en", "payment_fraud", 4, {}, "main"),
        ("en", "payment_fraud", None, {}, "main"),
        ("", "", None, {}, "main"),
        ("nl", "", None, {}, "german"),
    ],
)
def test_the_first_rule_that_fits_wins(
    tmp_path: Path, language: str, category: str, severity: int | None, attributes: Attributes, queue: str
) -> None:
    assert policy(tmp_path, QUEUES).route(language, category, severity, attributes) == queue


def test_a_policy_without_queues_sends_everything_to_the_main_one() -> None:
    taxonomy = load_taxonomy()
    assert taxonomy.queues == ()
    assert taxonomy.route("de", "hate", 1, {"minor_involved": True}) == "main"
    assert taxonomy.queue_ids == ("main", "legal", "brand", "support", "product")
    assert "queues" not in taxonomy.as_dict()


def test_queues_survive_the_way_through_json(tmp_path: Path) -> None:
    taxonomy = policy(tmp_path, QUEUES)
    assert Taxonomy.from_dict(json.loads(json.dumps(taxonomy.as_dict()))) == taxonomy


def test_queues_and_teams_that_there_are_not_are_refused(tmp_path: Path) -> None:
    taxonomy = policy(tmp_path, QUEUES)
    for known in ("main", "german", "second_look", "legal"):
        taxonomy.check_queue(known)
    taxonomy.check_team("legal")
    with pytest.raises(UnknownPolicyError, match=r"'queue' must be one of .*second_look, legal"):
        taxonomy.check_queue("nowhere")
    with pytest.raises(UnknownPolicyError, match="'team' must be"):
        taxonomy.check_team("german")
    with pytest.raises(UnknownPolicyError, match="'severity' must be"):
        taxonomy.check_severity(5)


@pytest.mark.parametrize(
    ("line", "key", "must"),
    [
        ("{id: main, name: x}", "queues[0].id", "unique"),
        ("{id: legal, name: x}", "queues[0].id", "unique"),
        ("{id: Money, name: x}", "queues[0].id", "lower-case"),
        ("{id: a}", "queues[0].name", "present"),
        ("{id: a, name: x, when: {}}", "queues[0].when", "at least one condition"),
        ("{id: a, name: x, when: {language: []}}", "queues[0].when.language", "at least one"),
        ("{id: a, name: x, when: {language: [german]}}", "queues[0].when.language[0]", "two letters"),
        ("{id: a, name: x, when: {category: [nothing]}}", "queues[0].when.category[0]", "one of 'categories'"),
        ("{id: a, name: x, when: {severity_at_most: 9}}", "queues[0].when.severity_at_most", "from 1 to 4"),
        ("{id: a, name: x, when: {attribute: {reach: null}}}", "queues[0].when.attribute.reach", "text, a number"),
        ("{id: a, name: x, when: {attribute: {}}}", "queues[0].when.attribute", "at least one attribute"),
        ("{id: a, name: x, when: {team: [legal]}}", "queues[0].when.team", "one of attribute"),
    ],
)
def test_a_queue_that_is_not_as_it_must_be_is_refused_with_its_line_and_key(
    tmp_path: Path, line: str, key: str, must: str
) -> None:
    last = len(DEFAULT_POLICY.read_text(encoding="utf-8").splitlines()) + 2
    with pytest.raises(TaxonomyError) as caught:
        policy(tmp_path, f"queues:\n  - {line}\n")
    assert caught.value.field == key
    assert must in str(caught.value)
    assert f"line {last}" in str(caught.value)
