"""A real browser for tests: Chromium as the system has it, driven by playwright, which downloads nothing.

Where there is none its tests skip with the reason, or fail where CASELOAD_REQUIRE names it ("chromium").
CASELOAD_TEST_CHROMIUM says where it is.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module's tests; each takes pages of its own."""
    where = os.environ.get("CASELOAD_TEST_CHROMIUM") or shutil.which("chromium")
    if where is None:
        message = "chromium is not installed; install it or set CASELOAD_TEST_CHROMIUM"
        if "chromium" in os.environ.get("CASELOAD_REQUIRE", "").split(","):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=where, args=ARGUMENTS)
        yield browser
        browser.close()
