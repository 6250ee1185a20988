"""The demonstration, step by step. Each step does what a sub-command or a request of one's own would do."""

from __future__ import annotations

import contextlib
import csv
import re
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from cases.clock import utc_now
from cases.errors import ConflictError, NotFoundError
from cases.identity import Role
from cases.intake.load import IntakeOptions, load
from cases.seed.tables import SOURCE, SeedTables, write_seed
from cases.settings import Settings
from cases.spreadsheet_text import without_guard
from cases.store import CaseStore
from cases.store.migrate import upgrade
from cases.taxonomy import Taxonomy
from cases.taxonomy_file import load_taxonomy
from cli.demo.screen import Screen
from cli.demo.service import RunningService, free_port
from training.compare import compare
from training.registry import promote
from training.train import TrainingOptions, train_on_record

DECISIONS = 10
SHOWN = 12
CALLER = "demo"
# Who is signed in to the console.
ASSOCIATE = "ada"


@dataclass(frozen=True, slots=True)
class Demo:
    """What the steps share."""

    settings: Settings
    taxonomy: Taxonomy
    store: CaseStore
    screen: Screen
    now: datetime


def run_demo(settings: Settings, *, serve: bool, capture: Path | None = None) -> None:
    """The whole story; with `serve` the service goes on until it is interrupted.

    Raises:
        CaseloadError: A step failed; the message says which and what to do.
    """
    settings = settings.model_copy(update={"port": free_port(settings.port, settings.host)})
    settings.home.mkdir(parents=True, exist_ok=True)
    upgrade(settings.database_url)
    taxonomy = load_taxonomy(settings.taxonomy)
    with CaseStore.open(settings.database_url) as store:
        store.register_policy(taxonomy)
        # A width of its own when it is captured or piped, so that tables look the same everywhere.
        console = Console(record=capture is not None, width=None if sys.stdout.isatty() and not capture else 118)
        demo = Demo(settings, taxonomy, store, Screen(console), utc_now())
        tables = _import_past_cases(demo)
        _train_champion(demo)
        key = _new_key(store)
        with RunningService(settings, key, settings.home / "service.log") as service:
            _send_incoming(demo, service, tables.incoming)
            _show_queue(demo, service)
            _decide_some(demo, service, tables.incoming_rubric)
            _train_challenger(demo)
            _say_where(demo, service, key, serve=serve)
            if capture is not None:
                capture.write_text(_without_fonts(console.export_svg(title="make demo")), encoding="utf-8")
            if serve:
                service.wait()


def _without_fonts(picture: str) -> str:
    """The SVG without the addresses from which rich would have a viewer fetch a font."""
    return re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)


def _import_past_cases(demo: Demo) -> SeedTables:
    demo.screen.step(1, "Past cases are imported from a file")
    tables = write_seed(demo.settings.home / "seed", demo.taxonomy, now=demo.now)
    report = load(
        demo.store,
        str(tables.past_cases),
        taxonomy=demo.taxonomy,
        actor=CALLER,
        options=IntakeOptions(source=SOURCE),
    )
    demo.screen.say(
        f"{tables.past_cases.name}: {report.read} rows read, {report.created} reports new, {report.known} known, "
        f"{report.decided} decisions recorded, {report.rejected} rejected"
    )
    demo.screen.say("[dim]written by hand for this project; when they came and who decided is drawn from a model[/]")
    return tables


def _train_champion(demo: Demo) -> None:
    demo.screen.step(2, "A model is trained on the decisions, registered in MLflow, and promoted")
    serving = demo.store.champion()
    if serving is not None:
        demo.screen.say(
            f"{serving.name} version {serving.version} serves already, from an earlier run; step 6 trains anew"
        )
        return
    result = train_on_record(
        demo.settings, demo.store, demo.taxonomy, TrainingOptions(budget="quick", say=demo.screen.say)
    )
    demo.screen.figures(result)
    champion = promote(demo.settings, demo.store, result.model.version, by=CALLER)
    demo.screen.say(f"{champion.name} version {champion.version} serves, artifact {champion.sha256[:12]}…")


def _new_key(store: CaseStore) -> str:
    """A key of its own for each run: the one of an earlier run was shown once and is not kept."""
    with contextlib.suppress(NotFoundError):
        store.revoke_caller(CALLER)
    return store.add_caller(CALLER, (Role.TOOLING, Role.ASSOCIATE, Role.LEAD))


def _sign_in_code(store: CaseStore) -> str:
    with contextlib.suppress(ConflictError):
        store.add_person(ASSOCIATE, (Role.ASSOCIATE, Role.LEAD))
    return store.make_sign_in_code(ASSOCIATE)


