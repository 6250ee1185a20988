from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from cases.decision import PastDecision
from cases.record import NewReport
from cases.seed.corpus import WrittenCase, training_part
from cases.settings import Settings, load_settings
from cases.store import CaseStore
from cases.store.migrate import upgrade
from cases.taxonomy import Taxonomy
from cases.taxonomy_file import load_taxonomy
from training.train import TrainingOptions, train_on_record

# With all twenty the search would take most of the tests' time.
CATEGORIES = 8
START = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the other rooms' tests have the encoder compiled too; workers of pytest-xdist share one."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return shared / "compiled"


@dataclass(frozen=True, slots=True)
class Learning:
    """A home with a record to learn from."""

    settings: Settings
    store: CaseStore
    taxonomy: Taxonomy

    def decide(self, cases: list[WrittenCase], *, first_at: datetime) -> None:
        """File the cases, an hour apart, each decided as its rubric says, by two associates by turns."""
        times = [first_at + timedelta(hours=place) for place in range(len(cases))]
        reports = [
            NewReport(
                source="test",
                external_id=case.id,
                title=case.title,
                description=case.description,
                received_at=received,
                channel=case.channel,
            )
            for case, received in zip(cases, times, strict=True)
        ]
        filed = self.store.file_reports(reports, actor="test")
        decided = [
            PastDecision(
                case_id=report.case_id,
                verdict=case.rubric,
                decided_by=("ada", "grace")[place % 2],
                decided_at=at + timedelta(minutes=30),
            )
            for place, (report, case, at) in enumerate(zip(filed, cases, times, strict=True))
        ]
        self.store.record_past_decisions(decided, actor="test")

    def train(self, hold_out: Literal["newest", "champion"] = "newest") -> str:
        """Train on the record; answers the version."""
        options = TrainingOptions(budget="quick", hold_out=hold_out)
        return train_on_record(self.settings, self.store, self.taxonomy, options).model.version


def some_cases(each: int, *, skip: int = 0) -> list[WrittenCase]:
    """`each` written cases of each of eight categories, by turns; the first `skip` of each are left out."""
    by_category: defaultdict[str, list[WrittenCase]] = defaultdict(list)
    for case in training_part():
        by_category[case.rubric.category].append(case)
    found = [cases[skip : skip + each] for cases in list(by_category.values())[:CATEGORIES]]
    return [case for turn in zip(*found, strict=True) for case in turn]


@pytest.fixture(scope="module")
def learning(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> Iterator[Learning]:
    """A record of 160 decided cases, 20 of each of eight categories."""
    home = tmp_path_factory.mktemp("learning")
    settings = load_settings(home=home, cache_dir=cache_dir)
    upgrade(settings.database_url)
    with CaseStore.open(settings.database_url) as store:
        place = Learning(settings, store, load_taxonomy())
        place.decide(some_cases(20), first_at=START)
        yield place
