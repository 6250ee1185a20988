from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from typing import Any

import pytest

from evaluation.judged import Judged
from evaluation.report import ModelFacts, RobustnessRow, figures, html_report, model_card
from evaluation.report.plots import DARKEST
from evaluation.report.style import DARK, LIGHT

FACTS = ModelFacts("caseload", "7", "2026-11-24T10:00:00Z", model={"encoder": "MiniLM"}, data={"rows": 4012})
HOSTILE = "<script>alert(1)</script>\"'&|*_`"


class Elements(HTMLParser):
    """The elements of a page; one that is closed out of order is a fault."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.found}


def hostile(judged: Judged) -> Judged:
    labels = (HOSTILE, *judged.labels[1:])
    values = [HOSTILE if row % 3 else "plain" for row in range(len(judged.truth))]
    return replace(judged, labels=labels, slices={HOSTILE: values}, examples=[HOSTILE + i for i in judged.examples])


def test_what_comes_from_outside_never_becomes_markup(judged: Judged):
    rows = hostile(judged)
    model = ModelFacts(HOSTILE, HOSTILE, HOSTILE, {HOSTILE: HOSTILE}, {HOSTILE: HOSTILE}, (HOSTILE,))
    attacks = [RobustnessRow(HOSTILE, 3, 0.5, 0.1)]
    rows = replace(rows, texts=[HOSTILE] * len(rows.truth))
    page = html_report(HOSTILE, model, figures(rows, draws=20), rows, robustness=attacks, show_texts=True)
    elements = Elements(page)
    assert not {"script", "img", "iframe", "object", "link", "form"} & elements.names
    assert not elements.open, "all that was opened is closed"
    assert not [name for _, attributes in elements.found for name in attributes if name.startswith("on")]


def test_the_page_names_nothing_outside_itself(judged: Judged, found: dict[str, Any]):
    elements = Elements(html_report("A report", FACTS, found, judged))
    assert not {"script", "img", "link", "iframe"} & elements.names
    for _, attributes in elements.found:
        assert not {"src", "style", "srcset"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#")
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_texts_are_shown_only_where_they_are_asked_for(judged: Judged, found: dict[str, Any]):
    example = found["confusion"]["top"][0]["examples"][0]
    opening = escape(judged.texts[judged.examples.index(example)][:30])
    assert opening not in html_report("A report", FACTS, found, judged)
    assert opening in html_report("A report", FACTS, found, judged, show_texts=True)


def test_a_judge_that_says_only_categories_gets_a_shorter_page(judged: Judged):
    bare = Judged(judged.labels, judged.truth, judged.probabilities)
    page = html_report("A report", FACTS, figures(bare, draws=20), bare)
    assert "Risk and coverage" in page
    for left_out in ("Severity", "Slices", "Shortlists", "Robustness"):
        assert left_out not in page


def test_the_footer_claims_no_more_than_is_known(judged: Judged, found: dict[str, Any]):
    claim = "the model learnt from none of them"
    written = replace(FACTS, caveats=("These are written examples.",))
    unknown = replace(FACTS, held_out=False)
    assert claim in html_report("A report", FACTS, found, judged)
    assert claim in html_report("A report", written, found, judged)
    page = html_report("A report", unknown, found, judged)
    assert claim not in page
    assert "held-out rows" not in page
    assert "It is not known whether the model learnt from some of the rows." in page


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(first: str, second: str) -> float:
    bright, dim = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def over(colour: str, paper: str, opacity: float) -> str:
    mixed = [
        round(opacity * int(colour[place : place + 2], 16) + (1 - opacity) * int(paper[place : place + 2], 16))
        for place in (1, 3, 5)
    ]
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_told_from_what_it_stands_on(colours: dict[str, str]):
    for paper in (colours["paper"], colours["panel"]):
        for text in ("ink", "quiet", "accent", "warn", "good"):
            assert contrast(colours[text], paper) >= 4.5, text
    for kind in ("right", "wrong"):
        darkest = over(colours[kind], colours["panel"], DARKEST)
        assert contrast(colours["ink"], darkest) >= 4.5, f"a count in the most shaded {kind} cell"


def test_the_card_says_what_the_model_is_for_and_not_for_and_its_figures(judged: Judged, found: dict[str, Any]):
    attacks = [RobustnessRow("none", 9, 0.8, 0.0, 0.9), RobustnessRow("typos", 9, 0.7, 0.1)]
    model = replace(FACTS, caveats=("These are written examples.",))
    card = model_card(model, found, robustness=attacks)
    for heading in ("Intended use", "Not to be used for", "Data", "Figures", "By category", "Robustness", "Limits"):
        assert f"\n## {heading}\n" in card
    assert "> These are written examples." in card
    accuracy = found["category"]["accuracy"]
    assert (
        f"| category accuracy | {accuracy['value']:.3f} ({accuracy['low']:.3f} to {accuracy['high']:.3f}) |" in card
    )
    error = found["category"]["ece"]
    assert f"| expected calibration error | {error['value']:.3f}; {error['if_perfect']:.3f} is what" in card
    assert "| typos | 0.700 | 0.100 | n/a |" in card
    assert all(f"| {label} |" in card.replace("\\_", "_") for label in judged.labels)


def test_a_target_between_whole_per_cents_is_not_rounded(judged: Judged):
    found = figures(
        replace(judged, shortlists={0.995: [tuple(range(len(judged.labels)))] * len(judged.truth)}),
        precision_target=0.995,
        draws=20,
    )
    page, card = html_report("A report", FACTS, found, judged), model_card(FACTS, found)
    assert "Answered at 99.5 % precision" in page
    assert "At or below 0.5 % errors" in page
    assert "99.5 % list" in page
    assert "answered at 99.5 % precision" in card
    assert "99.5 % shortlist holds the truth" in card


def test_a_matrix_says_what_its_columns_are(judged: Judged, found: dict[str, Any]):
    page = html_report("A report", FACTS, found, judged)
    for column in ("suggested", "shown"):
        assert f"Rows are what was decided, columns what was {column}; the diagonal is right." in page


def test_the_card_warns_of_what_its_figures_show(judged: Judged):
    sharpened = judged.probabilities**4
    worse = replace(judged, probabilities=sharpened / sharpened.sum(axis=1, keepdims=True))
    halves = ["right" if right else "wrong" for right in worse.right]
    card = model_card(FACTS, figures(replace(worse, slices={"half": halves}), draws=20))
    assert "Its probabilities are off by more than chance explains" in card
    assert "Less accurate than elsewhere on: half wrong." in card


def test_a_name_with_a_line_or_a_bar_in_it_stays_in_its_cell(found: dict[str, Any]):
    card = model_card(replace(FACTS, model={"a|b\nc": "<b>*x*</b>"}), found)
    assert "| a\\|b c | \\<b\\>\\*x\\*\\</b\\> |" in card
    assert not re.search(r"(?<!\\)<b", card)
