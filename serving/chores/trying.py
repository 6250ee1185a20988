"""Proposed weights, replayed beside the service: in a process of its own, at the lowest priority, one at a time.

A thread watches over the process, keeps the trial's row alive while it plays and writes down what came of it; nobody
has to look on. A trial whose service ended is told as lost after a minute, and can be begun again.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from cases.errors import CaseloadError
from cases.settings import Settings
from cases.store import CaseStore
from cases.weights_trial import WeightsTrial
from models.priority import parse_weights
from serving.observing.logs import logger
from serving.scoring.rankings import Rankings

SECONDS = 600.0
BEAT_SECONDS = 2.0
_PROGRAM = "evaluation.replay.trial_process"


class Trying:
    """Plays proposed weights.

    Args:
        store: Answers the open store.
        rankings: Tells which weights count.
        settings: Where the record and the policy are.
        seconds: How long one may take.
        smaller: Told to the process beside the weights, for a quicker look: `loads`, `seeds`.
    """

    def __init__(
        self,
        store: Callable[[], CaseStore],
        rankings: Rankings,
        settings: Settings,
        *,
        seconds: float = SECONDS,
        smaller: dict[str, Any] | None = None,
    ) -> None:
        self._store = store
        self._rankings = rankings
        self._settings = settings
        self._seconds = seconds
        self.smaller = smaller or {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, text: str, *, by: str) -> WeightsTrial:
        """Begin to play a file of weights against those that count now.

        Raises:
            WeightsError: It holds no valid weights; names line and key.
            ConflictError: Another is being played.
            StoreUnavailableError: The database does not answer.
        """
        parse_weights(text, "weights")
        in_force = self._rankings.in_force
        trial = self._store().begin_weights_trial(text, in_force.ranking.digest, by=by)
        told = {
            "database_url": self._settings.database_url,
            "taxonomy": None if self._settings.taxonomy is None else str(self._settings.taxonomy),
            "new": trial.text,
            "current": in_force.text,
            **self.smaller,
        }
        self._thread = threading.Thread(target=self._play, args=(trial.seq, told), name="weights-trial", daemon=True)
        self._thread.start()
        return trial

    def stop(self) -> None:
        """End what is being played, and wait for that."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _play(self, seq: int, told: dict[str, Any]) -> None:
        try:
            outcome, why = self._watched(seq, told)
        except Exception as error:  # noqa: BLE001 - logged; the trial must not stay under way for it
            logger.exception("the replay of weights stumbled")
            outcome, why = None, f"it stumbled ({type(error).__name__})"
        try:
            self._store().end_weights_trial(seq, outcome, progress=why)
        except CaseloadError as error:
            # It is told as lost, since nobody says any more that it is played.
            logger.warning("what came of replayed weights was not kept: %s", type(error).__name__)

    def _watched(self, seq: int, told: dict[str, Any]) -> tuple[dict[str, Any] | None, str]:
        """What came of it, or why nothing did."""
        path = os.pathsep.join(each for each in sys.path if each)
        with subprocess.Popen(  # noqa: S603 - our own module, by our own interpreter
            [sys.executable, "-m", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # What a crash prints might hold a case's text.
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
            text=True,
        ) as process:
            try:
                return self._heard(seq, process, told)
            finally:
                process.kill()

    def _heard(
        self, seq: int, process: subprocess.Popen[str], told: dict[str, Any]
    ) -> tuple[dict[str, Any] | None, str]:
        if process.stdin is None or process.stdout is None:
            raise AssertionError(_PROGRAM)
        lines: queue.Queue[str] = queue.Queue()
        stdout = process.stdout

        def read() -> None:
            for line in stdout:
                lines.put(line)
            lines.put("")

        threading.Thread(target=read, daemon=True).start()
        process.stdin.write(json.dumps(told))
        process.stdin.close()
        until, progress = time.monotonic() + self._seconds, "it begins"
        while time.monotonic() < until:
            try:
                line = lines.get(timeout=min(BEAT_SECONDS, self._seconds))
            except queue.Empty:
                line = json.dumps({"progress": progress})
            said: dict[str, Any] = json.loads(line) if line else {"problem": "it ended before it was done"}
            if "outcome" in said or "problem" in said:
                return said.get("outcome"), said.get("problem", "")
            progress = said["progress"]
            if self._stopping.is_set():
                return None, "the service was stopped"
            if not self._beat(seq, progress):
                return None, "another took its place"
        return None, f"it took longer than {self._seconds / 60:.0f} minutes"

    def _beat(self, seq: int, progress: str) -> bool:
        try:
            return self._store().beat_weights_trial(seq, progress)
        except CaseloadError as error:
            logger.warning("the replay of weights goes on unsaid: %s", type(error).__name__)
            return True
