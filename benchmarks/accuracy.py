"""Category accuracy on public data sets: `python benchmarks/accuracy.py [SET …] [--final]`.

One recipe for all: a set is a file, its columns and which rows count; nothing else is told, and no code of Caseload
knows a set's name. Without `--final` only training parts are read: the recipe and the two baselines are
cross-validated on them. `--final` reads the test part, measures once, and appends the look to benchmarks/looks.jsonl,
which is committed.

Baselines: TF-IDF + logistic regression (words 1-2, C = 10: the floor of the sets' own page) and MiniLM + logistic
regression (C by cross-validation). A difference counts when its paired bootstrap interval (95 %) does not hold zero.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline

from evaluation.bootstrap import Interval, interval
from evaluation.metrics import accuracy, ece, ece_if_perfect, log_loss, macro_f1
from evaluation.paired import paired_difference
from features.assemble import assemble
from features.encoder import CompiledEncoder, ensure_compiled
from features.frame import embedding_matrix, feature_frame
from models.category import CategoryClassifier

HERE = Path(__file__).parent
DATA = HERE.parent.parent / "shared" / "data"
LOOKS = HERE / "looks.jsonl"


@dataclass(frozen=True)
class PublicSet:
    """A file, its columns, which rows count, and the accuracy that is asked for."""

    file: str
    label: str
    at_least: float
    where: str = ""
    text: str = "text"
    split: str = "split"


SETS = {
    "banking77": PublicSet("banking77.parquet", "category", 0.935),
    "clinc150": PublicSet("clinc150_oos.parquet", "subcategory", 0.958, where="subcategory != 'oos'"),
    "ailuminate": PublicSet("ailuminate_hazards.parquet", "subcategory", 0.79),
    "nlbse24": PublicSet("nlbse24_issues.parquet", "category", 0.755),
    "cfpb5": PublicSet("cfpb_five_products_llm.parquet", "category", 0.77),
}


@dataclass(frozen=True)
class Part:
    """Rows with their features: the frame, and the texts as they were for the baseline."""

    frame: pd.DataFrame
    texts: npt.NDArray[np.object_]
    labels: npt.NDArray[np.str_]

    def rows(self, index: npt.NDArray[np.intp]) -> Part:
        return Part(self.frame.iloc[index].reset_index(drop=True), self.texts[index], self.labels[index])


def read_part(source: PublicSet, folder: Path, *, test: bool) -> pd.DataFrame:
    """The training rows (train and valid), or the test rows; the others are filtered away while reading."""
    wanted = ["test"] if test else ["train", "valid"]
    table = pd.read_parquet(folder / source.file, filters=[(source.split, "in", wanted)])
    if source.where:
        table = table.query(source.where)
    return table[table[source.label].notna()].reset_index(drop=True)


def embed(table: pd.DataFrame, source: PublicSet, encoder: CompiledEncoder) -> Part:
    texts = table[source.text].astype(str).to_numpy(dtype=object)
    frame = feature_frame([assemble("", text) for text in texts], encoder)
    return Part(frame, texts, table[source.label].astype(str).to_numpy(dtype=np.str_))


def ours(train: Part) -> CategoryClassifier:
    return CategoryClassifier().fit(train.frame, train.labels)


class TfidfBaseline:
    """TF-IDF of words 1-2 and logistic regression at C = 10."""

    def __init__(self, train: Part) -> None:
        few = len(train.labels) <= 3000
        self.model = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=1 if few else 2, max_features=100_000),
            LogisticRegression(C=10, max_iter=1000),
        ).fit(train.texts, train.labels)
        self.classes_ = self.model.classes_

    def predict_proba(self, part: Part) -> npt.NDArray[np.float64]:
        return self.model.predict_proba(part.texts)


class EmbeddingBaseline:
    """The embedding and logistic regression, C by three-fold cross-validated log-loss."""

    def __init__(self, train: Part) -> None:
        search = GridSearchCV(
            LogisticRegression(max_iter=1000),
            {"C": [3, 10, 30, 100]},
            scoring="neg_log_loss",
            cv=StratifiedKFold(3, shuffle=True, random_state=0),
            n_jobs=2,
        )
        self.model = search.fit(embedding_matrix(train.frame), train.labels).best_estimator_
        self.classes_ = self.model.classes_

    def predict_proba(self, part: Part) -> npt.NDArray[np.float64]:
        return self.model.predict_proba(embedding_matrix(part.frame))


@dataclass(frozen=True)
class Answers:
    """What the recipe and the baselines say of the same rows."""

    truth: npt.NDArray[np.intp]
    recipe: npt.NDArray[np.float64]
    tfidf: npt.NDArray[np.float64]
    embedding: npt.NDArray[np.float64]
    seconds: float
    chosen: dict[str, float]


def answers(train: Part, held_out: Part, embedding_seconds: float) -> Answers:
    """Fit all three on `train` and ask them of `held_out`; `seconds` is the recipe's whole time."""
    started = time.perf_counter()
    model = ours(train)
    recipe = model.predict_proba(held_out.frame)
    seconds = embedding_seconds + time.perf_counter() - started
    classes = list(model.classes_)
    truth = np.array([classes.index(label) for label in held_out.labels])
    chosen = {"C": model.C_, "lexical": model.lexical_weight_, "dense": model.dense_weight_, "T": model.temperature_}
    tfidf, embedding = TfidfBaseline(train), EmbeddingBaseline(train)
    if not (list(tfidf.classes_) == list(embedding.classes_) == classes):
        raise AssertionError("the three models must know the same labels")
    return Answers(truth, recipe, tfidf.predict_proba(held_out), embedding.predict_proba(held_out), seconds, chosen)


