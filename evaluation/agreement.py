"""How far people agree: shares with their intervals, kappas, and which categories are taken for which.

A pair is two answers to one case: of two readers, or the right one and somebody's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from sklearn.metrics import cohen_kappa_score

from cases.quality import Answer
from evaluation.bootstrap import Interval
from evaluation.wilson import wilson

Pair = tuple[Answer, Answer]


@dataclass(frozen=True, slots=True)
class Kappa:
    """Agreement beyond what chance would give, -1..1; 1 is perfect, 0 is chance.

    Attributes:
        value: None where it is not defined.
        why_not: Why it is not; "" where it is.
    """

    value: float | None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class CategoryAgreement:
    """How far people agree that a case is of one category.

    Attributes:
        said: Pairs in which at least one said so.
        agreed: Of these, pairs in which both did.
        taken_for: What the other said instead, and how often, the commonest first.
    """

    category: str
    said: int
    agreed: int
    taken_for: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """What pairs of answers have in common. Shares come with 95 % intervals (Wilson) and are None of no pair.

    Attributes:
        pairs: How many.
        category: The share with the same category.
        severity: With the same severity.
        severity_near: With severities at most one level apart.
        action: With the same action.
        all_three: With all of these.
        category_kappa: Cohen's (Cohen 1960).
        severity_kappa: Cohen's with quadratic weights (Cohen 1968).
        by_category: Those most often disagreed about first.
    """

    pairs: int
    category: Interval | None
    severity: Interval | None
    severity_near: Interval | None
    action: Interval | None
    all_three: Interval | None
    category_kappa: Kappa
    severity_kappa: Kappa
    by_category: tuple[CategoryAgreement, ...]


@dataclass(frozen=True, slots=True)
class PersonAgreement:
    """How often one person's answer was the right one.

    Attributes:
        agreement: Their answers with the right ones.
    """

    person: str
    agreement: Agreement


def agreement(pairs: Iterable[Pair]) -> Agreement:
    """What the pairs have in common; which of the two stands first makes no difference."""
    all_ = list(pairs)
    n = len(all_)

    def share(hits: Iterable[bool]) -> Interval | None:
        return wilson(sum(hits), n)

    severities = [(a.severity, b.severity) for a, b in all_]
    return Agreement(
        pairs=n,
        category=share(a.category == b.category for a, b in all_),
        severity=share(a == b for a, b in severities),
        severity_near=share(abs(a - b) <= 1 for a, b in severities),
        action=share(a.action == b.action for a, b in all_),
        all_three=share(a == b for a, b in all_),
        category_kappa=_kappa([(a.category, b.category) for a, b in all_]),
        severity_kappa=_weighted_kappa(severities),
        by_category=_by_category(all_),
    )


def by_person(answers: Iterable[tuple[str, Answer, Answer]]) -> tuple[PersonAgreement, ...]:
    """How often each was right, whoever answered most first.

    Args:
        answers: Who answered, what, and what was right.
    """
    theirs: dict[str, list[Pair]] = {}
    for person, given, right in answers:
        theirs.setdefault(person, []).append((given, right))
    told = [PersonAgreement(person, agreement(pairs)) for person, pairs in theirs.items()]
    return tuple(sorted(told, key=lambda one: (-one.agreement.pairs, one.person)))


def _kappa(pairs: Sequence[tuple[str, str]]) -> Kappa:
    undefined = _undefined(pairs, "category")
    return undefined or Kappa(float(cohen_kappa_score([a for a, _ in pairs], [b for _, b in pairs])))


def _weighted_kappa(pairs: Sequence[tuple[int, int]]) -> Kappa:
    undefined = _undefined(pairs, "severity")
    if undefined is not None:
        return undefined
    given = [level for pair in pairs for level in pair]
    # Named one and all: scikit-learn weighs by the place among the labels, so that a level in between that nobody
    # gave would bring its neighbours together.
    levels = list(range(min(given), max(given) + 1))
    found = cohen_kappa_score([a for a, _ in pairs], [b for _, b in pairs], labels=levels, weights="quadratic")
    return Kappa(float(found))


def _undefined(pairs: Sequence[tuple[Hashable, Hashable]], what: str) -> Kappa | None:
    if not pairs:
        return Kappa(None, "nothing was read twice")
    if len({value for pair in pairs for value in pair}) == 1:
        # Chance alone would agree on all of it: 0 / 0.
        return Kappa(None, f"all gave one and the same {what}")
    return None


def _by_category(pairs: Sequence[Pair]) -> tuple[CategoryAgreement, ...]:
    agreed: Counter[str] = Counter()
    taken_for: dict[str, Counter[str]] = {}
    for one, other in ((a.category, b.category) for a, b in pairs):
        if one == other:
            agreed[one] += 1
            continue
        taken_for.setdefault(one, Counter())[other] += 1
        taken_for.setdefault(other, Counter())[one] += 1
    found = []
    for category in {*agreed, *taken_for}:
        others = taken_for.get(category, Counter())
        ranked = tuple(sorted(others.items(), key=lambda each: (-each[1], each[0])))
        found.append(CategoryAgreement(category, agreed[category] + others.total(), agreed[category], ranked))
    return tuple(sorted(found, key=lambda one: (one.agreed - one.said, one.category)))
