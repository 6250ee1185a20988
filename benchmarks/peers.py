"""What the recipe is held against, on the same rows in the same run: four ways that need no more than a library."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from cases.taxonomy import inline_taxonomy
from features.encoder import Encoder
from features.frame import embedding_matrix, feature_frame
from models.calibration import probabilities
from models.definitions import definition_vectors
from training.rows import assembled_rows

Floats = npt.NDArray[np.float64]

# A setting is chosen on so many rows at most: more would cost minutes and choose the same.
MOST_TO_CHOOSE_ON = 6000
FOLDS = 3
# Fitted to the end: a looser tolerance would make a peer weaker than it is.
TOLERANCE, MOST_STEPS = 1e-6, 3000
# Cosines times this are logits, as in `models.dense`.
SCALE = 20.0


@dataclass(frozen=True)
class Material:
    """Rows as the peers take them: the texts as they came, and their embedding by the encoder as it came."""

    texts: npt.NDArray[np.object_]
    vectors: npt.NDArray[np.float32]


def material(rows: pd.DataFrame, encoder: Encoder) -> Material:
    vectors = embedding_matrix(feature_frame(assembled_rows(rows), encoder))
    return Material(rows["description"].to_numpy(dtype=object), vectors)


class Peer(ABC):
    """Fitted by its constructor; `classes_` are the columns of `predict_proba`."""

    classes_: Sequence[str]

    @abstractmethod
    def __init__(self, train: Material, labels: npt.NDArray[np.str_], encoder: Encoder) -> None: ...

    @abstractmethod
    def predict_proba(self, rows: Material) -> Floats: ...

    def novelty(self, rows: Material) -> Floats:
        """Higher where a row is less like those learnt from: what the largest probability leaves."""
        return 1.0 - self.predict_proba(rows).max(axis=1)

    def in_order(self, rows: Material, labels: Sequence[str]) -> Floats:
        """Shape (n, k), columns as `labels`; 0 for a label that was not learnt."""
        found = self.predict_proba(rows)
        result = np.zeros((len(found), len(labels)))
        places = {label: place for place, label in enumerate(labels)}
        result[:, [places[str(label)] for label in self.classes_]] = found
        return result


class TfidfPeer(Peer):
    """TF-IDF of words 1-2 and logistic regression at C = 10: the floor of the sets' own page."""

    def __init__(self, train: Material, labels: npt.NDArray[np.str_], encoder: Encoder) -> None:
        del encoder
        few = len(labels) <= 3000
        self.model = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=1 if few else 2, max_features=100_000),
            LogisticRegression(C=10, max_iter=MOST_STEPS, tol=TOLERANCE),
        ).fit(train.texts, labels)
        self.classes_ = self.model.classes_

    def predict_proba(self, rows: Material) -> Floats:
        return self.model.predict_proba(rows.texts)


class EmbeddingPeer(Peer):
    """The embedding and logistic regression, C by cross-validated log loss."""

    def __init__(self, train: Material, labels: npt.NDArray[np.str_], encoder: Encoder) -> None:
        del encoder
        model = LogisticRegression(max_iter=MOST_STEPS, tol=TOLERANCE)
        self.model = chosen(model, {"C": [3, 10, 30, 100, 300]}, train, labels).fit(train.vectors, labels)
        self.classes_ = self.model.classes_

    def predict_proba(self, rows: Material) -> Floats:
        return self.model.predict_proba(rows.vectors)


class NeighbourPeer(Peer):
    """The votes of the nearest by cosine, the nearer the more, k by cross-validated log loss."""

    def __init__(self, train: Material, labels: npt.NDArray[np.str_], encoder: Encoder) -> None:
        del encoder
        model = KNeighborsClassifier(metric="cosine", weights="distance", algorithm="brute")
        most = len(subset(labels)) // FOLDS
        grid = {"n_neighbors": [k for k in (1, 5, 10, 20, 40) if k <= most]}
        self.model = chosen(model, grid, train, labels).fit(train.vectors, labels)
        self.classes_ = self.model.classes_

    def predict_proba(self, rows: Material) -> Floats:
        return self.model.predict_proba(rows.vectors)

    def novelty(self, rows: Material) -> Floats:
        """The mean distance to the nearest."""
        return self.model.kneighbors(rows.vectors)[0].mean(axis=1)


class NamePeer(Peer):
    """The category whose name is nearest: what no decided case at all would give."""

    def __init__(self, train: Material, labels: npt.NDArray[np.str_], encoder: Encoder) -> None:
        del train
        self.classes_ = sorted({str(label) for label in labels})
        self.names = definition_vectors(inline_taxonomy(self.classes_, 0), self.classes_, encoder)

    def predict_proba(self, rows: Material) -> Floats:
        return probabilities(SCALE * (rows.vectors @ self.names.T).astype(np.float64))


PEERS: Mapping[str, type[Peer]] = {
    "TF-IDF + LR": TfidfPeer,
    "MiniLM + LR": EmbeddingPeer,
    "kNN": NeighbourPeer,
    "label's name": NamePeer,
}
# The name of a level says nothing.
OF_LEVELS = ("TF-IDF + LR", "MiniLM + LR", "kNN")


def chosen(
    model: BaseEstimator, grid: Mapping[str, list[float]], train: Material, labels: npt.NDArray[np.str_]
) -> BaseEstimator:
    """The model with the setting of least cross-validated log loss, not yet fitted on all rows."""
    rows = subset(labels)
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    search = GridSearchCV(model, grid, scoring=held_out_score, cv=splitter, refit=False)
    return model.set_params(**search.fit(train.vectors[rows], labels[rows]).best_params_)


def subset(labels: npt.NDArray[np.str_]) -> npt.NDArray[np.intp]:
    """Rows to choose a setting on."""
    every = np.random.default_rng(0).permutation(len(labels))
    return np.sort(every[:MOST_TO_CHOOSE_ON])


def held_out_score(model: BaseEstimator, vectors: npt.NDArray[np.float32], labels: npt.NDArray[np.str_]) -> float:
    """Minus the log loss; a class that the fold did not hold has the smallest probability, as it would have."""
    places = {label: place for place, label in enumerate(model.classes_)}
    found = model.predict_proba(vectors)
    truth = np.array([places.get(label, -1) for label in labels])
    told = np.where(truth >= 0, found[np.arange(len(truth)), truth], 0.0)
    # A nearest neighbour's vote may be 0: a floor that does not let one such row decide.
    return float(np.log(np.maximum(told, 1e-3)).mean())
