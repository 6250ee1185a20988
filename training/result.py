"""What `caseload train` prints last, as one JSON object: a versioned contract.

docs/schemas/train-1.json is its JSON Schema; a test holds the two together. Change it on purpose, with a new number
and a note in CHANGELOG.md.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Figure(_Figures):
    """A figure on the held-out rows with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


class CalibrationFigure(_Figures):
    """An expected calibration error beside what chance leaves of it; it has no interval.

    A resample holds rows twice, which alone makes the error larger: a bootstrap's interval would lie too high.
    """

    value: float
    if_perfect: float = Field(description="The median of a perfectly calibrated model on so many rows.")
    allowed: float = Field(description="The larger of .02 and that model's 95th percentile.")


class ModelId(_Figures):
    """The registered model; it is the very one that was measured."""

    name: str
    version: str
    sha256: str = Field(description="Of the artifact's manifest, which covers each of its files.")
    run_id: str = Field(description="MLflow's run.")


class SnapshotFigures(_Figures):
    """The data: how many rows, which part they played, what was left out."""

    sha256: str
    source: str
    rows: int
    train: int
    test: int
    aside: int = Field(description="Held-out rows whose subject or near-duplicate was learnt from; not measured on.")
    split: Literal["time", "prescribed", "champion", "random"]
    left_out: dict[str, int]


class CategoryFigures(_Figures):
    """How well the category was judged on the held-out rows."""

    n_test: int
    classes: int
    accuracy: Figure
    macro_f1: Figure
    ece: CalibrationFigure = Field(
        description="Expected calibration error, 15 equal-width bins of the top probability."
    )
    log_loss: Figure


class SeverityFigures(_Figures):
    """How well the severity was judged on the held-out rows."""

    n_test: int
    levels: int
    accuracy: Figure
    macro_f1: Figure
    qwk: Figure = Field(description="Cohen's kappa with quadratic weights.")
    macro_mae: Figure = Field(description="Mean absolute error in levels, averaged over the true levels.")
    log_loss: Figure


class Measured(_Figures):
    """The figures of one split."""

    category: CategoryFigures
    severity: SeverityFigures | None = None


class TrainResult(Measured):
    """The whole answer."""

    schema_: Literal["caseload.train/1"] = Field(default="caseload.train/1", alias="schema")
    model: ModelId
    snapshot: SnapshotFigures
    seconds: float = Field(description="From the start of the command to the registered model.", ge=0)
    chosen: dict[str, float | str] = Field(description="The setting that cross-validation chose.")
    random_split: Measured | None = Field(
        default=None, description="With --compare-random: what a random split would have claimed. Never the claim."
    )


def json_schema() -> dict[str, object]:
    """The JSON Schema of the answer."""
    return TrainResult.model_json_schema(by_alias=True)
