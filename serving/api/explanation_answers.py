"""Scores that say why: what goes out when a caller asks for an explanation or for precedents."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import Field

from models.explanation import Explanation
from models.precedents import Comparison
from serving.api.answers import ItemProblem
from serving.api.answers_scores import Outgoing, ScoreAnswer
from serving.scoring.explaining import Explained, Wanted

_START = "Where it begins in `text`, in Unicode characters from 0."
_END = "Where it ends: the character at this place is no longer in it."


class SentenceAnswer(Outgoing):
    """A sentence and what it did."""

    start: int = Field(ge=0, description=_START)
    end: int = Field(ge=0, description=_END)
    share: float = Field(
        description=(
            "By how much the category's log-odds drop without the sentence (natural logarithm; 0.7 halves the odds); "
            "negative: it speaks against the category."
        )
    )


class WordAnswer(Outgoing):
    """A word and what it added, with its pieces and its pairs with its neighbours."""

    term: str
    start: int = Field(ge=0, description=_START)
    end: int = Field(ge=0, description=_END)
    contribution: float = Field(description="To `logit`; negative: it speaks against the category.")


class SignalAnswer(Outgoing):
    """Something known beside the text, and what it added."""

    name: str
    contribution: float = Field(description="To `logit`.")


class PaddingAnswer(Outgoing):
    """A passage of a long case that was set aside, as it holds nothing to judge."""

    start: int = Field(ge=0, description=_START)
    end: int = Field(ge=0, description=_END)


class WhyAnswer(Outgoing):
    """Why the likeliest category: `logit` = words + signals + embedding + intercept."""

    category: str
    text: str = Field(description="The case as the model read it: cleaned, redacted, title first.")
    padding: list[PaddingAnswer] = Field(description="What of the text was not weighed, in its order.")
    sentences: list[SentenceAnswer] = Field(description="In the text's order.")
    words: list[WordAnswer] = Field(description="In the text's order; words that did nothing are left out.")
    signals: list[SignalAnswer] = Field(description="Those that did something.")
    embedding: float = Field(description="What the text's meaning as a whole added to `logit`.")
    intercept: float = Field(description="What the category has before anything is read.")
    logit: float = Field(description="Of the category, minus the mean of all categories'.")


class PrecedentAnswer(Outgoing):
    """A decided case that is like this one."""

    case_id: str | None = Field(description="Null where it is in a queue that whoever asks does not see.")
    similarity: float = Field(description="1 = the same meaning, 0 = nothing in common; -1 to 1.")
    category: str = Field(description="As it was decided.")
    severity: int | None = Field(description="As it was decided; null where the decision says none.")
    action: str = Field(description="As it was decided; empty where the decision says none.")
    differs: bool = Field(description="Whether that is another category than the model suggests here.")


class ExplainedScoreAnswer(ScoreAnswer):
    """A score, and why."""

    why: WhyAnswer | None = Field(default=None, description="Null unless `explain` was asked for.")
    precedents: list[PrecedentAnswer] | None = Field(
        default=None,
        description=(
            "The decided cases most like it. Where all of the nearest were decided as the model suggests, the last "
            "one is the nearest that was not, if any of the nearest fifty was. Null unless asked for."
        ),
    )
    precedents_say: str | None = Field(
        default=None,
        description="How many of the nearest were decided otherwise, in words.",
        examples=["4 of 5 like this were decided otherwise"],
    )


class UnscoredAnswer(Outgoing):
    """A case that has no score, in the place where it would stand."""

    case_ref: str | None = None
    problem: ItemProblem


class ExplainedScoresAnswer(Outgoing):
    """One score, or why there is none, for each case, in the request's order, all by one model."""

    scores: list[ExplainedScoreAnswer | UnscoredAnswer]


def explained_answer(
    score: ScoreAnswer, told: Explained, wanted: Wanted, hidden: Collection[str] = frozenset()
) -> ExplainedScoreAnswer:
    """A score with what was asked for beside it; the cases of `hidden` are not named."""
    return ExplainedScoreAnswer(
        **dict(score),
        why=None if told.why is None else why_answer(told.why, told),
        precedents=precedent_answers(told.like_it, hidden) if wanted.precedents else None,
        precedents_say=in_words(told.like_it) if wanted.precedents else None,
    )


def why_answer(why: Explanation, told: Explained) -> WhyAnswer:
    """An explanation, with the text that its places are in."""
    return WhyAnswer(
        category=why.category,
        text=told.text,
        padding=[PaddingAnswer(start=start, end=end) for start, end in told.padding],
        sentences=[SentenceAnswer(start=s.start, end=s.end, share=s.share) for s in why.sentences],
        words=[WordAnswer(term=w.term, start=w.start, end=w.end, contribution=w.contribution) for w in why.words],
        signals=[SignalAnswer(name=s.name, contribution=s.contribution) for s in why.signals],
        embedding=why.dense,
        intercept=why.intercept,
        logit=why.logit,
    )


def precedent_answers(like_it: Comparison | None, hidden: Collection[str] = frozenset()) -> list[PrecedentAnswer]:
    """The decided cases, nearest first, those of `hidden` without their ids; none where the model remembers none."""
    if like_it is None:
        return []
    return [
        PrecedentAnswer(
            case_id=None if found.case_id in hidden else found.case_id,
            similarity=found.similarity,
            category=found.category,
            severity=found.severity,
            action=found.action,
            differs=found.category != like_it.suggested,
        )
        for found in like_it.precedents
    ]


def in_words(like_it: Comparison | None) -> str:
    """How many of the nearest were decided otherwise: "4 of 5 like this were decided otherwise"."""
    if like_it is None or not like_it.nearest:
        return "the model remembers no decided case"
    were = "was" if like_it.nearest == 1 else "were"
    return f"{like_it.otherwise} of {like_it.nearest} like this {were} decided otherwise"
