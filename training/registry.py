"""Which model serves: promote, roll back, and what is registered.

`promote` verifies a registered version's artifact, copies it to `models_dir/<sha256>` and appends a champion row to
the record. Serving reads only these two, so it outlives a dead tracker; MLflow's alias `champion` mirrors the row.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

from cases.errors import CaseloadError, InvalidInputError, NotFoundError, TrackerUnavailableError
from cases.record import Champion
from cases.settings import Settings
from cases.store import CaseStore
from models.artifact import verify_artifact
from training.tracking import connect

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A version in the registry."""

    name: str
    version: str
    sha256: str
    run_id: str
    source: str


def registered(settings: Settings, version: str = "challenger", *, name: str = "") -> RegisteredModel:
    """A registered version by number, or by alias (`challenger`, `champion`).

    Raises:
        NotFoundError: There is none; says what to do.
        TrackerUnavailableError: The tracker does not answer.
    """
    from mlflow.exceptions import MlflowException

    client = connect(settings)
    model = name or settings.model_name
    try:
        found = (
            client.get_model_version(model, version)
            if version.isdigit()
            else client.get_model_version_by_alias(model, version)
        )
    except MlflowException as error:
        raise NotFoundError(
            f"'model' must be a registered version or alias of {model!r} (got {version!r}); run `caseload train`"
        ) from error
    return RegisteredModel(model, str(found.version), found.tags["sha256"], found.run_id, found.source)


def fetch_artifact(settings: Settings, model: RegisteredModel) -> Path:
    """The verified artifact of a registered version, in `models_dir/<sha256>`.

    It is copied beside its place, verified, and only then renamed into it: a reader never sees half of it.

    Raises:
        ArtifactError: The files are not what the manifest, or the registry's SHA-256, says.
        TrackerUnavailableError: The tracker, or the place where it keeps files, does not answer.
    """
    place = settings.models_dir / model.sha256
    if place.is_dir():
        verify_artifact(place, model.sha256)
        return place
    settings.models_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.models_dir, prefix=".arriving-") as arriving:
        downloaded = _download(settings, model, Path(arriving))
        verify_artifact(downloaded, model.sha256)
        try:
            os.rename(downloaded, place)  # noqa: PTH104  a plain rename that fails where the place is taken
        except OSError:
            # Another promotion of the same model was quicker; its copy must be as good.
            verify_artifact(place, model.sha256)
    return place


def _download(settings: Settings, model: RegisteredModel, folder: Path) -> Path:
    import mlflow
    from mlflow.exceptions import MlflowException

    connect(settings)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            root = Path(mlflow.artifacts.download_artifacts(model.source, dst_path=str(folder)))
    except (MlflowException, OSError) as error:
        raise TrackerUnavailableError(
            f"'artifact' of {model.name}/{model.version} must be where the tracker keeps it "
            f"(got {type(error).__name__}); restore the artifact store or train again"
        ) from error
    manifests = sorted(root.glob("data/*/manifest.json"))
    if len(manifests) != 1:
        raise InvalidInputError(
            f"'model' must be one of Caseload's (got {model.name}/{model.version}); choose another"
        )
    copied = folder / "artifact"
    shutil.copytree(manifests[0].parent, copied)
    return copied


def promote(settings: Settings, store: CaseStore, version: str = "challenger", *, by: str) -> Champion:
    """Make a registered version the one that serves.

    Args:
        settings: Where the registry and the models are.
        store: The record, which remembers who served when.
        version: A number or alias.
        by: Who promotes.

    Raises:
        NotFoundError, ArtifactError, TrackerUnavailableError: See `registered` and `fetch_artifact`.
    """
    model = registered(settings, version)
    fetch_artifact(settings, model)
    champion = store.promote_champion(model.name, model.version, model.sha256, by=by)
    _mirror(settings, champion)
    return champion


def rollback(settings: Settings, store: CaseStore, *, by: str) -> Champion:
    """Make the champion before today's serve again. It needs no tracker: its files are in `models_dir`.

    Raises:
        NotFoundError: There was none before.
        ArtifactError: Its files are damaged or gone.
    """
    history = store.champions()
    if not history:
        raise NotFoundError("'champion' must exist to be rolled back (got none); run `caseload promote`")
    before = _predecessor(history)
    if before is None:
        raise NotFoundError("'champion' must have a predecessor (got none); run `caseload promote --version N`")
    verify_artifact(settings.models_dir / before.sha256, before.sha256)
    champion = store.promote_champion(before.name, before.version, before.sha256, by=by)
    _mirror(settings, champion)
    return champion


def _predecessor(history: tuple[Champion, ...]) -> Champion | None:
    """The model that served before today's: rows are appended, a roll-back appends too, so count them as undone."""
    stack: list[Champion] = []
    for row in sorted(history, key=lambda champion: champion.seq):
        if len(stack) >= 2 and stack[-2].sha256 == row.sha256:
            stack.pop()
        else:
            stack.append(row)
    return stack[-2] if len(stack) >= 2 else None


def _mirror(settings: Settings, champion: Champion) -> None:
    """Set MLflow's alias as the record has it; neither a dead tracker nor one made anew, which does not know the
    version, stops a promotion that has taken effect.
    """
    from mlflow.exceptions import MlflowException

    try:
        client = connect(settings)
        client.set_registered_model_alias(champion.name, "champion", champion.version)
    except (CaseloadError, MlflowException, OSError) as error:
        logger.warning(
            "the tracker's alias 'champion' was not set (%s); it follows at the next promotion", type(error).__name__
        )
