"""The looks at public test parts as a table: `python benchmarks/looks_table.py` prints README's.

Of each set the newest look that measured today's figures; benchmarks/looks.jsonl has all of them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from looks import LOOKS

PEERS = ("TF-IDF + LR", "MiniLM + LR", "kNN")
HEADINGS = (
    "set", "rows", "measure", "reached (95 %)", "asked", "ECE (allowed)", "shortlists .90, .95", *PEERS
)  # fmt: skip
NAMES = {"accuracy": "accuracy", "macro_f1": "macro-F1", "qwk_shown": "severity kappa", "auroc": "novelty AUROC"}
HEAD = {"qwk_shown": "severity"}


def newest() -> Iterator[Mapping[str, Any]]:
    """Looks of today's form, one a set, in the order of the first look at each."""
    looks = [json.loads(line) for line in LOOKS.read_text(encoding="utf-8").splitlines()]
    yield from {look["set"]: look for look in looks if "figures" in look}.values()


def rows(look: Mapping[str, Any]) -> Iterator[list[str]]:
    for measure, found in look["figures"].items():
        if "at_least" not in found:
            continue
        mark = "" if found["value"] >= found["at_least"] else " **falls short**"
        calibrated = look.get("calibration", {}).get(HEAD.get(measure, "category"))
        peers = [found["peers"].get(name) for name in PEERS]
        yield [
            look["set"],
            f"{look['n']:,}",
            NAMES[measure],
            f"**{short(found['value'])}** ({short(found['low'])}\N{EN DASH}{short(found['high'])}){mark}",
            short(found["at_least"]),
            "" if calibrated is None else f"{short(calibrated['ece'])} ({allowed(calibrated)})",
            shortlists(look) if measure != "qwk_shown" else "",
            *["" if peer is None else short(peer["value"]) for peer in peers],
        ]


def shortlists(look: Mapping[str, Any]) -> str:
    """How often the two lists hold the truth, and their mean length."""
    found = look.get("shortlists", {}).values()
    return ", ".join(f"{short(one['coverage']['value'])} ({one['mean_size']:.1f})" for one in found)


def allowed(calibrated: Mapping[str, float]) -> str:
    """What an ECE may be: .02, or what chance shows of a perfect model where that is more."""
    return short(max(0.02, calibrated["ece_if_perfect_95"]))


def short(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def main() -> int:
    print(f"| {' | '.join(HEADINGS)} |\n|{' --- |' * len(HEADINGS)}")
    for look in newest():
        for row in rows(look):
            print(f"| {' | '.join(row)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
