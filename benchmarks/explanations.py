"""Are an explanation's words the words that people point at? `python benchmarks/explanations.py [--final]`.

Toxic spans (Pavlopoulos et al. 2021, SemEval-2021 Task 5): comments in which raters marked what makes them toxic. No
model here is told of a span. Each learns only whether half of the raters found one, and then the words that
contribute more than a threshold are its spans; chosen neighbours are joined. Beside the recipe stands what needs no
more than a library: TF-IDF of words and logistic regression, its contributions cut alike. Measured by the task's own
figure, the mean over comments of the characters' F1 (1 where both are empty).

The threshold alone is chosen by spans, on the part that the models learn from, by contributions of models of five
folds to rows that they did not learn from. Without `--final` models learn from train and are measured on valid;
`--final` learns from both, reads the test part once, and appends the look to benchmarks/looks.jsonl.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from accuracy import DATA, LOOKS, environment
from peers import MOST_STEPS, TOLERANCE
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from evaluation.bootstrap import Interval
from features.assemble import AssembledCase
from features.encoder import CompiledEncoder, ensure_compiled
from features.frame import feature_frame
from models.category import CategoryClassifier
from models.explanation import Explainer

HERE = Path(__file__).parent
FILE = "toxic_spans.parquet"
TOXIC, CLEAN = "toxic", "clean"
FOLDS = 5
RESAMPLES = 2000
SETTING = ("C", "lexical_weight", "dense_weight")
WORD = re.compile(r"\b\w\w+\b")

# Start, end, contribution of each word that contributed.
Words = list[tuple[int, int, float]]


@dataclass(frozen=True)
class Part:
    """Comments; what half of the raters found; the official gold as characters; the recipe's frame."""

    texts: list[str]
    labels: npt.NDArray[np.str_]
    gold: list[frozenset[int]]
    frame: pd.DataFrame

    def rows(self, index: npt.NDArray[np.intp]) -> Part:
        return Part(
            [self.texts[i] for i in index],
            self.labels[index],
            [self.gold[i] for i in index],
            self.frame.iloc[index].reset_index(drop=True),
        )


def read_part(folder: Path, splits: Sequence[str], encoder: CompiledEncoder) -> Part:
    table = pd.read_parquet(folder / FILE, filters=[("split", "in", list(splits))])
    texts = table["text"].astype(str).tolist()
    labels = np.where(table["category"] == "no_clear_span", CLEAN, TOXIC)
    spans = [json.loads(extra)["semeval_gold_spans"] for extra in table["extra"]]
    gold = [frozenset(place for start, end in found for place in range(start, end)) for found in spans]
    # Not cleaned: the gold's places are those of the text as it was written.
    return Part(texts, labels, gold, feature_frame([AssembledCase(text) for text in texts], encoder))


class Recipe:
    """Caseload's category head and its explanations."""

    def __init__(self, train: Part, encoder: CompiledEncoder, like: Recipe | None = None) -> None:
        # Folds take over what the whole part's search chose.
        chosen = {} if like is None else {name: getattr(like.head, f"{name}_") for name in SETTING}
        self.head = CategoryClassifier(**chosen).fit(train.frame, train.labels)
        self.explainer = Explainer(self.head, encoder)

    def words(self, texts: Sequence[str]) -> list[Words]:
        found = (self.explainer.words(text, TOXIC) for text in texts)
        return [[(word.start, word.end, word.contribution) for word in words] for words in found]


class LexicalBaseline:
    """TF-IDF of words and logistic regression; a word's contribution is its value times its weight."""

    def __init__(self, train: Part) -> None:
        self.vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2)
        linear = LogisticRegression(C=10, tol=TOLERANCE, max_iter=MOST_STEPS)
        model = linear.fit(self.vectorizer.fit_transform(train.texts), train.labels)
        self.weights = model.coef_[0] * (1 if model.classes_[1] == TOXIC else -1)

    def words(self, texts: Sequence[str]) -> list[Words]:
        return [
            [
                (match.start(), match.end(), values[column] * self.weights[column])
                for match in WORD.finditer(text)
                if (column := self.vectorizer.vocabulary_.get(match.group().lower(), -1)) in values
            ]
            for text, values in zip(texts, self._values(texts), strict=True)
        ]

    def _values(self, texts: Sequence[str]) -> list[dict[int, float]]:
        rows = self.vectorizer.transform(texts).tocsr()
        cuts = zip(rows.indptr, rows.indptr[1:], strict=False)
        return [dict(zip(rows.indices[a:b].tolist(), rows.data[a:b].tolist(), strict=True)) for a, b in cuts]


Model = Recipe | LexicalBaseline
Fit = Callable[[Part], Model]


