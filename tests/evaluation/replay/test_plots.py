from __future__ import annotations

import math
import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.bootstrap import Interval
from evaluation.replay.plots import harm_plot, in_time_plot, waits_plot
from evaluation.replay.study import CURRENT, FIRST, NEW, OURS

ORDERS = (FIRST, NEW, CURRENT, OURS)


def test_a_plot_keeps_what_is_beyond_its_scale_at_its_edge():
    wild = {"first": Interval(1.0, 1.0, 1.0), "order": Interval(0.02, -0.01, 0.05)}
    for image in (harm_plot("a", "t", wild, ["order"]), in_time_plot("b", "t", wild, [])):
        xs = [float(x) for x in re.findall(r'(?:cx|x1|x2)="([-0-9.]+)"', image)]
        width = float(re.search(r'width="([0-9.]+)"', image)[1])  # type: ignore[index]
        assert min(xs) >= 0
        assert max(xs) <= width
        ET.fromstring(image)  # noqa: S314  our own drawing
    ET.fromstring(waits_plot("c", "t", {"order": {1: Interval(0.0, 0.0, 0.0)}}, []))  # noqa: S314


def intervals(highest: float) -> st.SearchStrategy[Interval]:
    """Figures as they may be: none, without bounds as of one seed, or with bounds, below 0 too."""
    value, none = st.floats(0.0, highest), st.just(math.nan)
    return st.one_of(
        st.builds(Interval, none, none, none),
        st.builds(Interval, value, none, none),
        st.builds(lambda v, half: Interval(v, v - half, v + half), value, value),
    )


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(ORDERS), intervals(1e4), min_size=1),
    st.dictionaries(st.sampled_from(ORDERS), intervals(1.0), min_size=1),
    st.dictionaries(st.sampled_from(ORDERS), st.dictionaries(st.integers(1, 4), intervals(1e4)), min_size=1),
)
def test_no_plot_holds_a_nan(
    harm: Mapping[str, Interval], in_time: Mapping[str, Interval], waits: Mapping[str, Mapping[int, Interval]]
):
    for image in (
        harm_plot("a", "t", harm, [OURS]),
        in_time_plot("b", "t", in_time, []),
        waits_plot("c", "t", waits, []),
    ):
        assert "nan" not in image
        assert "inf" not in image
        if image:
            ET.fromstring(image)  # noqa: S314  our own drawing


def test_where_there_is_nothing_to_draw_there_is_no_plot():
    none = Interval(math.nan, math.nan, math.nan)
    assert harm_plot("a", "t", {FIRST: none}, []) == ""
    assert in_time_plot("b", "t", {FIRST: none}, []) == ""
    assert waits_plot("c", "t", {FIRST: {1: none}}, []) == ""
