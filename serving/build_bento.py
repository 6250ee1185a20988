"""`python -m serving.build_bento`: the service as a bento, without any network. Its tag is the last line on stdout.

BentoML's own `bentoml build` would copy the folder that it stands in, and ask a package index for versions that our
lock has already. What is copied here is the packages that serve, the lock, and what the installed package says of
itself, which the service reads its version from.

A bento holds no model and no secret: it serves what the record's champion names, under the settings of where it runs.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path

from cases.settings import load_settings

ROOT = Path(__file__).parents[1]
# Arrows point down: what serving may import.
PACKAGES = ("cases", "features", "models", "evaluation", "serving")
_LOCK = "requirements.lock"


def build(home: Path) -> str:
    """Build the bento into the store under `home`/bentoml, unless BENTOML_HOME names another; answers its tag."""
    os.environ["BENTOML_DO_NOT_TRACK"] = "true"
    os.environ.setdefault("BENTOML_HOME", str(home / "bentoml"))
    import bentoml

    with tempfile.TemporaryDirectory(prefix="caseload-bento-") as folder:
        staged = Path(folder)
        _stage(staged)
        bento = bentoml.bentos.build(
            "serving.bento:Caseload",
            name="caseload",
            description="Scores cases: policy category, severity, priority.",
            include=["*"],
            # The lock is whole: nothing is left to be looked up, and nobody is asked.
            python={"requirements_txt": _LOCK, "lock_packages": False, "pack_git_packages": False},
            build_ctx=str(staged),
        )
        return str(bento.tag)


def _stage(target: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, target / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (_LOCK, "LICENSE", "README.md"):
        shutil.copyfile(ROOT / name, target / name)
    installed = distribution("caseload")
    told = target / f"caseload-{installed.version}.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(installed.read_text("METADATA") or "", encoding="utf-8")


if __name__ == "__main__":
    sys.stdout.write(build(load_settings().home) + "\n")
