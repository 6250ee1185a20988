from __future__ import annotations

import pytest

from cases.triage import Triage, triage_of


@pytest.mark.parametrize("tier", ["abstain"])
@pytest.mark.parametrize("probability", [0.1, 0.99])
def test_where_the_model_abstains_there_is_no_value_whatever_it_would_have_guessed(tier: str, probability: float):
    found = triage_of(tier, "harassment", probability, 1, 0.9)
    assert found == Triage(None, None, None, None, ("caseload_abstained",))


def test_where_no_category_was_judged_there_is_none_either():
    assert triage_of("", "", 0.0, 2, 0.9).tags == ("caseload_abstained",)


@pytest.mark.parametrize(
    ("tier", "probability", "confidence"),
    [
        # What may be applied is right as often as the policy asks, at whatever probability that begins.
        ("apply", 0.4, "High"),
        ("suggest", 0.99, "Medium"),
        ("suggest", 0.5, "Medium"),
        ("suggest", 0.49, "Low"),
        # A model from before tiers.
        ("", 0.8, "High"),
        ("", 0.79, "Medium"),
        ("", 0.2, "Low"),
    ],
)
def test_how_sure_a_category_is_goes_by_the_tier(tier: str, probability: float, confidence: str):
    found = triage_of(tier, "spam_promotion", probability, None, 0.0)
    assert (found.category, found.category_confidence) == ("spam_promotion", confidence)
    assert found.tags == (
        "caseload_category_spam_promotion", f"caseload_category_confidence_{confidence.lower()}",
    )  # fmt: skip
    assert (found.severity, found.severity_confidence) == (None, None)


@pytest.mark.parametrize(("probability", "confidence"), [(0.8, "High"), (0.5, "Medium"), (0.49, "Low"), (0.0, "Low")])
def test_how_sure_a_severity_is_goes_by_its_probability(probability: float, confidence: str):
    found = triage_of("apply", "hate", 0.9, 2, probability)
    assert (found.severity, found.severity_confidence) == (2, confidence)
    assert found.tags[2:] == ("caseload_severity_2", f"caseload_severity_confidence_{confidence.lower()}")
