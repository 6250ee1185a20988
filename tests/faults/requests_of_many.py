"""What is sent under load: texts that are all different, since what was encoded once is not encoded again."""

from __future__ import annotations

import random
from itertools import count
from pathlib import Path
from typing import Any

from serving.scoring.batching import MAX_BATCH
from tests.faults.arrivals import Ask

ROOT = Path(__file__).parents[2]
WORDS_A_TEXT = 60
WORDS_OF_A_LONG_TEXT = 400


class Requests:
    """Makes them; the same in each run.

    Args:
        number: Of the run: another one's texts are others.
    """

    def __init__(self, number: int) -> None:
        # Not for secrecy: the same texts in each run.
        self.chance = random.Random(number)  # noqa: S311
        words = (ROOT / "features" / "english_words.txt").read_text(encoding="utf-8").split()
        self._words = [word for word in words if len(word) > 3]
        self._number, self._count = number, count()

    def text(self, words: int = WORDS_A_TEXT) -> str:
        """Some words."""
        return " ".join(self.chance.choices(self._words, k=words))

    def score(self) -> Ask:
        """To score a case."""
        return Ask("POST", "/v1/score", {"cases": [{"description": self.text()}]})

    def largest(self) -> Ask:
        """To score a full batch of long cases, which makes the service take what memory it ever takes for one."""
        cases = [{"description": self.text(WORDS_OF_A_LONG_TEXT)} for _ in range(MAX_BATCH)]
        return Ask("POST", "/v1/score", {"cases": cases})

    def file(self) -> Ask:
        """To file a report, on a case of its own."""
        report: dict[str, Any] = {"source": "load", "external_id": f"{self._number}-{next(self._count)}"}
        return Ask("POST", "/v1/cases", {**report, "description": self.text()})
