from __future__ import annotations

from pathlib import Path

import pytest

from cases.intake.mapping import FIELDS
from cases.intake.readers import FORMATS, SUFFIXES

DOCUMENT = (Path(__file__).parents[3] / "docs" / "intake.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*FIELDS, *FORMATS, *SUFFIXES])
def test_every_field_format_and_ending_is_documented(name: str) -> None:
    assert f"`{name}`" in DOCUMENT
