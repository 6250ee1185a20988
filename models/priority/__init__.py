"""Where a case stands in the queue: the formula, what its parts weigh, and what moves severity before it counts."""

from models.priority.formula import FLOOR, CaseToRank, Priority, by_hand, priority, told_time, violation_of
from models.priority.handling import HandlingTimes
from models.priority.lane import lot_of
from models.priority.raising import raised_severity
from models.priority.weights import Weights
from models.priority.weights_file import DEFAULT_WEIGHTS, load_weights, parse_weights, weights_text

__all__ = [
    "DEFAULT_WEIGHTS",
    "FLOOR",
    "CaseToRank",
    "HandlingTimes",
    "Priority",
    "Weights",
    "by_hand",
    "load_weights",
    "lot_of",
    "parse_weights",
    "priority",
    "raised_severity",
    "told_time",
    "violation_of",
    "weights_text",
]
