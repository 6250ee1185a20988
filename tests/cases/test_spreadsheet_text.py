from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.spreadsheet_text import guarded, without_guard


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1+1", "'=1+1"])
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert guarded(text) == "'" + text


@pytest.mark.parametrize("text", ["", "plain", " = spaced", "1-2", "'quoted' words", "it's", "'"])
def test_other_text_is_left_as_it_is(text: str) -> None:
    assert guarded(text) == text
    assert without_guard(text) == text


@given(st.text(alphabet=st.one_of(st.sampled_from("'=+-@\t\r\n\uff1da "), st.characters())))
def test_taking_the_guard_away_gives_the_text_back(text: str) -> None:
    assert without_guard(guarded(text)) == text
