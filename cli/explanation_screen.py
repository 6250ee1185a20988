"""An explanation at the terminal: the text with what each sentence did, the words that weighed most, precedents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from cases.taxonomy import Taxonomy
from cli.contract.learning import ExplainAnswer, ExplainedWord
from cli.screens import SHORT_ID, in_words, plain

WORDS_SHOWN = 8


def show_explanation(out: Console, answer: ExplainAnswer, policy: Taxonomy) -> None:
    """Why, in this order: what is suggested, the sentences, the words, the precedents."""
    names = {category.id: category.name for category in policy.categories}
    out.print(f"case {answer.case_id}", style="bold")
    suggested = f"{names.get(answer.category, answer.category)} ({in_words(answer.probability)})"
    doubt = "; it does not know, and this is its best guess" if answer.tier == "abstain" else ""
    out.print(f"{answer.model_version}: {suggested}{doubt}")
    if answer.padding:
        words = sum(len(answer.text[span.start : span.end].split()) for span in answer.padding)
        out.print(f"not weighed: {words} words that hold nothing to judge", style="dim")
    _sentences(out, answer)
    out.print(f"for it: {_words(word for word in answer.words if word.contribution > 0)}")
    out.print(f"against it: {_words(word for word in answer.words if word.contribution < 0)}")
    if answer.precedents:
        _precedents(out, answer, names)
    out.print(answer.precedents_say)


def _sentences(out: Console, answer: ExplainAnswer) -> None:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("log-odds", justify="right", no_wrap=True)
    table.add_column("sentence", overflow="fold")
    for sentence in answer.sentences:
        table.add_row(f"{sentence.share:+.2f}", plain(answer.text[sentence.start : sentence.end]))
    out.print(table)


def _words(words: Iterable[ExplainedWord]) -> str:
    """The words that weighed most, each once."""
    total: dict[str, float] = defaultdict(float)
    for word in words:
        total[word.term.lower()] += word.contribution
    most = sorted(total, key=lambda term: (-abs(total[term]), term))[:WORDS_SHOWN]
    return plain(", ".join(f"{term} {total[term]:+.2f}" for term in most)) or "no word"


def _precedents(out: Console, answer: ExplainAnswer, names: dict[str, str]) -> None:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for heading in ("decided case", "alike", "category", "severity", "action", ""):
        table.add_column(heading, no_wrap=True)
    for found in answer.precedents:
        table.add_row(
            plain(found.case_id[-SHORT_ID:]),
            f"{found.similarity:.2f}",
            names.get(found.category, found.category),
            "" if found.severity is None else str(found.severity),
            found.action,
            "otherwise" if found.differs else "",
        )
    out.print(table)
