"""Decisions that may be slips: told to a person, never dropped in silence.

Confident learning (Northcutt, Jiang and Chuang 2021, arXiv:1911.00068), by cleanlab: a decision is suspect where
out-of-fold probabilities, held against how sure the model usually is of each category, say another category.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cases.ids import CaseId

if TYPE_CHECKING:
    from cases.store import CaseStore

# So many are worth a person's hour; the worst come first.
MOST = 500


@dataclass(frozen=True, slots=True)
class Suspect:
    """A decision that may be a slip.

    Attributes:
        case_id: Of the decided case.
        decided: The category decided.
        suggested: What the model says instead, not having seen the case.
        p_decided: The probability that it gives to the decision, 0..1.
        p_suggested: That of what it says instead, 0..1.
        decided_by: Who decided; "" in what a tracker kept, which holds nobody's name.
    """

    case_id: str
    decided: str
    suggested: str
    p_decided: float
    p_suggested: float
    decided_by: str


def find_suspects(
    case_ids: Sequence[str],
    codes: npt.NDArray[np.integer],
    probabilities: npt.NDArray[np.float64],
    labels: Sequence[str],
    decided_by: Sequence[str],
) -> tuple[Suspect, ...]:
    """The suspect decisions among n cross-validated ones, the likeliest slips first, at most `MOST`.

    Args:
        case_ids: n ids.
        codes: Shape (n,): the decided category of each, 0..k-1.
        probabilities: Shape (n, k), out-of-fold, calibrated.
        labels: k names.
        decided_by: n names.
    """
    from cleanlab.filter import find_label_issues

    # cleanlab wants each class to occur.
    present, places = np.unique(codes, return_inverse=True)
    if len(present) < 2:
        return ()
    known = probabilities[:, present]
    known = known / known.sum(axis=1, keepdims=True)
    worst_first = find_label_issues(places, known, return_indices_ranked_by="self_confidence", n_jobs=1)
    return tuple(
        Suspect(
            case_id=case_ids[row],
            decided=labels[int(codes[row])],
            suggested=labels[int(probabilities[row].argmax())],
            p_decided=float(probabilities[row, codes[row]]),
            p_suggested=float(probabilities[row].max()),
            decided_by=decided_by[row],
        )
        for row in (int(place) for place in worst_first[:MOST])
    )


def suspects_table(suspects: Sequence[Suspect]) -> dict[str, Any]:
    """The suspects as the tracker keeps them: ids and codes. Who decided stays in the record."""
    rows = [asdict(suspect) for suspect in suspects]
    return {"suspects": [{name: value for name, value in row.items() if name != "decided_by"} for row in rows]}


def read_suspects(table: dict[str, Any]) -> tuple[Suspect, ...]:
    """What `suspects_table` wrote, by whom left open; runs of before hold names, which are read past."""
    return tuple(Suspect(**(row | {"decided_by": ""})) for row in table["suspects"])


def with_associates(suspects: Sequence[Suspect], store: CaseStore) -> tuple[Suspect, ...]:
    """The suspects with who decided them, from the record; "" where it knows no such case.

    Raises:
        StoreUnavailableError: The database does not answer.
    """
    return tuple(replace(suspect, decided_by=_associate(suspect, store)) for suspect in suspects)


def _associate(suspect: Suspect, store: CaseStore) -> str:
    """Who decided so last: a review that has since come out otherwise is no suspect's."""
    decisions = store.decisions(CaseId(suspect.case_id))
    so = [decision for decision in decisions if decision.verdict.category == suspect.decided] or decisions
    return so[-1].decided_by if so else ""
