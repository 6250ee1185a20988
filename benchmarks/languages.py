"""Does the judge keep silent where it cannot read? `python benchmarks/languages.py [--budget …]`.

The recipe learns the written training cases, all of them English, and judges the cases that come in later, a part of
which is in other languages. Told of each language: how many of its cases are abstained from, and, as abstaining from
everything would be no art, how many of the English ones are not. These are written examples.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import pandas as pd
from accuracy import environment
from robustness import learnt, whole_part

from cases.seed.corpus import incoming_part, training_part
from cases.taxonomy_file import load_taxonomy
from features.assemble import assemble
from features.embedding_cache import CachedEncoder
from features.encoder import CompiledEncoder, ensure_compiled

HERE = Path(__file__).parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", choices=["quick", "standard", "thorough"], default="quick")
    parser.add_argument("--cache", type=Path, default=HERE.parent / ".caseload" / "cache")
    options = parser.parse_args()
    folder = ensure_compiled(None, options.cache)
    encoder = CachedEncoder(CompiledEncoder.load(folder), options.cache)
    print(json.dumps({**environment(), "budget": options.budget}), flush=True)
    with tempfile.TemporaryDirectory(prefix="caseload-") as scratch:
        part = whole_part(training_part(), load_taxonomy(), encoder, folder)
        judge = learnt(part, options.budget, Path(scratch))
        cases = incoming_part()
        judged = judge.judge(
            [assemble(c.title, c.description, channel=c.channel, attributes=c.attributes) for c in cases]
        )
    rows = pd.DataFrame(
        {
            "written in": [case.language for case in cases],
            "cases": 1,
            "told as such": [said.language == case.language for case, said in zip(cases, judged, strict=True)],
            "abstained": [said.tier == "abstain" for said in judged],
            "new kind": [said.novel for said in judged],
        }
    )
    print(rows.groupby("written in").sum().sort_values("cases", ascending=False).to_string())
    return 0


if __name__ == "__main__":
    sys.exit(main())
