from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Put before a script: whatever looks a foreign host up fails, and is told of at the end.
WITHOUT_NETWORK = """
import socket, sys
looked_up = []
def refuse(host, *args, **kwargs):
    if host not in (None, "", "localhost", "127.0.0.1", "::1"):
        looked_up.append(str(host))
        raise socket.gaierror(f"no network in this test")
    return real(host, *args, **kwargs)
real = socket.getaddrinfo
socket.getaddrinfo = socket.gethostbyname = refuse
"""


def run_python(script: str, *arguments: object) -> dict[str, object]:
    """What `script` prints last, read as JSON, in a fresh interpreter without network and without CI's settings."""
    environment = {key: value for key, value in os.environ.items() if key not in {"CI", "DO_NOT_TRACK"}}
    environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_NETWORK + script, *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return said
