"""MLflow as the tracker: a run with its parameters, figures, plots, snapshot ledger and artifact.

Nothing that identifies a person and no case text goes to the tracker.
"""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cases.errors import TrackerUnavailableError
from cases.settings import Settings

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as Plot
    from mlflow import MlflowClient

EXPERIMENT = "caseload"
MODEL_FOLDER = "model"
LEDGER = "snapshot/ledger.parquet"

# Without a tracker that answers, MLflow would retry for minutes before it says so.
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


def connect(settings: Settings) -> MlflowClient:
    """MLflow's client for the tracker of the settings, telemetry off.

    Raises:
        TrackerUnavailableError: The tracker does not answer.
    """
    for name, value in {**_PATIENCE, **_QUIET}.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():
        # MLflow 3.17 uses a loader option that SQLAlchemy 2.1 deprecates; it is theirs to mend.
        warnings.simplefilter("ignore")
        import logging

        import mlflow

        for noisy in ("mlflow.utils.requirements_utils", "mlflow.store.db.utils", "alembic"):
            logging.getLogger(noisy).setLevel(logging.ERROR)
        if settings.tracking_uri.startswith("sqlite:///"):
            Path(settings.tracking_uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        with answering(settings):
            mlflow.set_tracking_uri(settings.tracking_uri)
            mlflow.set_registry_uri(settings.tracking_uri)
            client = mlflow.MlflowClient()
            if client.get_experiment_by_name(EXPERIMENT) is None:
                served = settings.tracking_uri.startswith(("http://", "https://"))
                client.create_experiment(EXPERIMENT, artifact_location=None if served else settings.artifact_root)
    return client


@contextmanager
def answering(settings: Settings) -> Iterator[None]:
    """Turns the many ways in which a tracker fails to answer into one."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, OSError) as error:
        where = settings.tracking_uri.rsplit("@", 1)[-1]
        raise TrackerUnavailableError(
            f"'tracking_uri' must be a tracker that answers (got {where}: {type(error).__name__}); "
            "start it, or unset CASELOAD_TRACKING_URI to use the local one"
        ) from error


@dataclass(frozen=True, slots=True)
class RunRecord:
    """All that a run leaves in the tracker.

    Attributes:
        params: What was asked and what was chosen.
        metrics: Figures by name, per class ones as `recall/<class>`.
        tables: JSON documents by file name.
        texts: Documents by file name: the report, the model card.
        plots: Figures by file name.
        ledger: The snapshot without its texts.
        artifact: The folder of the saved model.
    """

    params: Mapping[str, str | float]
    metrics: Mapping[str, float]
    tables: Mapping[str, Mapping[str, Any]]
    texts: Mapping[str, str]
    plots: Mapping[str, Plot]
    ledger: pd.DataFrame
    artifact: Path


@dataclass(frozen=True, slots=True)
class TrackedModel:
    """Where the tracker put the run and the registered version."""

    run_id: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """What a run says of itself.

    Attributes:
        started: When the tracker began it, aware UTC: the model was fitted just before.
        source: What its snapshot was of: "record", or the name of a file; "" where it does not say.
        split: How its rows were parted; "" where it does not say.
    """

    started: datetime
    source: str
    split: str


def record_run(settings: Settings, record: RunRecord, *, name: str, sha256: str) -> TrackedModel:
    """Log a run, its artifact as an `mlflow.pyfunc` model, and register that as the next version of `name`.

    The model loads anywhere that Caseload is installed: `mlflow.pyfunc.load_model("models:/NAME@champion")`.

    Raises:
        TrackerUnavailableError: The tracker does not answer.
    """
    client = connect(settings)
    import mlflow

    with answering(settings), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        experiment = client.get_experiment_by_name(EXPERIMENT)
        with mlflow.start_run(experiment_id=experiment.experiment_id, run_name=name) as run:
            mlflow.log_params(dict(record.params))
            mlflow.log_metrics(dict(record.metrics))
            for file, table in record.tables.items():
                mlflow.log_dict(dict(table), file)
            for file, text in record.texts.items():
                mlflow.log_text(text, file)
            for file, plot in record.plots.items():
                mlflow.log_figure(plot, file)
            _log_ledger(record.ledger)
            # Explicit requirements: to infer them MLflow would load the model and look around for ten seconds.
            logged = mlflow.pyfunc.log_model(
                name=MODEL_FOLDER,
                loader_module="training.pyfunc",
                data_path=str(record.artifact),
                pip_requirements=["caseload"],
            )
        version = _register(client, name, logged.model_uri, run.info.run_id, sha256)
    return TrackedModel(run.info.run_id, name, version)


def _log_ledger(ledger: pd.DataFrame) -> None:
    import mlflow

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(LEDGER).name
        ledger.to_parquet(path, index=False)
        mlflow.log_artifact(str(path), str(Path(LEDGER).parent))


def _register(client: MlflowClient, name: str, uri: str, run_id: str, sha256: str) -> str:
    from mlflow.exceptions import MlflowException

    try:
        client.get_registered_model(name)
    except MlflowException:
        client.create_registered_model(name)
    version = client.create_model_version(name, source=uri, run_id=run_id, tags={"sha256": sha256})
    client.set_registered_model_alias(name, "challenger", version.version)
    return str(version.version)


def read_ledger(settings: Settings, run_id: str) -> pd.DataFrame:
    """The snapshot ledger that a run left.

    Raises:
        TrackerUnavailableError: The tracker, or the place where it keeps files, does not answer.
    """
    connect(settings)
    import mlflow
    import pandas as pd

    with answering(settings), tempfile.TemporaryDirectory() as folder:
        return pd.read_parquet(
            mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=LEDGER, dst_path=folder)
        )


def read_run(settings: Settings, run_id: str) -> LoggedRun:
    """When a run was, and how it came by its rows.

    Raises:
        TrackerUnavailableError: The tracker does not answer, or knows no such run.
    """
    client = connect(settings)
    with answering(settings):
        run = client.get_run(run_id)
    params = run.data.params
    started = datetime.fromtimestamp(run.info.start_time / 1000, UTC)
    return LoggedRun(started, params.get("source", ""), params.get("split", ""))


def has_tracker(settings: Settings) -> bool:
    """Whether there may be a tracker: one in a local file that is not there has never been used."""
    local = settings.tracking_uri.removeprefix("sqlite:///")
    return local == settings.tracking_uri or Path(local).exists()


def find_model(settings: Settings, sha256: str) -> TrackedModel | None:
    """The registered version whose artifact has this SHA-256, the newest of them; None where there is none.

    Raises:
        TrackerUnavailableError: The tracker does not answer.
    """
    if not has_tracker(settings):
        # To ask would make it: an artifact is measured without a tracker, and none is set up for its sake.
        return None
    client = connect(settings)
    with answering(settings):
        found = client.search_model_versions(f"tags.sha256 = '{sha256}'")
    if not found:
        return None
    newest = max(found, key=lambda version: version.creation_timestamp)
    return TrackedModel(newest.run_id or "", newest.name, str(newest.version))


def read_table(settings: Settings, run_id: str, file: str) -> dict[str, Any]:
    """A JSON document that a run left.

    Raises:
        TrackerUnavailableError: As `read_ledger`.
    """
    connect(settings)
    import mlflow

    with answering(settings), tempfile.TemporaryDirectory() as folder:
        path = Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=file, dst_path=folder))
        table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return table
