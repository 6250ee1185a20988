"""From the facts to a draft: an opening, what was found, what happens now, what can be done about it, a close."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cases.errors import InvalidInputError
from cases.letters.draft import Draft
from cases.letters.facts import Audience, AutomatedDecision, Hold, LetterFacts
from cases.letters.filling import Words, clean
from cases.letters.places import country_names
from cases.letters.wording import CategoryWords, Outcome, Wording

# What the owner has not filled in yet; the lint knows the brackets.
GAP = "[[{}: to be filled in by the policy owner]]"

_DECIDED = {
    AutomatedDecision.NOT: "decided_by_people",
    AutomatedDecision.PARTIALLY: "decided_partly",
    AutomatedDecision.FULLY: "decided_by_software",
}


def draft_letter(facts: LetterFacts, audience: Audience, wording: Wording) -> Draft:
    """The draft of the message to one side; a person reads, changes and sends it, nothing else does.

    A word that the templates do not know (a foreign policy's category, action or kind) gets neutral words.

    Args:
        facts: What may be said.
        audience: The affected side in one of its roles, or the reporter; `usual_role` says who the affected side is.
        wording: The templates.

    Raises:
        InvalidInputError: `audience` is the statement, which `statement_letter` writes.
    """
    if audience is Audience.STATEMENT:
        raise InvalidInputError(
            "'audience' must be a side (got 'statement'); make a Statement and call statement_letter",
            field="audience",
        )
    return Letter(facts, audience, wording).draft()


def usual_role(subject_kind: str, wording: Wording) -> Audience:
    """Who the affected side usually is, by the kind of the subject: a course's is its instructor."""
    return wording.kind(subject_kind).role


def outcome_of(facts: LetterFacts, wording: Wording) -> Outcome:
    """What came of it: what the clause says, else what the reason says, else whether the category breaks a rule."""
    by_clause = wording.findings.outcomes.get((facts.category, facts.sub_policy))
    if by_clause is not None:
        return by_clause
    reason = wording.frame.reasons.get(facts.reason)
    if reason is not None and reason.outcome is not Outcome.BREACH:
        return reason.outcome
    return Outcome.BREACH if facts.violation else Outcome.CLEAR


def in_words(day: date) -> str:
    """A date as people read it: 3 March 2026."""
    return f"{day.day} {day:%B} {day.year}"


@dataclass(frozen=True, slots=True)
class Letter:
    """The parts that a letter to one side is put together from."""

    facts: LetterFacts
    audience: Audience
    wording: Wording

    def draft(self) -> Draft:
        """All of it."""
        withheld = self.withheld()
        template_id = "/".join(
            (self.audience, ".".join(filter(None, (self.facts.category, self.facts.sub_policy))), self.facts.action)
        )
        subject_line, paragraphs = ("", []) if withheld else self._written()
        placeholders = self.placeholders()
        return Draft(
            audience=self.audience,
            subject_line=" ".join(Words(subject_line).filled(placeholders).split()),
            body="\n\n".join(part.filled(placeholders) for part in paragraphs),
            template_id=template_id,
            template_version=self.wording.version,
            language=self.wording.frame.language,
            withheld=withheld,
        )

    def withheld(self) -> str:
        """Why nothing is written; "" where something is."""
        facts, holds = self.facts, self.wording.holds
        if facts.hold is Hold.NON_DISCLOSURE_ORDER and not facts.hold_cleared:
            return holds.reasons[facts.hold]
        if self.audience is Audience.REPORTER:
            return "" if facts.from_notice else holds.no_reporter
        hold = facts.hold or holds.categories.get((facts.category, facts.sub_policy))
        if hold is not None and not facts.hold_cleared:
            return holds.reasons[hold]
        if facts.adverse or self._whole():
            return ""
        unknown = facts.action not in self.wording.actions and outcome_of(facts, self.wording) is not Outcome.BREACH
        return holds.nothing_changes if unknown or self.wording.action(facts.action).quiet else ""

    def _whole(self) -> bool:
        return (self.facts.category, self.facts.sub_policy) in self.wording.findings.whole

    def _written(self) -> tuple[str, list[Words]]:
        facts = self.facts
        if self.audience is Audience.REPORTER:
            return self.wording.frame.reporter["subject_line"].text, self._to_reporter()
        if self._whole() and not facts.adverse:
            letter = self.wording.findings.whole[facts.category, facts.sub_policy]
            return letter.subject_line.text, [letter.body]
        key = "subject_line" if facts.adverse else "friendly_subject_line"
        return self.wording.frame.affected[key].text, self._to_affected()

    def _to_affected(self) -> list[Words]:
        facts, said = self.facts, self.wording.frame.affected
        category = self.category()
        return [
            said["opening" if facts.adverse else "friendly_opening"],
            joined(*self.found(), *([category.rule] if category.rule else []), *self.reason()),
            joined(*self.happens()),
            joined(*self.how_found()),
            *([category.affected_care] if category.affected_care else []),
            *([said["rules"]] if self.wording.sender.terms else []),
            said["redress" if facts.adverse else "no_redress_needed"],
            self.wording.frame.close,
        ]

    def _to_reporter(self) -> list[Words]:
        facts, said = self.facts, self.wording.frame.reporter
        category, outcome = self.category(), outcome_of(facts, self.wording)
        found = category.reporter_clauses.get(facts.sub_policy)
        if found is not None:
            reached = [found]
        elif outcome is Outcome.BREACH:
            reached = [said["breach"], self.wording.action(facts.action).reporter]
        else:
            reached = [said[outcome]]
        return [
            said["opening"],
            *([category.reporter] if category.reporter else []),
            joined(*reached, said[_DECIDED[facts.automated_decision]]),
            *([category.care] if category.care else []),
            said["confidential"],
            said["redress"],
            self.wording.frame.close,
        ]

    def happens(self) -> list[Words]:
        """What happens now, until when and where (Article 17(3)(a))."""
        facts, said, action = self.facts, self.wording.frame.affected, self.wording.action(self.facts.action)
        now = [action.roles.get(self.audience, action.affected)]
        if facts.restriction is not None and action.limits:
            now.append(said["lasts_until" if facts.ends_on else "lasts"])
            now.append(said["somewhere" if facts.territories else "everywhere"])
        return now

    def category(self) -> CategoryWords:
        """The category's words, neutral ones where it has none."""
        findings = self.wording.findings
        known = findings.categories.get(self.facts.category)
        return known or CategoryWords(found=findings.other_clause if self.facts.sub_policy_name else findings.other)

    def found(self) -> list[Words]:
        """What was found."""
        # Where the outcome is no breach, a letter must not say that something was found.
        if self.facts.violation and outcome_of(self.facts, self.wording) in {Outcome.CLEAR, Outcome.UNPROVEN}:
            return [self.wording.frame.affected["looked_at"]]
        category = self.category()
        return [category.sub_policies.get(self.facts.sub_policy, category.found)]

    def reason(self) -> list[Words]:
        """Why the decision came out so."""
        known = self.wording.frame.reasons.get(self.facts.reason)
        if known is None:
            return [self.wording.frame.other_reason]
        return [known.affected] if known.affected else []

    def how_found(self) -> list[Words]:
        """Whether a notice led to it, and where automated means were used (Article 17(3)(b) and (c))."""
        facts, said = self.facts, self.wording.frame.affected
        return [
            said["notice" if facts.from_notice else "own_initiative"],
            said["detected_by_software" if facts.automated_detection else "detected_by_people"],
            said[_DECIDED[facts.automated_decision]],
        ]

    def placeholders(self) -> dict[str, str]:
        """The facts by the names that templates have for them."""
        facts, sender, kind = self.facts, self.wording.sender, self.wording.kind(self.facts.subject_kind)
        filled = {
            "action": clean(facts.action_name).lower(),
            "case_ref": clean(facts.case_ref),
            "category": _lowered(clean(facts.category_name)),
            "complaint_how": sender.complaint_how,
            "date": in_words(facts.decided_at.date()),
            "dispute_how": sender.dispute_how,
            "kind": clean(facts.subject_kind).replace("_", " ").lower(),
            "marketplace": sender.marketplace or GAP.format("the marketplace's name"),
            "months": "six" if facts.redress.complaint_months == 6 else str(facts.redress.complaint_months),
            "name": clean(facts.subject_name) or clean(facts.subject_ref),
            "reason": _lowered(clean(facts.reason_text)),
            "scope": ", ".join(country_names(facts.territories)),
            "sub_policy": clean(facts.sub_policy_name),
            "support_lines": sender.support_lines or GAP.format("support lines"),
            "team": sender.team,
            "terms": sender.terms or GAP.format("where the rules can be read"),
            "until": in_words(facts.ends_on) if facts.ends_on else "",
        }
        for key, phrase in (("item", kind.item), ("about", kind.about), ("where", kind.where)):
            filled[key] = phrase.filled(filled)
        shown = kind.named and filled["name"]
        for key in ("item", "about"):
            text = self.wording.frame.named.filled({**filled, "item": filled[key]}) if shown else filled[key]
            filled[f"{key}_full"] = text
        return filled


def joined(*sentences: Words) -> Words:
    """Sentences as one paragraph."""
    return Words(" ".join(sentence.text for sentence in sentences))


def _lowered(text: str) -> str:
    """A name within a sentence: "Hate" becomes "hate"; "AI" stays."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]
