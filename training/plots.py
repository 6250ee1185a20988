"""The plots that a run leaves in the tracker: confusion matrix and reliability diagram."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure as Plot

_LABELLED_UP_TO = 40
_BINS = 15


def confusion_plot(counts: npt.NDArray[np.int64], labels: Sequence[str]) -> Plot:
    """A confusion matrix: row = what was decided, column = what the model says, shaded by share of the row.

    Args:
        counts: (k, k) whole numbers.
        labels: k names.
    """
    size = min(4 + 0.28 * len(labels), 14)
    plot = Plot(figsize=(size, size), layout="constrained")
    axes = plot.add_subplot()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xlabel("suggested")
    axes.set_ylabel("decided")
    if len(labels) <= _LABELLED_UP_TO:
        axes.set_xticks(range(len(labels)), labels, rotation=90, fontsize=7)
        axes.set_yticks(range(len(labels)), labels, fontsize=7)
        for row, column in zip(*np.nonzero(counts), strict=True):
            shade = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=6, color=shade)
    return plot


def reliability_plot(probabilities: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> Plot:
    """How often the first suggestion was right, by how sure the model was, with the number of cases in each bin.

    Args:
        probabilities: (n,) probability of the first suggestion.
        right: (n,) whether it was right.
    """
    plot = Plot(figsize=(5, 5), layout="constrained")
    axes = plot.add_subplot()
    edges = np.linspace(0, 1, _BINS + 1)
    bins = np.clip(np.digitize(probabilities, edges[1:-1]), 0, _BINS - 1)
    for place in range(_BINS):
        inside = bins == place
        if inside.any():
            sure, accuracy = probabilities[inside].mean(), right[inside].mean()
            axes.plot(sure, accuracy, "o", color="tab:blue", markersize=4 + 2 * np.log10(inside.sum()))
            axes.annotate(
                str(int(inside.sum())), (sure, accuracy), textcoords="offset points", xytext=(5, -8), fontsize=7
            )
    axes.plot([0, 1], [0, 1], "--", color="grey", linewidth=1)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="probability of the first suggestion", ylabel="share that was right")
    return plot
