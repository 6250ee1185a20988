"""Pictures of the console, over what `make demo` left: `python benchmarks/console_screens.py`, into docs/screens.

It starts a service on the demo's home, signs somebody in as `caseload person sign-in` does, claims and decides a case
as an associate would, and looks at each page in both themes. Chromium is the system's.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from cases.errors import ConflictError
from cases.identity import Role
from cases.settings import load_settings
from cases.store import CaseStore, migrate
from cli.demo.service import free_port

SIZE = {"width": 1280, "height": 860}
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"]


@contextlib.contextmanager
def serving(home: Path, port: int) -> Iterator[str]:
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {"CASELOAD_HOME": str(home), "CASELOAD_PORT": str(port), "CASELOAD_BLIND_SHARE": "0"}
    process = subprocess.Popen([sys.executable, "-m", "cli.main", "serve"], env=environment)
    try:
        for _ in range(300):
            with contextlib.suppress(httpx2.HTTPError):
                if httpx2.get(f"{url}/health/ready").status_code == 200:
                    break
            time.sleep(0.5)
        yield url
    finally:
        process.terminate()
        process.wait()


def take(page: Page, out: Path, name: str) -> None:
    """The page as it stands, in both themes."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.wait_for_timeout(300)
        picture = out / f"{name}-{theme}.png"
        page.screenshot(path=picture)
        # A page has few colours; so it takes a third of the space.
        with Image.open(picture) as taken:
            few = taken.convert("RGB").quantize(128, dither=Image.Dither.NONE)
        few.save(picture, optimize=True)
    page.emulate_media(color_scheme="light")


def walk(page: Page, url: str, out: Path) -> None:
    page.goto(url)
    take(page, out, "queue")
    # A calm case rather than the gravest: the pictures are for everybody.
    page.goto(f"{url}/?category=intellectual_property&status=open")
    page.locator("td.what a").first.click()
    page.wait_for_url("**/cases/*")
    page.get_by_role("button", name=re.compile("^Claim it")).click()
    page.locator("#decision").wait_for()
    page.locator("#why h2").wait_for()
    take(page, out, "case")
    page.keyboard.press("1")
    page.wait_for_timeout(200)
    take(page, out, "decision")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?decided=*")
    decided = re.sub(r".*decided=", "", page.url)
    page.goto(f"{url}/cases/{decided}/words?name=Painting+at+Night&put_up=2026-01-05")
    take(page, out, "words")
    page.goto(f"{url}/quality")
    page.get_by_role("button", name="Draw").click()
    page.get_by_text("wait for a second reading").wait_for()
    page.goto(f"{url}/readings")
    page.get_by_role("link", name="Read the next one").click()
    take(page, out, "reading")
    for name in ("team", "quality", "policy", "weights", "model", "fires"):
        page.goto(f"{url}/{name}")
        take(page, out, name)


def main() -> None:
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--home", type=Path, default=Path(".caseload/demo"), help="What `make demo` left.")
    told.add_argument("--out", type=Path, default=Path("docs/screens"))
    asked = told.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is not installed; install it from your system's packages")
    settings = load_settings(home=asked.home)
    migrate.upgrade(settings.database_url)
    asked.out.mkdir(parents=True, exist_ok=True)
    with CaseStore.open(settings.database_url) as store, serving(asked.home, free_port(3100, "127.0.0.1")) as url:
        with contextlib.suppress(ConflictError):
            store.add_person("ada", [Role.ASSOCIATE, Role.LEAD, Role.POLICY_OWNER])
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            page = browser.new_page(viewport=SIZE)
            page.goto(f"{url}/sign-in#{store.make_sign_in_code('ada')}")
            page.wait_for_url(f"{url}/")
            walk(page, url, asked.out)
            browser.close()


if __name__ == "__main__":
    main()
