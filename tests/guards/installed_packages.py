"""`python -m tests.guards.installed_packages`: what is installed is what the lock names, and no CUDA package."""

from __future__ import annotations

import re
import sys
from importlib.metadata import distributions
from pathlib import Path

LOCK = Path(__file__).parents[2] / "requirements.lock"
# Pure Python, a few kB, comes with BentoML and reads a GPU's state where there is one: no CUDA.
ALLOWED = {"nvidia-ml-py"}
CUDA = re.compile(r"^(nvidia-|cuda-|triton$|cupy)")


def complaints(locked: dict[str, str], installed: dict[str, str]) -> list[str]:
    """What is wrong with what is installed, a line each."""
    found = [f"{name}: a CUDA package; remove it" for name in installed if CUDA.match(name) and name not in ALLOWED]
    found += [f"{name}: a CUDA package in the lock" for name in locked if CUDA.match(name) and name not in ALLOWED]
    for name, version in sorted(locked.items()):
        if name not in installed:
            found.append(f"{name}: locked at {version}, not installed; run make install")
        elif installed[name].split("+")[0] != version:
            found.append(f"{name}: locked at {version}, installed {installed[name]}; run make install")
    return found


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked_versions() -> dict[str, str]:
    lines = [line.split("==") for line in LOCK.read_text(encoding="utf-8").splitlines() if "==" in line]
    return {canonical(name): version.strip() for name, version in lines}


def installed_versions() -> dict[str, str]:
    return {canonical(d.metadata["Name"]): d.version for d in distributions()}


if __name__ == "__main__":
    problems = complaints(locked_versions(), installed_versions())
    sys.stdout.write("\n".join(problems or ["installed packages: as locked, no CUDA"]) + "\n")
    sys.exit(bool(problems))
