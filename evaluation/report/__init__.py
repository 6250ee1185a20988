"""The report on a model: figures as JSON, one HTML file without script or outside reference, and a model card."""

from evaluation.report.card import model_card
from evaluation.report.figures import figures, flat_metrics
from evaluation.report.inputs import ModelFacts, RobustnessRow
from evaluation.report.page import html_report

__all__ = ["ModelFacts", "RobustnessRow", "figures", "flat_metrics", "html_report", "model_card"]
