"""Which of two files of weights prevents more harm, in words that somebody can decide by."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from evaluation.bootstrap import Interval
from evaluation.replay.harm import ACCOUNTS, LINEAR
from evaluation.replay.measures import RunFigures, mean
from evaluation.replay.play import Played
from evaluation.replay.study import CURRENT, NEW, AtLoad

# Changes below these are not worth a line: a share of a per cent, and a hundredth of a wait.
_SHARE, _WAIT = 0.002, 0.01
# Why no two files could be told apart, and what would tell them: more seeds would not.
_NO_HARM, _NO_WAIT = "no case did harm", "no case had to wait"
_INSTEAD = {_NO_HARM: "replay cases that do", _NO_WAIT: "replay a higher load"}


@dataclass(frozen=True, slots=True)
class Contrast:
    """Both files at one load.

    Attributes:
        harm: By account: the harm under the new file over that under today's; below 1, the new one prevents more.
        by_its_own: The same in the world as the new file sees it; empty where both see the same.
        worse: What gets worse, a line each.
        nothing: Why there is nothing to tell apart; "" where there is something.
        better: "new", "current", or "" where the seeds cannot tell or there is nothing to, by linear harm.
        sentence: What follows.
    """

    load: float
    harm: Mapping[str, Interval]
    by_its_own: Mapping[str, Interval]
    worse: tuple[str, ...]
    nothing: str
    better: str
    sentence: str


def contrast(found: Mapping[str, AtLoad]) -> Contrast:
    """Hold the new weights against today's at one load.

    Args:
        found: One load of `study.replay_against`.
    """
    here = found[CURRENT]
    harm = _ratios(here)
    nothing = _nothing(here, harm[LINEAR])
    better = _better(harm[LINEAR])
    own = _ratios(found[NEW]) if NEW in found else {}
    sentence = f"load {here.load:g}: {_untold(nothing) if nothing else _said(harm[LINEAR], better)}"
    if own and _better(own[LINEAR]) != better:
        sentence += f"; by the harm that the new weights state, {_said(own[LINEAR], _better(own[LINEAR]))}"
    return Contrast(here.load, harm, own, tuple(_worse(here, harm)), nothing, better, sentence)


def verdict(contrasts: Sequence[Contrast]) -> str:
    """One sentence over all loads."""
    told = [each for each in contrasts if not each.nothing]
    parts = [_who_wins(told)] if told else []
    for reason, instead in _INSTEAD.items():
        if loads := [f"{each.load:g}" for each in contrasts if each.nothing == reason]:
            parts.append(f"at load {', '.join(loads)} {_untold(reason)}: {instead}")
    return "; ".join(parts)


def _who_wins(contrasts: Sequence[Contrast]) -> str:
    """Over the loads at which there is something to tell apart."""
    won, lost = ([f"{each.load:g}" for each in contrasts if each.better == side] for side in (NEW, CURRENT))
    worse = any(each.worse for each in contrasts)
    aside = "; look at what gets worse first" if worse and not lost else ""
    if won and not lost:
        rest = "" if len(won) == len(contrasts) else ", and no worse at the others that the seeds could tell"
        return f"the new weights prevent more harm at load {', '.join(won)}{rest}{aside}"
    if lost and not won:
        return f"today's weights prevent more harm at load {', '.join(lost)}; keep them"
    if won and lost:
        return (
            f"the new weights prevent more harm at load {', '.join(won)} and less at {', '.join(lost)}; "
            "which counts is the load that your team has"
        )
    return "the seeds cannot tell the two apart in harm; play more of them, or keep today's weights"


def _ratios(found: AtLoad) -> dict[str, Interval]:
    return {account: found.of(account).versus(NEW, CURRENT, account) for account in ACCOUNTS}


def _nothing(found: AtLoad, harm: Interval) -> str:
    """Why nothing could tell the two apart; "" where something could."""
    if math.isnan(harm.value):
        return _NO_HARM
    # Who never waits under one order never does under another: nobody idles while a case waits.
    waited = any(wait > 0 for run in found.undated.figures[CURRENT] for wait in run.worst_wait.values())
    return "" if waited else _NO_WAIT


def _untold(nothing: str) -> str:
    return f"{nothing} under either, so there is nothing to tell apart in harm"


def _better(harm: Interval) -> str:
    return NEW if harm.high < 1 else CURRENT if harm.low > 1 else ""


def _said(harm: Interval, better: str) -> str:
    span = f"{_per_cent(harm.low - 1)} to {_per_cent(harm.high - 1)}"
    if not better:
        return f"no difference in harm that the seeds could tell ({span})"
    which = "the new weights prevent more harm" if better == NEW else "today's weights prevent more harm"
    return f"{which}: {_per_cent(harm.value - 1)} harm-hours under the new ones ({span})"


def _worse(found: AtLoad, harm: Mapping[str, Interval]) -> list[str]:
    """Harm by other accounts, shares in time that fall, and worst waits that rise, as far as the seeds tell."""
    lines = [
        f"{account} harm {_per_cent(each.value - 1)} ({_per_cent(each.low - 1)} to {_per_cent(each.high - 1)})"
        for account, each in harm.items()
        if account != LINEAR and each.low > 1
    ]
    for level in found.undated.levels:
        before, after, change = compared(found.undated, lambda run: run.in_time, level)
        if change.high < 0 and change.value < -_SHARE:
            lines.append(f"severity {level} in time {100 * before:.1f} % → {100 * after:.1f} %")
    for level in found.undated.levels:
        before, after, change = compared(found.undated, lambda run: run.worst_wait, level)
        if change.low > 0 and change.value > _WAIT * before:
            lines.append(f"worst wait of severity {level} {before:.1f} h → {after:.1f} h")
    return lines


def compared(
    found: Played, figure: Callable[[RunFigures], Mapping[int, float]], level: int
) -> tuple[float, float, Interval]:
    """A figure of a level under today's weights, under the new ones, and its change.

    Over the seeds alone in which both have it: a stream need not hold a case of each level.
    """
    pairs = [
        (before, after)
        for today, then in zip(found.figures[CURRENT], found.figures[NEW], strict=True)
        for before, after in [(figure(today).get(level, math.nan), figure(then).get(level, math.nan))]
        if not math.isnan(before) and not math.isnan(after)
    ]
    change = mean([after - before for before, after in pairs])
    return mean([before for before, _ in pairs]).value, mean([after for _, after in pairs]).value, change


def _per_cent(change: float) -> str:
    return f"{100 * change:+.1f} %"
