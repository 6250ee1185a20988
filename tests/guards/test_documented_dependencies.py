from __future__ import annotations

import re
import tomllib
from importlib.metadata import metadata
from pathlib import Path

import pytest

from tests.guards.installed_packages import canonical

ROOT = Path(__file__).parents[2]
DECLARED = [
    re.split(r"[\[<>=!~ ]", requirement)[0]
    for requirement in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
]
PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
LINES = dict(re.findall(r"^\| `([^`]+)` \| (.+?) \| .+\. \|$", PAGE, flags=re.MULTILINE))


def test_each_direct_dependency_has_its_line_and_each_line_its_dependency():
    assert sorted(LINES) == sorted(DECLARED)


# Packages of before PEP 639 state theirs in free text; what the page says of these was read by a person.
STATED = {name: metadata(canonical(name)).get("License-Expression") for name in DECLARED}


@pytest.mark.parametrize("name", [name for name, licence in STATED.items() if licence])
def test_the_licence_is_the_one_that_the_package_states(name: str):
    parts = re.split(r" AND | OR | WITH LLVM-exception", STATED[name])
    missing = [part for part in parts if part not in LINES[name]]
    assert not missing
