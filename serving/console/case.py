"""A case as a page: what was reported, what the model makes of it and why, what was decided on cases like it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from cases.choices import Choices
from cases.decision import Decision
from cases.errors import CaseloadError, ConflictError
from cases.handling import HoldReason, SkipReason
from cases.identity import Identity
from cases.record import Case, Lease, Score
from cases.store import Habit
from cases.taxonomy_parts import Category
from models.assurance import NOVEL_BELOW
from serving.api.explanation_answers import in_words
from serving.api.problems import kind_of
from serving.api.whole_cases import known_id
from serving.console.blind import is_hidden
from serving.console.case_tables import TABLES, breaches, precedents
from serving.console.marking import carrying, in_both
from serving.console.pages import PageRoute, choices_of, page, visited
from serving.console.rows import rows_of
from serving.console.tables import MAX_ROWS, as_file, named
from serving.scoring.explaining import Explained, Wanted, check_size
from serving.scoring.ranking import case_to_judge
from serving.scoring.scores import SHORTLISTED, top_categories
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]

SUGGESTED = 3
_PRECEDENTS = 5
# How many rows of a table the page shows, where it does not show all.
_SHOWN = {"events": 200, "history": 50}


@dataclass(frozen=True, slots=True)
class Suggested:
    """A category that the model suggests, and what usually follows.

    Attributes:
        category: It.
        probability: Calibrated, 0..1.
        severity: The level to begin with.
        action: What is usually done about it; "" where nothing was decided on it yet.
        reason: With what reason.
    """

    category: Category
    probability: float
    severity: int
    action: str
    reason: str


@router.get("/cases/{case_id}")
def show(request: Request, case_id: str, parts: Parts, who: Who) -> HTMLResponse:
    """The case, and where it is theirs, the form that decides it."""
    store, known = parts.store(), known_id(case_id)
    case, score = store.case(known), store.latest_score(known)
    tables = {name: made(parts, who, case, _SHOWN.get(name, MAX_ROWS)) for name, made in TABLES.items()}
    held = store.leases_on([known]).get(known)
    mine = held is not None and held.holder == who.name
    hidden = is_hidden(case, parts.settings.blind_share)
    [row] = rows_of(parts, [case])
    habits = store.usual_handling()
    offered = suggested(parts, case, score, habits)
    return page(
        request,
        "case.html",
        case=case,
        row=row,
        score=score,
        level=row.level,
        held=held,
        mine=mine,
        hidden=hidden,
        suggested=[] if hidden else offered,
        offered=[one.category.id for one in offered],
        categories=_categories(parts, row.level, habits),
        told=_told(parts, case, score, hidden=hidden),
        tables=tables,
        strikes=breaches(parts, tables["history"]),
        veiled=_is_veiled(parts, choices_of(parts, who), score, tables["decisions"].shown),
        skip_reasons=list(SkipReason),
        hold_reasons=list(HoldReason),
        lease_seconds=parts.settings.lease_seconds,
        seconds_left=_seconds_left(parts, held),
    )


@router.get("/cases/{case_id}/why")
async def show_why(request: Request, case_id: str, parts: Parts, who: Who) -> HTMLResponse:
    """What carried the suggestion, and the precedents: it costs as much as a dozen scores, so it comes after."""
    case = await run_in_threadpool(parts.store().case, known_id(case_id))
    if is_hidden(case, parts.settings.blind_share):
        return await run_in_threadpool(page, request, "_why.html", case=case, told=None, why_not="hidden")
    try:
        told = await _explained(parts, case)
    except CaseloadError as error:
        why_not = kind_of(error).title
        return await run_in_threadpool(page, request, "_why.html", case=case, told=None, why_not=why_not)
    return await run_in_threadpool(_why_page, request, parts, who, case, told)


@router.get("/cases/{case_id}/precedents.{kind}")
async def download_precedents(case_id: str, kind: str, parts: Parts, who: Who) -> Response:
    """The precedents as a file; refused where the page hides them."""
    case = await run_in_threadpool(parts.store().case, known_id(case_id))
    if is_hidden(case, parts.settings.blind_share):
        raise ConflictError(
            "'case_id' must be decided before its precedents are shown (got a blind one); decide it first"
        )
    told = await _explained(parts, case)
    return await run_in_threadpool(lambda: as_file(precedents(parts, who, case, told), kind))


@router.get("/cases/{case_id}/{table}.{kind}")
def download(case_id: str, table: str, kind: str, parts: Parts, who: Who) -> Response:
    """One of the page's tables as a file."""
    made = named(TABLES, table)
    return as_file(made(parts, who, parts.store().case(known_id(case_id)), MAX_ROWS), kind)