def figures(found: Answers) -> dict[str, object]:
    """The table's row."""
    return {
        "n": len(found.truth),
        "accuracy": asdict(interval(accuracy, found.truth, found.recipe)),
        "macro_f1": asdict(interval(macro_f1, found.truth, found.recipe)),
        "ece": asdict(interval(ece, found.truth, found.recipe)),
        "ece_if_perfect": ece_if_perfect(found.recipe),
        "log_loss": asdict(interval(log_loss, found.truth, found.recipe)),
        "tfidf_accuracy": accuracy(found.truth, found.tfidf),
        "embedding_accuracy": accuracy(found.truth, found.embedding),
        "minus_tfidf": asdict(paired_difference(accuracy, found.truth, found.recipe, found.tfidf)),
        "minus_embedding": asdict(paired_difference(accuracy, found.truth, found.recipe, found.embedding)),
        "seconds": round(found.seconds, 1),
        "chosen": found.chosen,
    }


def cross_validated(train: Part, folds: int, embedding_seconds: float) -> Answers:
    """The recipe, its search included, on each fold of the training part."""
    splitter = StratifiedKFold(folds, shuffle=True, random_state=7)
    parts = [
        (held_out, answers(train.rows(kept), train.rows(held_out), 0.0))
        for kept, held_out in splitter.split(train.texts, train.labels)
    ]
    order = np.argsort(np.concatenate([rows for rows, _ in parts]))

    def together(name: str) -> npt.NDArray[np.float64]:
        return np.concatenate([getattr(found, name) for _, found in parts])[order]

    seconds = embedding_seconds + sum(found.seconds for _, found in parts)
    return Answers(
        together("truth"), together("recipe"), together("tfidf"), together("embedding"), seconds, parts[0][1].chosen
    )


def measure(name: str, folder: Path, encoder: CompiledEncoder, *, final: bool, folds: int) -> dict[str, object]:
    source = SETS[name]
    started = time.perf_counter()
    train = embed(read_part(source, folder, test=False), source, encoder)
    if not final:
        found = cross_validated(train, folds, time.perf_counter() - started)
    else:
        held_out = embed(read_part(source, folder, test=True), source, encoder)
        found = answers(train, held_out, time.perf_counter() - started)
    return {"set": name, "at_least": source.at_least, **figures(found)}


def environment() -> dict[str, object]:
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False)  # noqa: S607  our own repository
    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    packages = ("scikit-learn", "numpy", "openvino", "sentence-transformers")
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip(),
        "machine": model,
        "python": platform.python_version(),
        "versions": {package: version(package) for package in packages},
    }


def line(row: dict[str, object]) -> str:
    def shown(name: str) -> str:
        found = Interval(**row[name])
        return f"{found.value:.4f} [{found.low:.4f}, {found.high:.4f}]"

    def against(name: str) -> str:
        found = Interval(**row[f"minus_{name}"])
        worse = "  WORSE" if found.high < 0 else ""
        return f"{row[f'{name}_accuracy']:.4f} ({found.value:+.4f} [{found.low:+.4f}, {found.high:+.4f}]){worse}"

    met = "met" if row["accuracy"]["value"] >= row["at_least"] else "MISSED"
    return (
        f"{row['set']:<11} n={row['n']:<6} accuracy {shown('accuracy')} asked {row['at_least']} {met}\n"
        f"            ECE {shown('ece')} (a perfect model: {row['ece_if_perfect']:.3f})\n"
        f"            macro-F1 {shown('macro_f1')}\n"
        f"            TF-IDF + LR {against('tfidf')}\n"
        f"            MiniLM + LR {against('embedding')}\n"
        f"            {row['seconds']} s, chose {row['chosen']}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", choices=[*SETS, []], help="all where none is named")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the Parquet files")
    parser.add_argument("--final", action="store_true", help="look at the test parts, and log the look")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--cache", type=Path, default=HERE.parent / ".caseload" / "cache", help="compiled encoders")
    options = parser.parse_args(arguments)
    if not options.data.is_dir():
        print(f"skipped: the public data sets are not at {options.data}; name their folder with --data")
        return 0
    warnings.simplefilter("ignore", ConvergenceWarning)
    # No cache of embeddings: encoding is part of the time that is told.
    encoder = CompiledEncoder.load(ensure_compiled(None, options.cache))
    about = environment()
    print(json.dumps(about), flush=True)
    for name in options.sets or SETS:
        row = measure(name, options.data, encoder, final=options.final, folds=options.folds)
        print(line(row), flush=True)
        if options.final:
            with LOOKS.open("a", encoding="utf-8") as log:
                log.write(json.dumps({**about, **row}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
