from __future__ import annotations

from pathlib import Path

from cases.taxonomy_file import DEFAULT_POLICY
from tests.cli.conftest import Run


def test_the_packaged_policy_is_valid_and_summed_up(run: Run):
    outcome = run("policy", "check")
    assert outcome.code == 0
    assert "valid: version 1, 20 categories" in outcome.out


def test_a_broken_policy_names_line_and_key(run: Run, tmp_path: Path):
    path = tmp_path / "policy.yaml"
    path.write_text(DEFAULT_POLICY.read_text(encoding="utf-8").replace("violation: true", "violation: maybe", 1))
    line = next(n for n, text in enumerate(path.read_text().splitlines(), start=1) if "maybe" in text)
    outcome = run("policy", "check", path)
    assert outcome.code == 2
    assert f"policy.yaml line {line}" in outcome.err
    assert "violation" in outcome.err


def test_a_missing_policy_says_where_it_was_looked_for(run: Run, tmp_path: Path):
    outcome = run("policy", "check", tmp_path / "none.yaml")
    assert outcome.code == 2
    assert "'taxonomy' must be a readable file" in outcome.err
