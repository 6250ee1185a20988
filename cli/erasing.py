"""`caseload erase` and `caseload retain`: previews unless told otherwise, and what was erased is never printed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from cases.errors import InvalidInputError
from cli.command import AsJson, actor, answer_json, messages, opened_store, output, settings_of

if TYPE_CHECKING:
    from cases.erasure import ErasureRequest, Place
    from cases.settings import Settings
    from cases.store import CaseStore

app = typer.Typer()

Yes = Annotated[bool, typer.Option("--yes", help="Do it; without it only what would be erased is said.")]

# By the names of `cases.erasure.Counts`.
_WORDS = {
    "cases": "cases touched",
    "reports": "outside ids of reports",
    "contents": "texts",
    "identities": "reporters of reports",
    "notes": "notes",
    "letters": "letters",
    "fingerprints": "fingerprints of texts",
    "answers": "answers kept for repeated requests",
    "subjects": "subjects",
    "embeddings": "cached embeddings",
    "exports": "exports in CASELOAD_HOME",
    "precedents": "precedents in models",
    "tracked": "files of MLflow's",
}


@app.command()
def erase(
    ctx: typer.Context,
    reporter: Annotated[
        str, typer.Option(metavar="REF", help="A reporter, as the source names them; - reads it from stdin.")
    ] = "",
    source: Annotated[str, typer.Option(help="With --reporter: their reports of this source alone.")] = "",
    subject: Annotated[
        str, typer.Option(metavar="KIND:REF", help="A subject: the cases about it, and each report on it.")
    ] = "",
    case: Annotated[str, typer.Option(metavar="ID", help="A case as a whole.")] = "",
    report: Annotated[str, typer.Option(metavar="SOURCE:EXTERNAL_ID", help="One report.")] = "",
    finish: Annotated[
        bool, typer.Option("--finish", help="Go on with erasures that have yet to reach files, models or MLflow.")
    ] = False,
    yes: Yes = False,
    by: Annotated[
        str, typer.Option("--as", metavar="NAME", help="Who does it; whoever runs the command if not given.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Erase what somebody reported, or what was said about something, wherever it is kept."""
    settings = settings_of(ctx)
    wanted = _request(reporter, source, subject, case, report)
    if (wanted is None) != finish:
        raise InvalidInputError(
            "'erase' must be told one of --reporter, --subject, --case, --report and --finish (got none, or two); "
            "name one",
            field="erase",
        )
    with opened_store(settings) as store:
        if wanted is None:
            _finish(settings, store, as_json=as_json)
        elif yes:
            _erase(settings, store, wanted, by or actor(), as_json=as_json)
        else:
            _preview(settings, store, wanted, as_json=as_json)


@app.command()
def retain(ctx: typer.Context, yes: Yes = False, as_json: AsJson = False) -> None:
    """Erase what has been kept for as long as the settings say; a running service does most of it by itself."""
    from cases.clock import utc_now
    from cases.erasure import Counts
    from cli.contract.privacy import RetentionAnswer
    from models.forgetting import due, retain_all
    from training.forgetting import finish

    settings = settings_of(ctx)
    pending: list[Place] = []
    with opened_store(settings) as store:
        if yes:
            counts = retain_all(settings, store, utc_now())
            finished = finish(settings, store)
            counts = Counts(counts)
            pending = sorted({place for erasure in finished for place in erasure.pending})
        else:
            counts = due(settings, store, utc_now())
    if as_json:
        answer_json(
            RetentionAnswer(
                erased=yes,
                days_text=settings.retain_days_text,
                days_identity=settings.retain_days_identity,
                counts=dict(counts),
                pending=pending,
            )
        )
        return
    if not settings.retain_days_text and not settings.retain_days_identity:
        output().print(
            "nothing is ever due: set CASELOAD_RETAIN_DAYS_TEXT or CASELOAD_RETAIN_DAYS_IDENTITY to a number of days"
        )
        return
    _show(counts, done=yes)


