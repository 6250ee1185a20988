from __future__ import annotations

import math

import pytest

from cases.errors import InvalidInputError
from features.assemble import assemble


def test_title_and_description_become_one_text_cleaned_and_redacted() -> None:
    case = assemble(" Stolen\u200b course ", "Mail me:  jane@example.com\r\n\r\n\r\nThanks")
    assert case.text == "Stolen course\n\nMail me: [email]\n\nThanks"


@pytest.mark.parametrize(("title", "description", "text"), [("", "why", "why"), ("why", " ", "why"), ("", "\0", "")])
def test_an_empty_part_leaves_no_empty_line(title: str, description: str, text: str) -> None:
    assert assemble(title, description).text == text


def test_channel_and_attributes_become_named_numbers_beside_the_text() -> None:
    case = assemble(
        "t",
        "d",
        channel="Email",
        attributes={
            "reach": 1000,
            "minor_involved": True,
            "press": False,
            "reporter_kind": "Trusted  Flagger",
            "net": -1.5,
        },
    )
    assert case.text == "t\n\nd"
    assert case.signals == {
        "channel=email": 1.0,
        "log_net": pytest.approx(-math.log1p(1.5)),
        "log_reach": pytest.approx(math.log1p(1000)),
        "minor_involved": 1.0,
        "reporter_kind=trusted flagger": 1.0,
    }


def test_the_order_of_attributes_does_not_matter() -> None:
    one = assemble("t", "d", attributes={"a": 1, "b": "x"})
    other = assemble("t", "d", attributes={"b": "x", "a": 1})
    assert list(one.signals.items()) == list(other.signals.items())


@pytest.mark.parametrize("value", [10**400, -(10**400), math.inf, 1e300])
def test_a_number_beyond_measure_stays_finite(value: float) -> None:
    (signal,) = assemble("t", "d", attributes={"reach": value}).signals.values()
    assert abs(signal) == pytest.approx(math.log1p(1e15))
    assert (signal < 0) == (value < 0)


def test_not_a_number_and_an_empty_string_count_as_absent() -> None:
    assert assemble("t", "d", channel=" ", attributes={"reach": math.nan, "kind": ""}).signals == {}


def test_personal_data_and_free_text_do_not_become_names_of_signals() -> None:
    case = assemble("t", "d", attributes={"contact": "Jane@Example.com", "note": "word " * 40})
    assert case.signals == {"contact=[email]": 1.0, "note=[long]": 1.0}


def test_an_attribute_of_another_kind_is_refused_by_name_and_kind() -> None:
    with pytest.raises(InvalidInputError, match=r"'attributes.tags' must be .* \(got list\)") as refused:
        assemble("t", "d", attributes={"tags": ["secret"]})  # type: ignore[dict-item]
    assert refused.value.field == "attributes.tags"
    assert "secret" not in str(refused.value)