def _send_incoming(demo: Demo, service: RunningService, incoming: Path) -> None:
    demo.screen.step(3, f"New cases are sent to the service at {service.address} and scored")
    scored = known = 0
    with incoming.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            answer = service.post("/v1/cases", _report(row))
            scored += answer["score"] is not None
            known += not answer["created"]
    demo.screen.say(f"{scored} scored by the running BentoML service, {known} of them known from an earlier run")


def _report(row: dict[str, str]) -> dict[str, Any]:
    """A row of the file as the API takes it; what is empty is left out."""
    texts = ("title", "description", "channel", "subject_kind", "subject_ref", "case_ref", "received_at")
    kinds = {"reach": int, "prior_strikes": int, "amount": float, "reporter_kind": str}
    attributes: dict[str, Any] = {name: kind(row[name]) for name, kind in kinds.items() if row.get(name)}
    for name in ("minor_involved", "press_or_regulator"):
        if row.get(name, "").lower() == "true":
            attributes[name] = True
    return {
        "source": SOURCE,
        "external_id": row["external_id"],
        "attributes": attributes,
        **{name: without_guard(row[name]) for name in texts if row.get(name)},
    }


def _show_queue(demo: Demo, service: RunningService) -> None:
    demo.screen.step(4, "The queue, in the order in which most harm is prevented")
    queue = service.get("/v1/queue", limit=SHOWN)
    demo.screen.queue(queue["cases"], demo.now)
    demo.screen.say(f"… {queue['length']} cases wait in all")


def _decide_some(demo: Demo, service: RunningService, rubric: Path) -> None:
    demo.screen.step(5, f"{DECISIONS} cases are claimed and decided, each under a lease")
    demo.screen.say("[dim]a pretend associate decides by the rubric that the case's writer noted[/]")
    with rubric.open(encoding="utf-8", newline="") as file:
        verdicts = {row["external_id"]: row for row in csv.DictReader(file)}
    rows = []
    for _ in range(DECISIONS):
        claimed = service.post("/v1/queue/claim", {"holder": CALLER})
        case, lease = claimed["case"], claimed["lease"]
        verdict = verdicts[case["reports"][0]["external_id"]]
        decision = service.post(f"/v1/cases/{case['case_id']}/decision", _decision(verdict, lease, case["score"]))
        first = next(iter(offered(case["score"])), None)
        suggested = first["name"] if first else "[dim]nothing[/]"
        decided = f"{demo.taxonomy.category(decision['category']).name}, severity {decision['severity']}"
        # Accepted means: among those offered, of which the table shows the first only.
        rank = decision["suggested_rank"]
        what = decision["suggestion"] if rank in (None, 1) else f"{decision['suggestion']}, offered in place {rank}"
        rows.append((suggested, decided, what))
    demo.screen.decisions(rows)


def _decision(verdict: dict[str, str], lease: dict[str, Any], score: dict[str, Any]) -> dict[str, Any]:
    return {
        "token": lease["token"],
        "holder": lease["holder"],
        "category": verdict["category"],
        "sub_policy": verdict["sub_policy"],
        "severity": int(verdict["severity"]),
        "action": verdict["action"],
        "reason": verdict["reason"],
        "shown": {"score_id": score["score_id"], "categories": [c["category"] for c in offered(score)]},
    }


def offered(score: dict[str, Any]) -> list[dict[str, Any]]:
    """The categories that an associate sees: none where the model says that it does not know."""
    return [] if score["tier"] == "abstain" else list(score["categories"])


def _train_challenger(demo: Demo) -> None:
    demo.screen.step(6, "The model is retrained with the new decisions and compared on the same rows")
    result = train_on_record(
        demo.settings,
        demo.store,
        demo.taxonomy,
        TrainingOptions(budget="quick", hold_out="champion", say=demo.screen.say),
    )
    comparison = compare(demo.settings, demo.store, demo.taxonomy, challenger=result.model.version)
    demo.screen.say(
        f"{comparison.n_new} cases learnt that the champion did not know; {comparison.n_rows} rows compared"
    )
    demo.screen.comparison(comparison)
    demo.screen.say("[dim]it serves only after `caseload promote`[/]")


def _say_where(demo: Demo, service: RunningService, key: str, *, serve: bool) -> None:
    if not serve:
        demo.screen.step(7, "Done")
        home = demo.settings.home
        shown = home.relative_to(Path.cwd()) if home.is_relative_to(Path.cwd()) else home
        demo.screen.say(f"all of it is kept in {shown}; `make demo` leaves the service listening")
        return
    demo.screen.step(7, f"The service listens at {service.address} (Ctrl-C ends it)")
    address = f"{service.address}/sign-in#{_sign_in_code(demo.store)}"
    demo.screen.say(f"the console, signing {ASSOCIATE} in once: {address}")
    demo.screen.say(f"curl -s -H 'Authorization: Bearer {key}' '{service.address}/v1/queue?limit=3'")