async def _explained(parts: Services, case: Case) -> Explained:
    to_judge = case_to_judge(case)
    check_size([to_judge])
    [scored] = await parts.scorer.score([to_judge])
    [told] = await parts.explaining.all([scored], [to_judge], Wanted(why=True, precedents=_PRECEDENTS), [case.id])
    return told


def suggested(parts: Services, case: Case, score: Score | None, habits: Mapping[str, Habit]) -> list[Suggested]:
    """The model's first three, with what usually follows; none without a score."""
    if score is None or not score.category:
        return []
    found = []
    for place, (category_id, probability) in enumerate(top_categories(score.category, SUGGESTED)):
        if category_id not in parts.taxonomy.category_ids:
            continue  # of another policy's model
        category = parts.taxonomy.category(category_id)
        habit = habits.get(category_id)
        shown = score.severity_level if place == 0 else None
        level = case.set_severity or shown or (category.usual_severity or (max(parts.taxonomy.levels),))[0]
        found.append(
            Suggested(category, probability, level, habit.action if habit else "", habit.reason if habit else "")
        )
    return found


def _categories(parts: Services, level: int | None, habits: Mapping[str, Habit]) -> list[Suggested]:
    """All categories, for whoever looks for another one."""
    return [
        Suggested(
            category,
            0.0,
            (category.usual_severity or (level or max(parts.taxonomy.levels),))[0],
            habits[category.id].action if category.id in habits else "",
            habits[category.id].reason if category.id in habits else "",
        )
        for category in parts.taxonomy.categories
    ]


def _told(parts: Services, case: Case, score: Score | None, *, hidden: bool) -> dict[str, Any]:
    """What is said of the judgement beside the suggestions."""
    _, raises = parts.taxonomy.raised(case.content.attributes)
    if score is None or hidden:
        return {"raises": raises, "novel": False, "language": "", "abstains": False, "shortlist": [], "promise": 0.0}
    names = {category.id: category.name for category in parts.taxonomy.categories}
    return {
        "raises": raises,
        "novel": score.novelty_p is not None and score.novelty_p < NOVEL_BELOW,
        "language": score.language,
        "abstains": score.tier == "abstain",
        "shortlist": [names.get(category, category) for category in score.shortlist],
        "promise": SHORTLISTED,
    }


def _is_veiled(parts: Services, chosen: Choices, score: Score | None, decisions: Sequence[Decision]) -> bool:
    """Whether the text is blurred until asked for: it probably is, or was decided to be, of a sensitive kind."""
    likely = {category for category, _ in top_categories(score.category, 1)} if score is not None else set()
    decided = {decision.verdict.category for decision in decisions}
    return chosen.blur and bool(parts.taxonomy.sensitive & (likely | decided))


def _seconds_left(parts: Services, held: Lease | None) -> int:
    """How long the claim lasts still, as the browser counts it down from now."""
    return 0 if held is None else max(0, int((held.expires_at - parts.clock()).total_seconds()))


def _why_page(request: Request, parts: Services, who: Identity, case: Case, told: Explained) -> HTMLResponse:
    sentences = [] if told.why is None else carrying(told.why, told.text)
    title, description = in_both(case.content.title, case.content.description, sentences)
    return page(
        request,
        "_why.html",
        case=case,
        told=told,
        title=title,
        description=description,
        table=precedents(parts, who, case, told),
        says=in_words(told.like_it),
        why_not="",
    )
