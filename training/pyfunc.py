"""How MLflow loads a registered model: `mlflow.pyfunc` calls `_load_pyfunc` with the artifact's folder.

No pickle and no copied code: the folder is data, and this module comes from the installed package.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from features.assemble import assemble
from models.artifact import load_artifact
from models.judge import Judge


class PyfuncModel:
    """A judge behind MLflow's `predict`."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def predict(self, model_input: pd.DataFrame, params: dict[str, object] | None = None) -> pd.DataFrame:
        """Judge rows.

        Args:
            model_input: n rows with a `description`; `title` and `channel` if there are.
            params: Unused; MLflow's signature has it.

        Returns:
            n rows: `category`, `probability`, then `p_<category>` and `p_severity_<level>` for each.
        """
        del params
        cases = [
            assemble(str(row.get("title", "")), str(row["description"]), channel=str(row.get("channel", "")))
            for row in model_input.to_dict("records")
        ]
        answers = []
        for judgement in self._judge.judge(cases):
            best = max(judgement.category, key=judgement.category.__getitem__)
            answers.append(
                {
                    "category": best,
                    "probability": judgement.category[best],
                    **{f"p_{name}": p for name, p in judgement.category.items()},
                    **{f"p_severity_{level}": p for level, p in judgement.severity.items()},
                }
            )
        return pd.DataFrame(answers, index=model_input.index)


def _load_pyfunc(data_path: str) -> PyfuncModel:
    """MLflow's hook: the artifact is verified before anything of it is deserialised."""
    return PyfuncModel(load_artifact(Path(data_path)))