def characters(text: str, words: Words, threshold: float) -> set[int]:
    """The characters of the words above the threshold, and the gaps between two that are neighbours."""
    found: set[int] = set()
    last = -1
    for start, end, contribution in words:
        if contribution > threshold:
            joined = last >= 0 and not any(letter.isalnum() for letter in text[last:start])
            found.update(range(last if joined else start, end))
            last = end
    return found


def f1(found: set[int], gold: frozenset[int]) -> float:
    if not found or not gold:
        return float(not found and not gold)
    return 2 * len(found & gold) / (len(found) + len(gold))


def scores(part: Part, words: list[Words], threshold: float) -> npt.NDArray[np.float64]:
    """Each comment's F1."""
    each = zip(part.texts, words, part.gold, strict=True)
    return np.array([f1(characters(text, one, threshold), gold) for text, one, gold in each])


def out_of_fold(learn: Part, fit: Fit) -> list[Words]:
    """Contributions to each row by a model that did not learn from it."""
    found: list[Words] = [[] for _ in learn.texts]
    for kept, held_out in StratifiedKFold(FOLDS, shuffle=True, random_state=7).split(learn.texts, learn.labels):
        words = fit(learn.rows(kept)).words([learn.texts[row] for row in held_out])
        for row, one in zip(held_out, words, strict=True):
            found[row] = one
    return found


def best_threshold(part: Part, words: list[Words]) -> float:
    """The threshold of the best mean F1, of 60 above which the highest 30 % to .5 % of words are."""
    contributions = np.concatenate([[value for *_, value in one] for one in words])
    tried = np.quantile(contributions, np.linspace(0.7, 0.995, 60))
    return float(tried[np.argmax([scores(part, words, threshold).mean() for threshold in tried])])


def resampled(values: npt.NDArray[np.float64]) -> Interval:
    """The mean with its 95 % bootstrap interval."""
    rows = np.random.default_rng(0).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.quantile(values[rows].mean(axis=1), [0.025, 0.975])
    return Interval(float(values.mean()), float(low), float(high))


def shown(found: Interval) -> str:
    return f"{found.value:.4f} [{found.low:.4f}, {found.high:.4f}]"


def measure(learn: Part, measured: Part, encoder: CompiledEncoder) -> dict[str, object]:
    started = time.perf_counter()
    recipe = Recipe(learn, encoder)
    models: dict[str, tuple[Model, Fit]] = {
        "recipe": (recipe, lambda part: Recipe(part, encoder, like=recipe)),
        "lexical": (LexicalBaseline(learn), LexicalBaseline),
    }
    row: dict[str, object] = {"set": "toxic_spans", "n": len(measured.texts)}
    each = {}
    for name, (model, fit) in models.items():
        threshold = best_threshold(learn, out_of_fold(learn, fit))
        each[name] = scores(measured, model.words(measured.texts), threshold)
        row |= {f"{name}_threshold": threshold, f"{name}_f1": asdict(resampled(each[name]))}
    row["minus_lexical"] = asdict(resampled(each["recipe"] - each["lexical"]))
    everything = [set(range(len(text))) for text in measured.texts]
    row["all_characters_f1"] = float(np.mean([f1(a, g) for a, g in zip(everything, measured.gold, strict=True)]))
    row["nothing_f1"] = float(np.mean([not gold for gold in measured.gold]))
    row["chosen"] = {name: getattr(recipe.head, f"{name}_") for name in SETTING}
    return row | {"seconds": round(time.perf_counter() - started, 1)}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the Parquet files")
    parser.add_argument("--final", action="store_true", help="look at the test part, and log the look")
    parser.add_argument("--cache", type=Path, default=HERE.parent / ".caseload" / "cache", help="compiled encoders")
    options = parser.parse_args(arguments)
    if not (options.data / FILE).is_file():
        print(f"skipped: {FILE} is not in {options.data}; name its folder with --data")
        return 0
    encoder = CompiledEncoder.load(ensure_compiled(None, options.cache))
    about = environment()
    print(json.dumps(about), flush=True)
    learn = read_part(options.data, ["train", "valid"] if options.final else ["train"], encoder)
    measured = read_part(options.data, ["test"] if options.final else ["valid"], encoder)
    row = measure(learn, measured, encoder)
    print(f"toxic_spans {'test' if options.final else 'valid'} n={row['n']}, mean character F1 (95 %)")
    print(f"  words of the recipe's explanation  {shown(Interval(**row['recipe_f1']))}")
    print(f"  TF-IDF + LR                        {shown(Interval(**row['lexical_f1']))}")
    print(f"  difference                         {shown(Interval(**row['minus_lexical']))}")
    print(f"  all characters {row['all_characters_f1']:.4f}, nothing {row['nothing_f1']:.4f}")
    print(f"  {row['seconds']} s, chose {row['chosen']}")
    if options.final:
        with LOOKS.open("a", encoding="utf-8") as log:
            log.write(json.dumps({**about, **row}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
