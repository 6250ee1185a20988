from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from cases.errors import InvalidInputError, WeightsError
from models.priority import DEFAULT_WEIGHTS, Weights, load_weights


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "weights.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_packaged_file_says_the_defaults():
    found, default = load_weights(), Weights()
    for field in fields(Weights):
        mine, theirs = getattr(found, field.name), getattr(default, field.name)
        assert mine == theirs or dict(mine) == dict(theirs), field.name


def test_the_packaged_file_names_every_weight():
    text = DEFAULT_WEIGHTS.read_text(encoding="utf-8")
    assert text.count("#") > len(fields(Weights))
    for number in (f"{Weights().doubling_hours:g}", f"{Weights().severity_1_at_least:g}"):
        assert number in text


def test_what_a_file_leaves_out_keeps_its_default(tmp_path: Path):
    found = load_weights(written(tmp_path, "version: 1\nsla: {share: 0.5}\nharm_per_hour: {1: 9, 2: 3, 3: 1}\n"))
    assert (found.sla_share, found.sla_factor) == (0.5, Weights().sla_factor)
    assert found.harms(3) == [9.0, 3.0, 1.0]


def test_levels_that_the_weights_do_not_name_go_in_even_ratios():
    assert Weights().harms(2) == pytest.approx([512.0, 1.0])
    assert Weights().harms(3) == pytest.approx([512.0, 512.0**0.5, 1.0])
    assert Weights().harms(1) == [512.0]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("version: 1\nsla: {factor: 0.5}\n", "'sla_factor' must be from 1 .* \\(got 0.5\\)"),
        ("version: 1\ndoubt: 0\n", "'doubt' must be above 0"),
        ("version: 1\ndoubt: .nan\n", "'doubt' must be above 0"),
        ("version: 1\nrandom_lane: 0.5\n", "'random_lane' must be from 0 and at most 0.1"),
        ("version: 1\nharm_per_hour: {1: 1, 2: 2}\n", "'harm_per_hour' must be above 0 and fall"),
        ("version: 1\nharm_per_hour: {1: 4, 3: 2}\n", "'harm_per_hour' must name levels 1, 2"),
        ("version: 1\nharm_per_hour: {high: 4}\n", "line 2: 'harm_per_hour.high' must be under a severity level"),
        ("version: 1\nexposure: {fame: 3}\n", "line 2: 'exposure.fame' must be one of .*reach_unit"),
        ("version: 1\n\ndoubling_hours: long\n", "line 3: 'doubling_hours' must be a number \\(got 'long'\\)"),
        ("version: 1\nby_hand: {first: .nan}\n", "'by_hand' must name finite doublings .* \\(got 'first': nan\\)"),
        ("version: 1\nby_hand: {Very high: 3}\n", "'by_hand' must name finite doublings by lower-case codes"),
        ("version: 2\n", "line 1: 'version' must be a whole number from 1 to 1"),
        ("doubt: 1\n", "'version' must be present"),
        ("version: 1\n a: [\n", "must be YAML"),
    ],
)
def test_a_file_with_a_fault_is_refused_with_its_key(tmp_path: Path, text: str, complaint: str):
    with pytest.raises(WeightsError, match=complaint):
        load_weights(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(WeightsError, match=r"must be a readable file .*none\.yaml"):
        load_weights(tmp_path / "none.yaml")


def test_weights_made_in_code_are_checked_too():
    with pytest.raises(InvalidInputError, match="'least_violation' must be above 0"):
        Weights(least_violation=0.0)
