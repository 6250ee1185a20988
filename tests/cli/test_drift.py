from __future__ import annotations

import json

from cases.store import CaseStore
from tests.cli.conftest import Run
from tests.cli.filed_cases import file_case, score_case


def test_drift_is_told_by_feature_and_a_few_cases_are_called_too_few(store: CaseStore, run: Run) -> None:
    for number in range(3):
        score_case(store, file_case(store, number), tier="apply")
    answer = json.loads(run("drift", "--json").out)
    assert (answer["schema"], answer["days"], answer["before_days"]) == ("caseload.drift/1", 14, 42)
    features = {each["feature"]: each for each in answer["features"]}
    assert {each["reading"] for each in features.values()} == {"too few to say"}
    assert features["tier"] == {
        "feature": "tier", "before": 0, "now": 3, "psi": None, "bound": None, "reading": "too few to say",
        "bins": [{"label": "apply", "before": 0, "now": 3}],
    }  # fmt: skip
    table = run("drift", "--days", 7).out
    assert "the last 7 days against the 42 before" in table
    assert table.count("too few to say") == 6
