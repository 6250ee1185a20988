"""`caseload train --data`, as it is typed."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cases.settings import load_settings
from cli.main import main
from training.result import TrainResult
from training.tracking import connect

TOPICS = {
    "billing": ("The invoice of", "charged my card twice for", "and I want the refund of"),
    "access": ("The password of", "locked me out of", "and I cannot log in to"),
    "shipping": ("The parcel of", "was left in the rain with", "and the courier lost"),
}
THINGS = ("the course", "a blue lamp", "my yearly plan", "the textbook", "two chairs", "a gift card", "the camera")
PLACES = ("Oslo", "Lima", "Cairo", "Hanoi", "Turin", "Perth", "Accra", "Quito")

Run = Callable[..., tuple[int, str, str]]


def rows(count: int = 150) -> list[dict[str, object]]:
    """Tickets of three topics, no two alike; severity 1 (least) to 3 follows the topic."""
    made = []
    for number in range(count):
        place, topic = number % 3, list(TOPICS)[number % 3]
        start, middle, end = TOPICS[topic]
        thing, town = THINGS[number % len(THINGS)], PLACES[number % len(PLACES)]
        text = f"{start} ticket {number} in {town} {middle} {thing} {end} it after {number * 37 % 101} days."
        part = "test" if number % 5 == 0 else "valid" if number % 5 == 1 else "train"
        made.append({"body": text, "team": topic, "prio": place + 1, "part": part})
    return made


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    path = tmp_path / "tickets.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["body", "team", "prio", "part"])
        writer.writeheader()
        writer.writerows(rows())
    return path


@pytest.fixture
def run(tmp_path: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command line as the terminal would, in a home of its own."""
    for name in [name for name in os.environ if name.startswith("CASELOAD_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CASELOAD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CASELOAD_CACHE_DIR", str(cache_dir))

    def run_main(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        return code, *capfd.readouterr()

    return run_main


def answer(outcome: tuple[int, str, str]) -> TrainResult:
    """What stdout holds: one JSON object, and nothing beside it."""
    code, out, err = outcome
    assert code == 0, err
    found: Any = json.loads(out)
    return TrainResult.model_validate(found)


@pytest.mark.slow
def test_a_table_with_parts_is_learnt_and_measured_on_its_test_part(run: Run, tickets: Path) -> None:
    outcome = run(
        *("train", "--data", tickets, "--budget", "quick", "--text", "body", "--category", "team"),
        *("--severity", "prio", "--severity-1-is", "least", "--split", "part"),
    )
    result = answer(outcome)
    assert (result.snapshot.train, result.snapshot.test, result.snapshot.split) == (120, 30, "prescribed")
    assert result.category.accuracy.value == 1.0, "three topics that share no word of weight"
    assert result.severity is not None
    assert result.severity.levels == 3
    assert result.model.name == "table-tickets"
    assert result.random_split is None
    assert not (tickets.parent / "home" / "cases.db").exists(), "a table needs no record"
    assert "120 to learn from, 30 held out" in outcome[2]
    assert "parcel" not in outcome[2]


@pytest.mark.slow
def test_what_a_random_split_would_have_claimed_stands_beside_the_claim(run: Run, tickets: Path) -> None:
    result = answer(
        run(
            *("train", "--data", tickets, "--budget", "quick", "--text", "body", "--category", "team"),
            *("--split", "part", "--compare-random", "--name", "tickets"),
        )
    )
    assert result.severity is None
    assert result.model.name == "tickets"
    assert result.random_split is not None
    assert 0 < result.random_split.category.n_test <= 30
    assert result.random_split.category.accuracy.value > 0.9


@pytest.mark.slow
def test_labels_that_a_tracker_does_not_take_as_names_are_learnt_all_the_same(run: Run, tmp_path: Path) -> None:
    odd = {"billing": "reverted_card_payment?", "access": "can't log in", "shipping": "reverted_card_payment'"}
    path = tmp_path / "odd.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["body", "team", "prio", "part"])
        writer.writeheader()
        writer.writerows(row | {"team": odd[str(row["team"])]} for row in rows())
    result = answer(
        run(
            *("train", "--data", path, "--budget", "quick", "--text", "body", "--category", "team"),
            *("--split", "part"),
        )
    )
    assert result.category.accuracy.value == 1.0
    settings = load_settings(home=tmp_path / "home")
    metrics = connect(settings).get_run(result.model.run_id).data.metrics
    recalls = {name for name in metrics if name.startswith("category/recall/")}
    names = ("can_t log in", "reverted_card_payment_", "reverted_card_payment_-2")
    assert recalls == {f"category/recall/{name}" for name in names}, "each label has a name of its own"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--category", "team"], "'--text' must name a column of tickets.csv"),
        (["--text", "body"], "'--category' must name a column of tickets.csv"),
        (
            ["--text", "body", "--category", "team", "--severity", "prio"],
            "'--severity-1-is' must be most or least when --severity is given",
        ),
        (
            ["--text", "body", "--category", "team", "--severity-1-is", "least"],
            "'--severity-1-is' must come with --severity",
        ),
        (
            ["--text", "body", "--category", "team", "--split", "part", "--time", "prio"],
            "'--split' must come without --time",
        ),
        (
            ["--text", "body", "--category", "queue"],
            "'--category' must be a column of tickets.csv (got 'queue'); choose from body, team, prio, part",
        ),
        (
            ["--text", "body", "--category", "team", "--hold-out", "champion"],
            "'--hold-out' must come without --data",
        ),
    ],
)
def test_an_option_that_does_not_fit_is_one_clear_line(
    run: Run, tickets: Path, options: list[str], said: str
) -> None:
    code, out, err = run("train", "--data", tickets, *options)
    assert code == 2
    assert out == ""
    assert err.startswith(f"caseload: {said}")
    assert len(err.splitlines()) == 1


def test_a_columns_option_without_a_table_is_one_clear_line(run: Run) -> None:
    code, out, err = run("train", "--text", "body")
    assert (code, out) == (2, "")
    assert err == "caseload: '--text' must come with --data (got none); name the table\n"
