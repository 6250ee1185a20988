"""The garbage collector of a process that serves: what it is set to once a model is there, and once another is."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.serving.conftest import Place

SERVES = """
import gc, json, sys, time
import cases.store
from cases.settings import load_settings
from serving.service import build_service
from starlette.testclient import TestClient

def state():
    return [list(gc.get_threshold()), gc.get_freeze_count()]

def wait_until_not(frozen):
    until = time.monotonic() + 60
    while gc.get_freeze_count() in (0, frozen) or gc.get_threshold()[0] == 700:
        assert time.monotonic() < until, state()
        time.sleep(0.05)
    said.append(state())

settings, said = load_settings(), [state()]
service = build_service(settings).to_asgi()
with TestClient(service), cases.store.CaseStore.open(settings.database_url) as store:
    wait_until_not(0)
    for version, sha256 in enumerate(sys.argv[1:]):
        frozen = gc.get_freeze_count()
        store.promote_champion("small", f"again-{version}", sha256, by="test")
        wait_until_not(frozen)
print(json.dumps(said))
"""


@pytest.mark.slow
def test_after_each_model_it_is_frozen_anew_and_collects_seldom(place: Place) -> None:
    models = [place.promote(0, version="a"), place.promote(1, version="b")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CASELOAD_")} | {
        "CASELOAD_HOME": str(place.settings.home),
        "CASELOAD_DATABASE_URL": place.settings.database_url,
    }
    # The newest is loaded at the start; then the one before takes over, and the newest again.
    done = subprocess.run(
        [sys.executable, "-c", SERVES, *models],
        env=environment, capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    before, *after = json.loads(done.stdout.splitlines()[-1])
    assert before == [[700, 10, 10], 0]
    assert len(after) == 3
    for thresholds, frozen in after:
        assert thresholds == [50_000, 20, 100]
        assert frozen > 100_000
