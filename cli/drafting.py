"""`caseload draft`: the words for a decision, to be read, changed and sent by a person. It sends nothing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cases.errors import InvalidInputError, NotFoundError
from cli.command import AsJson, answer_json, opened_store, output, policy_of, settings_of
from cli.working import CaseArgument, find_case

if TYPE_CHECKING:
    from cases.decision import Decision
    from cases.letters.draft import Draft
    from cases.letters.facts import LetterFacts
    from cases.letters.lint.finding import Finding
    from cases.letters.lint.rules import Rules
    from cases.letters.wording import Wording
    from cases.settings import Settings
    from cli.contract.letters import DraftAnswer

app = typer.Typer()


class To(StrEnum):
    """Whom the draft is for."""

    SUBJECT = "subject"
    REPORTER = "reporter"
    STATEMENT = "statement"


@app.command()
def draft(
    ctx: typer.Context,
    case: CaseArgument,
    audience: Annotated[To, typer.Option(help="The affected side, who reported, or the statement of reasons.")],
    name: Annotated[str, typer.Option(help="What the case is about, as its owner knows it: a course's title.")] = "",
    content_date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When it was put up; for the statement.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draft the words for the decision that stands on CASE. Nothing is sent and nothing is stored."""
    from cases.letters.case_facts import case_facts
    from cases.letters.lint.run import lint

    settings = settings_of(ctx)
    policy, wording = policy_of(settings), _wording(settings)
    with opened_store(settings) as store:
        found = store.case(find_case(store, case))
        decisions = store.decisions(found.id)
    if not decisions:
        raise NotFoundError("'CASE' must be decided (got one that is not); decide it first")
    facts = case_facts(found, decisions[-1], policy, subject_name=name)
    record = None
    if audience is To.STATEMENT:
        made, record = _statement(settings, facts, decisions[-1], wording, content_date)
    else:
        made = _letter(facts, wording, audience)
    answer = _answer(found.id, made, lint(made, facts, rules=_rules(settings)), record)
    if as_json:
        answer_json(answer)
    else:
        _show(answer)


def _wording(settings: Settings) -> Wording:
    from cases.letters.wording_file import load_wording

    return load_wording(settings.letters)


def _rules(settings: Settings) -> Rules:
    from cases.letters.lint.rules import load_rules

    return load_rules(settings.letters)


def _letter(facts: LetterFacts, wording: Wording, to: To) -> Draft:
    from cases.letters.composing import draft_letter, usual_role
    from cases.letters.facts import Audience

    side = Audience.REPORTER if to is To.REPORTER else usual_role(facts.subject_kind, wording)
    return draft_letter(facts, side, wording)


def _statement(
    settings: Settings, facts: LetterFacts, decision: Decision, wording: Wording, put_up: datetime | None
) -> tuple[Draft, dict[str, object]]:
    from cases.letters.statement.making import StatementFacts, make_statement, statement_letter
    from cases.letters.statement.mapping import load_mapping

    if put_up is None:
        raise InvalidInputError(
            "'--content-date' must be given with --audience statement (got nothing); say when it was put up",
            field="--content-date",
        )
    more = StatementFacts(puid=decision.id, content_date=put_up.date())
    statement = make_statement(facts, more, wording, load_mapping(settings.letters))
    return statement_letter(statement, facts, wording), statement.to_transparency_record()


def _answer(
    case_id: str, made: Draft, findings: tuple[Finding, ...], record: dict[str, object] | None
) -> DraftAnswer:
    from cli.contract.letters import DraftAnswer, DraftFinding

    return DraftAnswer(
        case_id=case_id,
        audience=str(made.audience),
        subject_line=made.subject_line,
        body=made.body,
        withheld=made.withheld,
        template_id=made.template_id,
        template_version=made.template_version,
        language=made.language,
        findings=[
            DraftFinding(
                start=f.start, end=f.end, rule=f.rule, level=str(f.level), why=f.why, suggestion=f.suggestion
            )
            for f in findings
        ],
        transparency_record=record,
    )


def _show(answer: DraftAnswer) -> None:
    screen = output()
    if answer.withheld:
        screen.print(answer.withheld, soft_wrap=True)
        return
    # A paragraph is one line, so that it can be copied as it is.
    screen.print(f"{answer.subject_line}\n\n{answer.body}", soft_wrap=True)
    for finding in answer.findings:
        screen.print(f"\n{finding.level}: {finding.why} {finding.suggestion}", soft_wrap=True)
