"""A console as it really runs: a service in a process of its own, a database, cases, browsers that are signed in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from cases.identity import Role
from cases.ids import CaseId
from cases.record import NewReport
from cases.seed.corpus import training_part
from cases.settings import load_settings
from cases.store import CaseStore
from evaluation.replay.trial import Bounds, Figure, TrialAtLoad, TrialOutcome, as_json
from models.priority import weights_text
from tests.databases import fresh_database
from tests.serving.conftest import wait_until
from tests.serving.service_process import ServiceProcess, service_process
from tests.serving.small_model import CATEGORIES, SmallModel

# Longer than a page takes on a machine that does much else.
PATIENCE_MS = 20_000


@dataclass(frozen=True)
class Desk:
    """Where associates sit.

    Attributes:
        service: The process that they open.
        store: The record that it works on.
        asked: Addresses that pages asked for and that are not the service's.
    """

    service: ServiceProcess
    store: CaseStore
    browser: Browser
    asked: list[str]

    def sit(self, name: str, **context: object) -> Page:
        """A browser of its own for `name`, signed in by the link that the command line prints, at the queue."""
        if self.store.person(name) is None:
            self.store.add_person(name, [Role.ASSOCIATE, Role.LEAD, Role.POLICY_OWNER])
        sat: BrowserContext = self.browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})  # type: ignore[arg-type]
        sat.set_default_timeout(PATIENCE_MS)
        sat.on("request", lambda request: self._note(request.url))
        page = sat.new_page()
        page.goto(f"{self.service.url}/sign-in#{self.store.make_sign_in_code(name)}")
        page.wait_for_url(f"{self.service.url}/")
        return page

    def file(self, reports: Sequence[NewReport]) -> list[CaseId]:
        """File them, and wait until they are scored."""
        filed = [each.case_id for each in self.store.file_reports(reports, actor="tests", gather_hours=0)]
        wait_until(lambda: len(self.store.latest_scores(filed)) == len(set(filed)), 60)
        return filed

    def _note(self, address: str) -> None:
        if not address.startswith((self.service.url, "data:")):
            self.asked.append(address)


@contextmanager
def a_desk(
    browser: Browser, kind: str, folder: Path, models: tuple[SmallModel, SmallModel], **beside: str
) -> Iterator[Desk]:
    """A desk without cases; `beside` is more of the service's environment."""
    with fresh_database(kind, folder) as url:
        settings = load_settings(home=folder / "home", database_url=url)
        with CaseStore.open(url) as store:
            target = settings.models_dir / models[0].sha256
            shutil.copytree(models[0].directory, target, copy_function=os.link)
            store.promote_champion("small", "1", models[0].sha256, by="tests")
            environment = {"CASELOAD_BLIND_SHARE": "0", **beside}
            with service_process(settings, folder, beside=environment) as service:
                yield Desk(service, store, browser, [])


def replayed(store: CaseStore) -> None:
    """A proposal of weights whose replay has ended: better in one figure, worse in another, told of none."""

    def bounds(value: float) -> Bounds:
        return Bounds(value, value * 0.9, value * 1.1)

    figures = (
        Figure("harm", "linear", 4200.0, 3900.0, Bounds(0.93, 0.9, 0.96), "better"),
        Figure("in time", "1", 0.83, 0.82, Bounds(-0.01, -0.03, 0.01), ""),
        Figure("worst wait", "4", 80.0, 95.0, Bounds(15.0, 9.0, 21.0), "worse"),
        Figure("worst wait", "3", None, None, Bounds(None, None, None), ""),
    )
    orders = ("first in, first out", "new", "current")
    found = TrialAtLoad(
        0.9,
        800.0,
        "load 0.9: the new weights prevent more harm",
        figures,
        {order: bounds(1.0 - 0.3 * place) for place, order in enumerate(orders)},
        {order: bounds(0.8) for order in orders},
        {order: {1: bounds(2.0), 4: bounds(80.0)} for order in orders},
    )
    trial = store.begin_weights_trial(weights_text(), "a" * 16, by="somebody")
    store.end_weights_trial(trial.seq, as_json(TrialOutcome("written cases", "keep today's weights", (found,))))


def written(count: int, *, now: datetime | None = None) -> list[NewReport]:
    """Reports in people's own words, of the categories that the small models know."""
    moment = now or datetime.now(UTC)
    chosen = [case for case in training_part() if case.rubric.category in CATEGORIES][:: max(1, 400 // count)][:count]
    return [
        NewReport(
            source="helpdesk",
            external_id=f"W-{number}",
            title=case.title,
            description=case.description,
            channel=case.channel,
            subject_kind=case.subject_kind or "course",
            subject_ref=f"c-{number // 2}",
            received_at=moment - timedelta(minutes=7 * number),
            attributes=case.attributes,
        )
        for number, case in enumerate(chosen)
    ]
