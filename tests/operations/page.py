"""The commands of docs/operations.md, as they stand there, and a place to run them in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def blocks() -> dict[str, list[str]]:
    """By heading, the indented blocks under it, without their indent; headings without any are left out."""
    found: dict[str, list[str]] = {}
    heading, block = "", list[str]()
    for line in [*PAGE.splitlines(), "# end"]:
        if line.startswith("    "):
            block.append(line[4:])
            continue
        if block and line:
            found.setdefault(heading, []).append("\n".join(block).rstrip() + "\n")
            block = []
        elif block:
            block.append("")
        if line.startswith("#"):
            heading = line.lstrip("# ")
    return found


@dataclass(frozen=True)
class Workplace:
    """A folder with `caseload` on its path, and the page's variables.

    Attributes:
        folder: Where commands run.
        variables: Beside the process's own, from which all of Caseload's are taken out.
    """

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        named = self.folder / "bin"
        named.mkdir(exist_ok=True)
        command = named / "caseload"
        if not command.exists():
            command.write_text(f'#!/bin/sh\nexec {sys.executable} -m cli.main "$@"\n')
            command.chmod(0o755)
        folders = {}
        for name in ("BACKUPS", "RESTORED"):
            folders[name] = str(self.folder / name.lower())
            Path(folders[name]).mkdir(exist_ok=True)
        own = {name: value for name, value in os.environ.items() if not name.startswith("CASELOAD_")}
        path = f"{named}:{Path(sys.executable).parent}:{own['PATH']}"
        return own | {"PATH": path, "PYTHONPATH": str(ROOT)} | folders | dict(self.variables)

    def run(self, script: str, **variables: str) -> str:
        """What the script prints to stdout; fails with all of it where a line of it fails."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def without_comments(block: str) -> list[str]:
    """A block's lines, each without what follows a #."""
    return [re.sub(r"\s+# .*$", "", line) for line in block.splitlines() if line]
