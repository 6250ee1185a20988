"""The model that serves: read from the record and from `models_dir`, verified, loaded, and swapped when another is
promoted.

    loading ──► ready ◄──► failed        failed: its files are missing, damaged, or do not fit the policy
       └──────► no_model                 no_model: nothing has been promoted

A newly promoted model that cannot be taken up leaves the one that serves in its place (`Refused`), and is tried again
now and then. A changed file of the serving model takes that out of service: its weights are mapped into memory from
those files.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from cases.errors import ArtifactError, CaseloadError, ModelMissingError
from cases.record import Champion
from cases.store import CaseStore
from cases.taxonomy import Taxonomy
from features.assemble import assemble
from models.artifact import load_artifact
from models.judge import Judge
from serving.api.problems import ModelLoadingError
from serving.observing.logs import logger
from serving.scoring.scores import LoadedModel

POLL_SECONDS = 1.0
# What stood in the way may be gone though no file of the model was touched: memory, a share that was away.
RETRY_SECONDS = 60.0

# Full collections of a heap that holds a model stall a request by up to a quarter of a second; after these two
# settings and a freeze, by a few milliseconds.
_GC_THRESHOLDS = (50_000, 20, 100)

_Signature = tuple[tuple[str, int, int, int], ...]
_Tried = tuple[str, str, str, _Signature]  # a champion's name, version and SHA-256, and its files as they were


class State(StrEnum):
    """Whether scores can be had."""

    LOADING = "loading"
    READY = "ready"
    NO_MODEL = "no_model"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Refused:
    """A model that was promoted and could not be taken up while another serves.

    Attributes:
        champion: The row that names it.
        error: Why not.
    """

    champion: Champion
    error: CaseloadError


@dataclass(frozen=True, slots=True)
class Serving:
    """What serves at this moment, replaced as a whole.

    Attributes:
        state: Whether scores can be had.
        error: Why not; None when they can.
        model: What answers; None when nothing does.
        champion: The row that it comes from.
        refused: The newest champion, where that is another than serves and cannot be taken up; else None.
    """

    state: State
    error: CaseloadError | None = None
    model: LoadedModel | None = None
    champion: Champion | None = None
    refused: Refused | None = None

    @property
    def reason(self) -> str:
        """Why no scores can be had, or why the newest champion's cannot; empty where all is well."""
        if self.error is not None:
            return str(self.error)
        if self.refused is None:
            return ""
        newest = self.refused.champion
        return f"model {newest.name}/{newest.version} was promoted and cannot be taken up: {self.refused.error}"


def _tell_nobody(_serving: Serving) -> None:
    """Whoever loads a model for one command has nobody to tell."""


