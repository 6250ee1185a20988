"""What the public data sets are: files, columns, which rows count, and what is asked of each.

A set is told here and nowhere else: no code of Caseload outside this folder knows a set's name.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from training.snapshot import COLUMNS

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
# Beside the snapshot's columns: whose model judges the row, where there is one each.
MODEL = "model"


@dataclass(frozen=True)
class Asked:
    """A figure that is asked for: at least so much, and what is aimed at."""

    measure: Literal["accuracy", "macro_f1", "qwk_shown", "auroc"]
    at_least: float
    aim: float | None = None


@dataclass(frozen=True)
class PublicSet:
    """A file and what is asked of it.

    Attributes:
        file: Its name in the folder of the sets.
        asked: Figures.
        kind: How it is measured: as it is, learnt from a few rows a class, or by what it calls novel.
        label, text: Columns; `extra.NAME` is a value of the JSON in `extra`.
        where: Which rows count, as pandas' `query` has it.
        unknown: Which rows are of kinds that are not learnt.
        either: The label that stays, and what all the others are called instead.
        model_per: Column by whose values a model of its own is learnt.
        signals: Columns that the model takes as attributes beside the text: what is known of a case when it comes in.
            The peers read the text alone.
        levels: How many severity levels the file has, 0 where severity is not measured.
    """

    file: str
    asked: tuple[Asked, ...]
    kind: Literal["judged", "few_shot", "novelty"] = "judged"
    label: str = "category"
    text: str = "text"
    where: str = ""
    unknown: str = ""
    either: tuple[str, str] = ("", "")
    model_per: str = ""
    signals: tuple[str, ...] = ()
    levels: int = 0

    @property
    def category_asked(self) -> bool:
        """Whether the category is measured, and not only learnt beside the severity."""
        return any(asked.measure != "qwk_shown" for asked in self.asked)


SETS = {
    "banking77": PublicSet("banking77.parquet", (Asked("accuracy", 0.940, 0.9435),)),
    "banking77_10_a_class": PublicSet("banking77.parquet", (Asked("accuracy", 0.85, 0.872),), kind="few_shot"),
    "clinc150": PublicSet(
        "clinc150_oos.parquet",
        (Asked("accuracy", 0.963, 0.975),),
        label="subcategory",
        where="subcategory != 'oos'",
    ),
    "clinc150_novelty": PublicSet(
        "clinc150_oos.parquet",
        (Asked("auroc", 0.978, 0.985),),
        kind="novelty",
        label="subcategory",
        where="subcategory != 'oos'",
        unknown="subcategory == 'oos'",
    ),
    "banking77_novelty": PublicSet(
        "banking77.parquet",
        (Asked("auroc", 0.93, 0.95),),
        kind="novelty",
        where="`extra.banking77_oos_in_scope` == True",
        unknown="`extra.banking77_oos_in_scope` == False",
    ),
    "ailuminate": PublicSet("ailuminate_hazards.parquet", (Asked("accuracy", 0.82, 0.85),), label="subcategory"),
    # The competition's own figure: a model for each project, the mean of their macro-F1.
    "nlbse24": PublicSet("nlbse24_issues.parquet", (Asked("macro_f1", 0.77, 0.827),), model_per="extra.repo"),
    "cfpb5": PublicSet("cfpb_five_products_llm.parquet", (Asked("accuracy", 0.80, 0.814),)),
    "davidson": PublicSet("davidson_hate_offensive.parquet", (Asked("macro_f1", 0.755),)),
    "edos_a": PublicSet("edos_sexism.parquet", (Asked("macro_f1", 0.77),), either=("none", "sexist")),
    "convabuse": PublicSet(
        "convabuse.parquet",
        (Asked("macro_f1", 0.82), Asked("qwk_shown", 0.72, 0.78)),
        text="extra.target_utterance",
        either=("not_abusive", "abusive"),
        levels=5,
    ),
    "nasa": PublicSet("nasa_pits_severity.parquet", (Asked("qwk_shown", 0.68, 0.75),), levels=5),
    # Which service a ticket is about; its impact is judged by the same people as its urgency, and is left out.
    "endava": PublicSet(
        "endava_tickets.parquet",
        (Asked("qwk_shown", 0.25, 0.35),),
        where="severity.notna()",
        signals=("extra.business_service", "extra.sub_category2"),
        levels=3,
    ),
}


def read_rows(source: PublicSet, folder: Path, *, test: bool, unknown: bool = False) -> pd.DataFrame:
    """A snapshot's columns and `MODEL`, of the training rows (train and valid) or of the test rows.

    The other part is filtered away while reading. Severity is turned round: 1 is the most severe.

    Args:
        source: The set.
        folder: Of the files.
        test: Which part.
        unknown: The rows of kinds that are not learnt, instead of the others.
    """
    wanted = ["test"] if test else ["train", "valid"]
    table = pd.read_parquet(folder / source.file, filters=[("split", "in", wanted)])
    told = " ".join([source.text, source.where, source.unknown, source.model_per, *source.signals])
    for name in sorted(set(re.findall(r"extra\.(\w+)", told))):
        table[f"extra.{name}"] = [json.loads(extra)[name] for extra in table["extra"]]
    chosen = source.unknown if unknown else source.where
    if chosen:
        table = table.query(chosen)
    table = table[table[source.label].notna()].reset_index(drop=True)
    if not test:
        # As `caseload train --data` leaves them out; of the test part every row is judged.
        table = table[table[source.text].astype(str).str.strip() != ""].reset_index(drop=True)
    return _rows(source, table)


def _rows(source: PublicSet, table: pd.DataFrame) -> pd.DataFrame:
    labels = table[source.label].astype(str)
    stays, others = source.either
    filled = {
        "case_id": table["case_id"].astype(str),
        "subject_key": table["case_id"].astype(str),
        "received_at": pd.Series(pd.NaT, index=table.index, dtype="datetime64[ns, UTC]"),
        "description": table[source.text].astype(str),
        "attributes": _attributes(source, table),
        "category": labels.where(labels == stays, others) if stays else labels,
        "severity": pd.Series(pd.NA, index=table.index, dtype="Int64"),
    }
    if source.levels:
        filled["severity"] = source.levels + 1 - table["severity"].astype("Int64")
    empty = pd.Series("", index=table.index)
    rows = pd.DataFrame({name: filled.get(name, empty) for name in COLUMNS})
    return rows.assign(**{MODEL: table[source.model_per].astype(str) if source.model_per else empty})


def _attributes(source: PublicSet, table: pd.DataFrame) -> pd.Series:
    names = [(column, column.removeprefix("extra.")) for column in source.signals]
    rows = table[list(source.signals)].astype(str).to_dict("records")
    return pd.Series([{name: row[column] for column, name in names} for row in rows], dtype=object)


def thinned(rows: pd.DataFrame, most: int | None) -> pd.DataFrame:
    """About so many rows, each label keeping its share and at least six: to see whether a script runs."""
    if most is None or len(rows) <= most:
        return rows
    share, random = most / len(rows), np.random.default_rng(0)
    kept = [
        random.permutation(group)[: max(6, round(len(group) * share))]
        for group in rows.groupby(["category", MODEL]).indices.values()
    ]
    return rows.iloc[np.sort(np.concatenate(kept))].reset_index(drop=True)
