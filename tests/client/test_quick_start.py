"""What the READMEs tell people to run is run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.conftest import Service

ROOT = Path(__file__).parents[2]
MAIN, CLIENT = ROOT / "README.md", ROOT / "client" / "README.md"
# The vector of the standard.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - published with the standard

pytestmark = pytest.mark.slow


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def run(command: list[str], service: Service) -> str:
    environment = {
        **os.environ,
        "URL": service.url,
        "KEY": service.key,
        "SECRET": SECRET,
        "PYTHONPATH": str(ROOT / "client"),
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_pages_have_their_blocks() -> None:
    assert (len(blocks(MAIN, "bash")), len(blocks(MAIN, "python")), len(blocks(CLIENT, "python"))) == (1, 1, 4)


def test_the_curl_quick_start(scoring_service: Service) -> None:
    if shutil.which("curl") is None:
        message = "curl is not installed; install it with your system's packages"
        if "curl" in os.environ.get("CASELOAD_REQUIRE", "").split(","):
            pytest.fail(message)
        pytest.skip(message)
    [block] = blocks(MAIN, "bash")

    said = run(["bash", "-euo", "pipefail", "-c", block], scoring_service)

    decoder, told = json.JSONDecoder(), []
    while said.strip():
        value, end = decoder.raw_decode(said.strip())
        told.append(value)
        said = said.strip()[end:]
    scored, filed, queue = told
    assert scored["scores"][0]["categories"][0]["category"]
    assert filed["case_id"] in [case["case_id"] for case in queue["cases"]]


@pytest.mark.parametrize("number", range(5))
def test_the_python_quick_starts(scoring_service: Service, number: int) -> None:
    block = [*blocks(MAIN, "python"), *blocks(CLIENT, "python")][number]

    said = run([sys.executable, "-W", "error", "-c", block], scoring_service)

    # The last one defines what a receiver calls.
    assert bool(said.strip()) == (number < 4)


def test_the_receiver_of_webhooks_answers_as_it_says(scoring_service: Service) -> None:
    call = """
import base64, hashlib, hmac, time
body = b'{"type": "alarm.raised", "timestamp": "2026-03-04T12:00:00Z", "data": {}}'
sent = str(int(time.time()))
key = base64.b64decode(os.environ["SECRET"].removeprefix("whsec_"))
proof = base64.b64encode(hmac.new(key, b"msg_1." + sent.encode() + b"." + body, hashlib.sha256).digest()).decode()
headers = {"webhook-id": "msg_1", "webhook-timestamp": sent, "webhook-signature": "v1," + proof}
print(receive(headers, body), receive(headers, body + b" "))
"""
    said = run([sys.executable, "-c", blocks(CLIENT, "python")[-1] + call], scoring_service)

    assert said.splitlines() == ["msg_1 alarm.raised 2026-03-04 12:00:00+00:00", "204 400"]
