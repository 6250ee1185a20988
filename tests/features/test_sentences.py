# ruff: noqa: RUF001 - full stops of other scripts are what is tested
from __future__ import annotations

import itertools
import time

import pytest

from cases.seed.corpus import training_part
from features.assemble import assemble
from features.sentences import sentence_spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He copied my course. Nobody answers me! What now should I do?",
         ["He copied my course.", "Nobody answers me!", "What now should I do?"]),
        ("I paid 4.50 for v1.2 of the course… 30 days ago they refused.",
         ["I paid 4.50 for v1.2 of the course…", "30 days ago they refused."]),
        ('He said "Pay me or else." "Never again," I said to him.',
         ['He said "Pay me or else."', '"Never again," I said to him.']),
        ("Dr. Smith and J. R. Miller, e.g. The authors, never agreed. They wrote to you.",
         ["Dr. Smith and J. R. Miller, e.g. The authors, never agreed.", "They wrote to you."]),
        ("Reasons I ask:\n- he has copied it\n- he sells it on\n• he laughs about it",
         ["Reasons I ask:", "- he has copied it", "- he sells it on", "• he laughs about it"]),
        ("student: he knows where i live\nagent: did he say so there?",
         ["student: he knows where i live", "agent: did he say so there?"]),
        ("my course was copied. nobody answers my mails. what should i do",
         ["my course was copied.", "nobody answers my mails.", "what should i do"]),
        ("My course was copied by acme.com and approx. ten others. Please help me.",
         ["My course was copied by acme.com and approx. ten others.", "Please help me."]),
        ("この講師は盗んでいます。返金してください！", ["この講師は盗んでいます。", "返金してください！"]),
        ("Write to me soon. [email] is where I am.", ["Write to me soon.", "[email] is where I am."]),
    ],
)  # fmt: skip
def test_sentences_end_where_people_end_them(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello,\nmy course was stolen by him. Thanks!", ["Hello,\nmy course was stolen by him. Thanks!"]),
        ("Refund\n\nThey do not pay me back. No. Never.", ["Refund\n\nThey do not pay me back. No. Never."]),
        ("Help. Now.", ["Help. Now."]),
        ("...", ["..."]),
    ],
)
def test_what_is_too_short_joins_its_neighbour(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize("text", ["", " ", "\n\n \n"])
def test_where_nothing_is_written_there_is_no_sentence(text: str) -> None:
    assert sentence_spans(text) == []


def test_sentences_hold_all_of_a_written_case_but_white_space() -> None:
    counts = []
    for case in training_part():
        text = assemble(case.title, case.description).text
        spans = sentence_spans(text)
        assert all(start < end for start, end in spans)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))
        assert "".join("".join(text[start:end] for start, end in spans).split()) == "".join(text.split())
        counts.append(len(spans))
    assert max(counts) >= 8


@pytest.mark.parametrize(
    "piece",
    ["a", ".", "\n", " ", "no. ", "A. ", "word ", "Stop it now. ", '"', "。", "! (", ". A", "a\n"],
)
def test_a_hostile_text_takes_time_in_proportion_to_its_length(piece: str) -> None:
    started = time.thread_time()
    sentence_spans(piece * (200_000 // len(piece)))
    assert time.thread_time() - started < 2
