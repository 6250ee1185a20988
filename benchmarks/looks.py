"""Where looks at test parts are logged, and what is told of the machine that a benchmark ran on."""

from __future__ import annotations

import json
import platform
import resource
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
LOOKS = HERE / "looks.jsonl"
# Compiled encoders, and for the written cases their embeddings.
CACHE = HERE.parent / ".caseload" / "cache"


def environment() -> dict[str, object]:
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False)  # noqa: S607  our own repository
    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    packages = ("scikit-learn", "numpy", "openvino", "sentence-transformers")
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip(),
        "machine": model,
        "python": platform.python_version(),
        "versions": {package: version(package) for package in packages},
    }


def log_look(row: Mapping[str, object]) -> None:
    """One line a look; the file is committed, so that nobody can look twice unseen."""
    with LOOKS.open("a", encoding="utf-8") as log:
        log.write(json.dumps(row) + "\n")


def peak_memory() -> int:
    """The most that this process has held so far, MB (Linux counts kilobytes)."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
