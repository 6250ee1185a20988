"""What a letter lacks or has too much of: gaps, redress, long sentences; and quotations of what somebody reported."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cases.letters.draft import Draft
from cases.letters.facts import Audience, LetterFacts
from cases.letters.lint.finding import Finding, Level
from cases.letters.lint.look_alikes import eye
from cases.letters.readability import grade, sentences, words_in

# Marks that people leave where something is to come, in any of the ways that templates and editors write them. They
# are what is looked for in a letter; nothing in this module is to come.
_GAPS = re.compile(
    r"\[\[.{0,200}?\]\]|\{\{.{0,200}?\}\}|\{%.{0,200}?%\}|\$\{?[a-zA-Z_]\w*\}?|<[A-Za-z_][\w ]{0,60}>"
    r"|\[(?:insert|your|name|date|the|add|link|course|reason|reference|fill)[^\]\n]{0,60}\]"
    r"|\b(?:TODO|TBD|TBC|FIXME|XXX+|LOREM IPSUM)\b"  # looked for in letters; none is a mark of this code
    r"|_{3,}|\{[a-z_]+\}",
    re.IGNORECASE,
)
_COMPLAINT = re.compile(r"\b(?:complain|complaint|complaints|appeal)\b", re.IGNORECASE)
_MONTHS = re.compile(r"\b(?:six|seven|eight|nine|ten|eleven|twelve|\d{1,2})\s+months\b", re.IGNORECASE)
_OUT_OF_COURT = re.compile(r"out[- ]of[- ]court|dispute\s+settlement", re.IGNORECASE)
_COURT = re.compile(r"(?<!out-of-)(?<!out of )\bcourts?\b", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")  # noqa: RUF001  an apostrophe as printers set it


def gaps(text: str) -> Iterator[Finding]:
    """What is still to be filled in."""
    for match in _GAPS.finditer(text):
        yield Finding(
            *match.span(),
            "unfilled",
            Level.ERROR,
            "Something is still to be filled in.",
            "Fill it in, or take it out.",
        )


def missing_redress(draft: Draft, facts: LetterFacts) -> Iterator[Finding]:
    """What the reader can do and is not told (DSA, Articles 17(3)(f) and 16(5), 20 and 21)."""
    affected = draft.audience.affected and (facts.adverse or draft.audience is Audience.STATEMENT)
    if not affected and not (draft.audience is Audience.REPORTER and facts.from_notice):
        return
    body, end = draft.body, len(draft.text)
    lacking = []
    if not (_COMPLAINT.search(body) and _MONTHS.search(body)):
        lacking.append("that they can complain for six months")
    if facts.redress.out_of_court and not _OUT_OF_COURT.search(body):
        lacking.append("that they can choose an out-of-court dispute settlement body")
    if facts.redress.courts and not _COURT.search(body):
        lacking.append("that they can go to court")
    for what in lacking:
        yield Finding(
            end,
            end,
            "missing_redress",
            Level.ERROR,
            f"The reader is not told {what}.",
            "Take the paragraph from the template.",
        )


def hard_to_read(draft: Draft, *, longest: int, highest: int) -> Iterator[Finding]:
    """Sentences of more than `longest` words, and a body above the Flesch-Kincaid grade `highest`."""
    before = len(draft.text) - len(draft.body)
    for start, end in sentences(draft.body):
        count = len(words_in(draft.body[start:end]))
        if count > longest:
            why = f"The sentence has {count} words."
            yield Finding(
                before + start, before + end, "long_sentence", Level.WARNING, why, "Make two of it, one thought each."
            )
    reached = grade(draft.body)
    if reached > highest:
        why = f"The letter asks for {reached:.0f} years of school; aim for 9."
        yield Finding(before, len(draft.text), "hard_to_read", Level.WARNING, why, "Use shorter sentences and words.")


def quotations(text: str, reports: Iterable[str], *, least: int) -> Iterator[tuple[int, int]]:
    """The places of `text` where `least` words or more in a row stand in a report as well."""
    tokens = [(eye(match.group()), match.span()) for match in _TOKEN.finditer(text)]
    runs: set[tuple[str, ...]] = set()
    for report in reports:
        told = [eye(match.group()) for match in _TOKEN.finditer(report)]
        runs.update(tuple(told[at : at + least]) for at in range(len(told) - least + 1))
    start = end = -1
    for at in range(len(tokens) - least + 1):
        if tuple(token for token, _ in tokens[at : at + least]) not in runs:
            continue
        if start >= 0 and at > end:
            yield tokens[start][1][0], tokens[end][1][1]
            start = -1
        start, end = (at if start < 0 else start), at + least - 1
    if start >= 0:
        yield tokens[start][1][0], tokens[end][1][1]