class ChampionWatch:
    """Keeps the champion loaded.

    Args:
        store: Answers the open store.
        models_dir: Holds a folder for each promoted model, named by its SHA-256.
        taxonomy: The policy that the service runs on.
        on_swap: Called, on the watching thread, after another model began to serve.
        now: Seconds that only ever grow.
    """

    def __init__(
        self,
        store: Callable[[], CaseStore],
        models_dir: Path,
        taxonomy: Taxonomy,
        on_swap: Callable[[], None] = lambda: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._models_dir = models_dir
        self._taxonomy = taxonomy
        self.on_swap = on_swap
        # Called whenever what serves changed, on the thread that changed it.
        self.on_change: Callable[[Serving], None] = _tell_nobody
        self._now = now
        # The champion that was tried last, and when; and the files that the model which serves was loaded from.
        self._tried: _Tried | None = None
        self._tried_at = 0.0
        self._mapped: _Signature = ()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.serving = Serving(State.LOADING)

    def model(self) -> LoadedModel:
        """The model that answers now.

        Raises:
            ModelLoadingError: It is still being loaded.
            ModelMissingError: Nothing was promoted, or its files are gone.
            ArtifactError: Its files are not what they must be.
        """
        serving = self.serving
        if serving.model is not None:
            return serving.model
        if serving.error is not None:
            # A fresh one: an exception that many requests raise would drag the traceback of each along.
            raise type(serving.error)(str(serving.error))
        raise ModelLoadingError("'model' must be loaded (got: still loading); try again in a few seconds")

    def start(self) -> None:
        """Watch, on a thread of its own."""
        self._thread = threading.Thread(target=self._watch, name="champion-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching, and wait for a load that has begun."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def check(self) -> None:
        """Look once, and load what there is to load."""
        try:
            champion = self._store().champion()
        except CaseloadError as error:
            # A model in memory serves on without its database; a first one has to wait for it.
            if self.serving.model is None:
                self._become(Serving(State.LOADING, ModelLoadingError(f"the record cannot be read: {error}")))
            return
        if champion is None:
            self._tried = None
            missing = ModelMissingError("'champion' must be promoted (got none); run `caseload promote`")
            self._become(Serving(State.NO_MODEL, missing))
            return
        seen = (champion.name, champion.version, champion.sha256, _signature(self._directory(champion)))
        waiting = self.serving.refused is not None and self._now() - self._tried_at >= RETRY_SECONDS
        if seen != self._tried or waiting:
            self._load(champion)
            self._tried, self._tried_at = seen, self._now()
        if self.serving.refused is not None:
            self._look_at_what_serves()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                self.check()
            except Exception as error:  # noqa: BLE001 - logged; the watch must outlive what a model's files do to it
                logger.exception("the champion could not be looked at")
                # What serves was loaded and verified; that its successor cannot be looked at takes nothing from it.
                if self.serving.model is None:
                    self._become(Serving(State.FAILED, ArtifactError(f"loading raised {type(error).__name__}")))
            self._stopping.wait(POLL_SECONDS)

    def _become(self, serving: Serving) -> None:
        self.serving = serving
        self.on_change(serving)

    def _directory(self, champion: Champion) -> Path:
        return self._models_dir / champion.sha256

    def _look_at_what_serves(self) -> None:
        """While another is the champion: whether the files of the model that serves are as they were."""
        champion, refused = self.serving.champion, self.serving.refused
        if champion is None or self.serving.model is None or _signature(self._directory(champion)) == self._mapped:
            return
        self._load(champion)
        self._become(replace(self.serving, refused=refused))

    def _load(self, champion: Champion) -> None:
        before, directory = self.serving.model, self._directory(champion)
        files = _signature(directory)
        try:
            model = self._fit(champion, directory)
        except CaseloadError as error:
            self._refuse(champion, error)
            return
        except Exception as error:
            if before is None:
                raise
            logger.exception("model %s/%s could not be loaded", champion.name, champion.version)
            self._refuse(champion, ArtifactError(f"loading raised {type(error).__name__}"))
            return
        self._mapped = files
        self._become(Serving(State.READY, model=model, champion=champion))
        logger.info("model %s serves (%s)", model.full_version, champion.sha256[:12])
        if before is None or before.sha256 != model.sha256:
            self.on_swap()

    def _fit(self, champion: Champion, directory: Path) -> LoadedModel:
        """The model, verified, and with everything in place for its first case.

        Raises:
            ModelMissingError: Its files are gone.
            ArtifactError: They are not what they must be, or it does not fit the policy, or judges in no numbers.
        """
        judge = _loaded(directory, champion.sha256)
        model = LoadedModel(judge, champion.name, champion.version, champion.sha256)
        self._check_policy(model)
        # The first judgement builds what later ones reuse; nobody should wait for it.
        [first] = judge.judge([assemble("", "A first case, so that everything is in place before the second.")])
        if not first.in_numbers:
            raise ArtifactError("'model' must judge in numbers (got NaN or infinity); train again, or roll back")
        return model

    def _refuse(self, champion: Champion, error: CaseloadError) -> None:
        """Leave what serves in its place, unless it is mapped from the very files that are not as they must be."""
        serving = self.serving
        if serving.model is None or serving.model.sha256 == champion.sha256:
            self._become(Serving(State.FAILED, error, champion=champion))
            logger.error("model %s/%s does not serve: %s", champion.name, champion.version, error)
            return
        self._become(replace(serving, refused=Refused(champion, error)))
        logger.error("%s (%s serves on)", self.serving.reason, serving.model.full_version)

    def _check_policy(self, model: LoadedModel) -> None:
        unknown = [category for category in model.categories if category not in self._taxonomy.category_ids]
        if unknown:
            raise ArtifactError(
                f"'model' must suggest categories of version {self._taxonomy.version} of the taxonomy (got "
                f"{', '.join(unknown[:5])}{' and others' if len(unknown) > 5 else ''}); retrain and promote, or set "
                "CASELOAD_TAXONOMY to the policy that it was trained on"
            )
        learned = model.judge.taxonomy.levels if model.judge.severity is not None else self._taxonomy.levels
        if learned != self._taxonomy.levels:
            raise ArtifactError(
                f"'model' must judge severity by levels 1 to {max(self._taxonomy.levels)} of the taxonomy (got 1 to "
                f"{max(learned)}); retrain and promote"
            )


def _loaded(directory: Path, sha256: str) -> Judge:
    if not directory.is_dir():
        raise ModelMissingError(
            f"'models_dir' must hold the champion (got no folder {sha256[:12]}…); promote it again, or restore "
            f"{directory.parent}"
        )
    return load_artifact(directory, sha256)


def _signature(directory: Path) -> _Signature:
    """What tells that a file was touched, without reading it; empty where there is no folder."""
    found = []
    for path in sorted(directory.rglob("*")):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        found.append((str(path.relative_to(directory)), status.st_size, status.st_mtime_ns, status.st_ino))
    return tuple(found)


def settle_memory() -> None:
    """Put what the model holds out of the collector's sight, the model before it back into it."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
