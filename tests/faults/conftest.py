from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.databases import database_kind, store_url

__all__ = ["database_kind", "store_url"]


@pytest.fixture
def quote(pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Says a figure on the terminal, whatever pytest captures: what a soak is quoted by."""

    def say(line: str) -> None:
        with capsys.disabled():
            pytestconfig.get_terminal_writer().line(f"\n{line}")

    return say
