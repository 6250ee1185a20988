"""The questions of `caseload decide`, answered by a number, an id of the policy, or Enter for what is offered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import typer
from rich.console import Console

from cases.decision import Verdict
from cases.errors import CaseloadError
from cases.handling import Outcome
from cases.record import Lease
from cases.store import CaseStore
from cases.taxonomy import Taxonomy
from cli.command import messages
from cli.contract.queue import ScoreOfCase

# An id and what it means, in the order in which they are numbered.
Choices = Sequence[tuple[str, str]]


@contextmanager
def given_back_unless_decided(store: CaseStore, lease: Lease) -> Iterator[None]:
    """Whatever ends the questions early, Ctrl-C above all, the case goes back to the queue at once."""
    try:
        yield
    except BaseException:
        # Where the lease has ended already, or the database is away, there is nothing left to give back.
        with suppress(CaseloadError):
            store.release(lease.case_id, lease.holder, lease.token)
            messages().print("the case is back in the queue")
        raise


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks until each answer is one that the policy knows.

    Attributes:
        policy: What there is to choose from.
        console: Where the choices are listed.
        after_each: Called after each answer.
    """

    policy: Taxonomy
    console: Console
    after_each: Callable[[], object]

    def verdict(self, score: ScoreOfCase | None) -> tuple[Verdict, str]:
        """The verdict and the note, both as answered; the suggestions were shown and number 1 is taken by Enter."""
        category = self._category(score)
        clauses = [(clause.id, clause.name) for clause in self.policy.category(category).sub_policies]
        sub_policy = self._choice("clause", clauses, default="none", also=("none",)) if clauses else "none"
        levels = [(str(known.level), f"{known.name}: {known.means}") for known in self.policy.severity_levels]
        shown = str(score.severity.shown) if score and score.severity else None
        severity = self._choice("severity", levels, default=shown)
        action = self._choice("action", [(known.id, known.name) for known in self.policy.actions])
        reason = self._choice("reason", [(known.id, known.text) for known in self.policy.reasons])
        note: str = typer.prompt("note (Enter for none)", default="", show_default=False)
        self.after_each()
        chosen = "" if sub_policy == "none" else sub_policy
        return Verdict(category, int(severity), action, reason, chosen), note

    def outcome(self) -> Outcome:
        """What the appeal comes to."""
        meanings = {Outcome.UPHOLD: "the decision was right", Outcome.OVERTURN: "it was not"}
        return Outcome(self._choice("outcome of the appeal", [(known.value, meanings[known]) for known in Outcome]))

    def _category(self, score: ScoreOfCase | None) -> str:
        everything = [(known.id, known.name) for known in self.policy.categories]
        if score is None or not score.offered:
            return self._choice("category", everything)
        offered = [(known.category, known.name) for known in score.offered]
        answer = self._ask(
            f"category (1 to {len(offered)} accepts a suggestion, or an id, or ? for all)",
            offered,
            default="1",
            also=(*self.policy.category_ids, "?"),
        )
        return self._choice("category", everything) if answer == "?" else answer

    def _choice(self, name: str, choices: Choices, *, default: str | None = None, also: Sequence[str] = ()) -> str:
        """List the choices and ask for one."""
        for number, (known, meaning) in enumerate(choices, start=1):
            # Levels are their own numbers.
            label = meaning if known == str(number) else f"{known}: {meaning}"
            self.console.print(f"  {number:>2}  {label}")
        return self._ask(name, choices, default=default, also=also)

    def _ask(self, question: str, choices: Choices, *, default: str | None, also: Sequence[str]) -> str:
        numbered = {str(number): known for number, (known, _) in enumerate(choices, start=1)}
        known_ids = {*numbered.values(), *also}
        while True:
            given: str = typer.prompt(question, default=default).strip()
            answer = given if given in known_ids and given not in numbered else numbered.get(given)
            if answer is not None:
                self.after_each()
                return answer
            self.console.print(f"  that is none of them; answer 1 to {len(numbered)}, or an id")
