"""docs/privacy.md names the test of each claim; a name that no test has proves nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
NAMES = sorted(set(re.findall(r"`((?:tests/\w+/)?test_\w+(?:\.py)?)`", PAGE)))


def test_the_page_names_some() -> None:
    assert len(NAMES) > 10


@pytest.mark.parametrize("name", NAMES)
def test_each_test_that_the_page_names_is_there(name: str) -> None:
    if name.endswith(".py"):
        assert (ROOT / name if "/" in name else Path(__file__).parent / name).is_file()
    else:
        assert any(f"def {name}(" in path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.py"))