def _request(reporter: str, source: str, subject: str, case: str, report: str) -> ErasureRequest | None:
    """What is asked for; None where nothing is.

    Raises:
        InvalidInputError: Several things are, or one is not written as it must be. What was given is not repeated.
    """
    from cases.erasure import ErasureKind, ErasureRequest

    found = []
    if reporter:
        ref = sys.stdin.readline().rstrip("\r\n") if reporter == "-" else reporter
        found.append(ErasureRequest(ErasureKind.REPORTER, ref, source))
    for option, kind, text, form in (
        ("--subject", ErasureKind.SUBJECT, subject, "KIND:REF"),
        ("--report", ErasureKind.REPORT, report, "SOURCE:EXTERNAL_ID"),
    ):
        if text:
            within, colon, ref = text.partition(":")
            if not (within and colon and ref):
                raise InvalidInputError(
                    f"'{option}' must be written {form} (got {len(text)} characters without both); write both",
                    field=option,
                )
            found.append(ErasureRequest(kind, ref, within))
    if case:
        found.append(ErasureRequest(ErasureKind.CASE, case))
    if len(found) > 1:
        raise InvalidInputError(
            f"'erase' must be told one thing (got {len(found)}); run it once for each", field="erase"
        )
    return found[0] if found else None


def _preview(settings: Settings, store: CaseStore, wanted: ErasureRequest, *, as_json: bool) -> None:
    from cli.contract.privacy import ErasureAnswer
    from models.forgetting import preview

    found = preview(settings, store, wanted)
    exports = [str(path) for path in found.exports]
    if as_json:
        answer_json(
            ErasureAnswer(erased=False, erasure_id=None, counts=dict(found.counts), exports=exports, pending=[])
        )
        return
    _show(found.counts, done=False)
    for path in exports:
        output().print(f"would be removed: {path}")


def _erase(settings: Settings, store: CaseStore, wanted: ErasureRequest, by: str, *, as_json: bool) -> None:
    from cases.errors import CaseloadError
    from cli.contract.privacy import ErasureAnswer
    from models.forgetting import erase as erase_rows
    from training.forgetting import finish

    done = erase_rows(settings, store, wanted, by=by)
    failed: CaseloadError | None = None
    if done is not None:
        try:
            finish(settings, store)
        except CaseloadError as error:
            # The rows are gone; what is left is kept with the erasure, and `--finish` goes on with it.
            failed = error
        done = store.erasure(done.id)
    if as_json:
        answer_json(
            ErasureAnswer(
                erased=done is not None,
                erasure_id=done and done.id,
                counts=dict(done.counts) if done else {},
                exports=[],
                pending=list(done.pending) if done else [],
            )
        )
    else:
        _show(done.counts if done else {}, done=True)
        if done:
            output().print(f"erasure {done.id}")
    if failed is not None:
        left = ", ".join(done.pending) if done else ""
        messages().print(f"caseload: {failed}\nyet to be reached: {left}; run `caseload erase --finish`")
        raise typer.Exit(1)


def _finish(settings: Settings, store: CaseStore, *, as_json: bool) -> None:
    from cli.contract.privacy import FinishAnswer
    from training.forgetting import finish

    finish_result = finish(settings, store)
    left = [erasure for erasure in finish_result if erasure.pending]
    answer = FinishAnswer(finished=len(finish_result) - len(left), left=len(left))
    if as_json:
        answer_json(answer)
    else:
        output().print(f"{answer.finished} erasures have reached every place, {answer.left} have not")


def _show(counts: Mapping[str, int], *, done: bool) -> None:
    out = output()
    told = [(name, count) for name, count in counts.items() if count]
    if not told:
        out.print("nothing was there to erase" if done else "nothing would be erased")
        return
    for name, count in told:
        out.print(f"{count:>8,}  {_WORDS.get(name, name)}")
    if not done:
        out.print("nothing was erased; --yes does it")
