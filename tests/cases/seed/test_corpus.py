from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np
import pytest

from cases.event import AttributeValue
from cases.seed.corpus import FROZEN, TEST, WrittenCase, digest
from cases.taxonomy import Taxonomy
from features.encoder import CompiledEncoder
from tests.cases.seed.conftest import Parts

SIGNALS: dict[str, tuple[type, ...]] = {
    "reach": (int,),
    "prior_strikes": (int,),
    "minor_involved": (bool,),
    "press_or_regulator": (bool,),
    "reporter_kind": (str,),
    "amount": (int, float),
}
NEAR_DUPLICATE = 0.92
SHARED_WORDS = 8


def texts(case: WrittenCase) -> Iterator[str]:
    yield case.description
    for report in case.further_reports:
        yield report.description


def is_of(value: AttributeValue, kinds: tuple[type, ...]) -> bool:
    return type(value) in kinds


def test_there_are_enough_cases_of_every_category(parts: Parts, taxonomy: Taxonomy) -> None:
    training = Counter(case.rubric.category for case in parts["training"])

    assert set(training) == set(taxonomy.category_ids)
    assert min(training.values()) >= 110
    assert training.total() >= 2400
    assert Counter(case.rubric.category for case in parts["test"]) == dict.fromkeys(taxonomy.category_ids, 12)
    assert len(parts["incoming"]) >= 150


def test_the_test_part_is_the_one_that_was_frozen(parts: Parts) -> None:
    frozen = json.loads(FROZEN.read_text(encoding="utf-8"))

    assert digest(TEST) == frozen["test_part"]
    assert len(parts["test"]) == frozen["cases"]


def test_every_rubric_is_of_the_policy_and_its_temptation_is_another_category(
    everything: list[WrittenCase], taxonomy: Taxonomy
) -> None:
    for case in everything:
        taxonomy.check(case.rubric)
        assert case.rubric.sub_policy, case.id
        assert case.rubric.category not in case.rubric.other_categories, case.id
        assert case.tempting in {"", *taxonomy.category_ids} - {case.rubric.category}, case.id
        assert case.tempting_severity in taxonomy.levels, case.id


def test_every_case_is_fully_described(everything: list[WrittenCase]) -> None:
    for case in everything:
        assert case.voice, case.id
        assert case.channel, case.id
        assert case.subject_kind, case.id
        assert case.subject_ref, case.id
        assert case.difficulty in {"easy", "medium", "hard"}, case.id
        assert re.fullmatch("[a-z]{2}", case.language), case.id
        for name, value in case.attributes.items():
            assert is_of(value, SIGNALS[name]), f"{case.id}: {name}"
    assert len({case.id for case in everything}) == len(everything)


def test_texts_are_of_eight_to_250_words(everything: list[WrittenCase]) -> None:
    # Counted where words stand apart: some of the incoming cases are in languages that do without spaces.
    english = {case.id: len(case.description.split()) for case in everything if case.language == "en"}

    assert {case: words for case, words in english.items() if not 8 <= words <= 250} == {}
    assert min(english.values()) <= 12
    assert max(english.values()) >= 150


def test_learning_and_measuring_are_in_english_and_some_of_the_incoming_are_not(parts: Parts) -> None:
    assert {case.language for case in parts["training"] + parts["test"]} == {"en"}
    others = Counter(case.language for case in parts["incoming"] if case.language != "en")
    assert others.total() >= 15
    assert len(others) >= 5


def test_every_severity_and_difficulty_is_well_represented(parts: Parts, taxonomy: Taxonomy) -> None:
    for name in ("training", "test"):
        severities = Counter(case.rubric.severity for case in parts[name])
        difficulties = Counter(case.difficulty for case in parts[name])
        assert all(severities[level] >= len(parts[name]) // 10 for level in taxonomy.levels), severities
        assert all(difficulties[d] >= len(parts[name]) // 6 for d in ("easy", "medium", "hard")), difficulties


def test_boundaries_are_crossed_on_purpose(parts: Parts, taxonomy: Taxonomy) -> None:
    for name in ("training", "test"):
        tempting = Counter(case.tempting for case in parts[name] if case.tempting)
        assert tempting.total() >= len(parts[name]) // 2
        assert len(tempting) >= len(taxonomy.categories) * 3 // 4


def test_the_test_part_has_two_voices_that_nothing_was_learnt_from(parts: Parts) -> None:
    learnt = {case.voice for case in parts["training"]}
    own = Counter(case.voice for case in parts["test"] if case.voice not in learnt)

    assert len(own) == 2
    assert min(own.values()) >= 20


def test_several_people_report_one_case_now_and_then(parts: Parts) -> None:
    gathered = [case for case in parts["training"] if case.further_reports]

    assert len(gathered) >= 30
    assert max(len(case.further_reports) for case in gathered) >= 2


def test_no_two_cases_share_eight_words_in_a_row(everything: list[WrittenCase]) -> None:
    seen: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for case in everything:
        for text in texts(case):
            words = re.findall(r"\w+", text.lower())
            for start in range(len(words) - SHARED_WORDS + 1):
                seen[tuple(words[start : start + SHARED_WORDS])].add(case.id)

    assert {" ".join(words): ids for words, ids in seen.items() if len(ids) > 1} == {}


@pytest.mark.slow
def test_no_two_cases_mean_nearly_the_same(everything: list[WrittenCase], compiled: CompiledEncoder) -> None:
    owners = [case.id for case in everything for _ in texts(case)]
    vectors = compiled.encode([text for case in everything for text in texts(case)])
    cosines = np.triu(vectors @ vectors.T, k=1)

    near = [(owners[i], owners[j], f"{cosines[i, j]:.3f}") for i, j in np.argwhere(cosines > NEAR_DUPLICATE)]
    assert [pair for pair in near if pair[0] != pair[1]] == []
