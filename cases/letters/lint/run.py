"""The lint as a whole: every rule on one draft. It finds what words can tell; a person still reads each letter."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cases.letters.draft import Draft
from cases.letters.facts import LetterFacts
from cases.letters.filling import clean
from cases.letters.lint.finding import Finding, Forbidden, Level
from cases.letters.lint.identities import disclosures, whole
from cases.letters.lint.rules import Rules, load_rules
from cases.letters.lint.shape import gaps, hard_to_read, missing_redress, quotations

_QUOTED = re.compile(r"“[^”\n]{0,1000}”")
# A mark that is a word of everyday language is found only where it is written as a mark.
_CODE = re.compile(r"[_:/\d-]")


def lint(
    draft: Draft, facts: LetterFacts, forbidden: Forbidden | None = None, rules: Rules | None = None
) -> tuple[Finding, ...]:
    """What is to be mended in a draft, in the order of the text.

    Args:
        draft: As it stands, edited or not. One that is withheld and empty has nothing to mend.
        facts: What it was drafted from; the subject's title and the case's own reference may stand in it.
        forbidden: What must not stand in it.
        rules: The policy owner's; the packaged ones where none are given.

    Returns:
        Findings whose places count the characters of `draft.text`. `blocks` says whether one is an error.
    """
    rules, forbidden = rules or load_rules(), forbidden or Forbidden()
    if draft.withheld:
        return _written_all_the_same(draft)
    found = [
        *_told(draft, facts, forbidden, rules),
        *_worded(draft, facts, rules),
        *gaps(_without(draft.text, facts)),
        *missing_redress(draft, facts),
        *hard_to_read(draft, longest=rules.sentence_words, highest=rules.grade),
    ]
    return tuple(_once(sorted(found, key=lambda f: (f.start, f.end, f.rule))))


def blocks(findings: tuple[Finding, ...]) -> bool:
    """Whether a letter with these findings must not go out."""
    return any(finding.level is Level.ERROR for finding in findings)


def _written_all_the_same(draft: Draft) -> tuple[Finding, ...]:
    if not draft.text.strip():
        return ()
    why, do = "No message is to be sent, and this is one.", "Have the hold cleared first, then draft it anew."
    return (Finding(0, len(draft.text), "withheld", Level.ERROR, why, do),)


def _told(draft: Draft, facts: LetterFacts, forbidden: Forbidden, rules: Rules) -> Iterator[Finding]:
    """What must not be disclosed."""
    text = _without(draft.text, facts)

    def error(span: tuple[int, int], rule: str, why: str, do: str) -> Finding:
        return Finding(*span, rule, Level.ERROR, why, do)

    for span in disclosures(text, forbidden.reporters, rules.everyday_names):
        yield error(
            span,
            "reporter_identity",
            "It names somebody who reported.",
            "Take it out; say only that there was a notice.",
        )
    for span in quotations(text, forbidden.reports, least=rules.quoted_words):
        yield error(
            span,
            "report_quoted",
            "It quotes what somebody reported, who can be known by it.",
            "Say it in words of your own.",
        )
    for span in disclosures(text, forbidden.staff, rules.everyday_names):
        yield error(span, "staff_name", "It names somebody of the team.", "Write as the team.")
    for reference in forbidden.case_refs:
        if reference.strip() and reference != facts.case_ref:
            for span in whole(text, reference):
                yield error(span, "other_case", "It names another case.", "Give this case's reference alone.")
    for tag in forbidden.tags:
        for span in _tagged(text, tag):
            yield error(
                span,
                "internal_word",
                "It is a mark that the team puts on cases.",
                "Say what was found, in plain words.",
            )


def _tagged(text: str, tag: str) -> Iterator[tuple[int, int]]:
    bare = tag.lstrip("#")
    if len(bare) < 2:
        return
    as_a_mark = "" if _CODE.search(bare) else "#"
    yield from (m.span() for m in re.finditer(rf"(?<!\w){as_a_mark}{re.escape(bare)}(?!\w)", text, re.IGNORECASE))


def _worded(draft: Draft, facts: LetterFacts, rules: Rules) -> Iterator[Finding]:
    """Tone, words from inside, the wrong reader."""
    text = _QUOTED.sub(lambda match: " " * len(match.group()), _without(draft.text, facts))
    for rule in rules.rules:
        yield from rule.findings(text, draft.audience)


def _without(text: str, facts: LetterFacts) -> str:
    """The text with the subject's title and the case's reference blanked: what they say is not the writer's doing."""
    for fact in (facts.subject_name, facts.subject_ref, facts.case_ref):
        name = clean(fact)
        # An id of one or two letters stands in many words.
        if len(name) >= 3:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", lambda match: " " * len(match.group()), text)
    return text


def _once(findings: list[Finding]) -> Iterator[Finding]:
    """Of findings of one rule that overlap, the first and longest."""
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda f: (f.rule, f.start, -f.end)):
        last = kept[-1] if kept else None
        inside = (
            last is not None and last.rule == finding.rule and finding.start < last.end and finding.end <= last.end
        )
        if not inside:
            kept.append(finding)
    yield from sorted(kept, key=lambda f: (f.start, f.end, f.rule))
