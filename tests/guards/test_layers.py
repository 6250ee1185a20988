"""The layers that pyproject.toml draws, and what a process that serves must never load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.features.fresh_process import run_python

ROOT = Path(__file__).parents[2]

# All of serving, whatever module it is in.
IMPORT_SERVING = """
import importlib, json, pkgutil, sys, warnings
# BentoML's own imports warn; what they say is not what is asked here.
warnings.simplefilter("ignore")
import serving
names = [module.name for module in pkgutil.walk_packages(serving.__path__, "serving.")]
for name in names:
    importlib.import_module(name)
print(json.dumps({"imported": names, "loaded": sorted({name.partition(".")[0] for name in sys.modules})}))
"""


def test_arrows_point_down_only() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_serving_loads_neither_the_tracker_nor_torch() -> None:
    said = run_python(IMPORT_SERVING)
    imported, loaded = said["imported"], said["loaded"]
    assert isinstance(imported, list)
    assert isinstance(loaded, list)
    assert {"serving.app", "serving.service"} <= set(imported)
    assert not {"mlflow", "torch", "training"} & set(loaded)


def test_the_commands_that_serve_and_decide_load_neither_until_they_learn() -> None:
    said = run_python("""
import json, sys
import cli.main
print(json.dumps({"loaded": sorted({name.partition(".")[0] for name in sys.modules})}))
""")
    loaded = said["loaded"]
    assert isinstance(loaded, list)
    assert "typer" in loaded
    assert not {"mlflow", "torch", "training", "bentoml", "openvino"} & set(loaded)
