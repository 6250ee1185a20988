"""What is built of `client/` is a package that stands alone."""

from __future__ import annotations

import email
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_wheel_holds_the_client_alone_and_works_without_the_service(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT / "client", source, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build"))
    _pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", tmp_path, source)
    [wheel] = tmp_path.glob("caseload_client-*-py3-none-any.whl")

    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        [metadata] = [name for name in names if name.endswith(".dist-info/METADATA")]
        told = email.message_from_bytes(packed.read(metadata))
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"caseload_client"}
    assert {"caseload_client/py.typed", "caseload_client/_sync/client.py", "caseload_client/_async/client.py"} <= set(
        names
    )
    assert [name for name in names if name.endswith("/LICENSE")]
    assert sorted(told.get_all("Requires-Dist")) == ["httpx2>=2.16", "pydantic>=2.14"]

    into = tmp_path / "installed"
    _pip("install", "--no-deps", "--no-index", "--target", into, wheel)
    # Away from the clone: neither its rooms nor its client are to be found.
    script = "import caseload_client, sys; print(caseload_client.__file__, {'cases', 'serving'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import sys; sys.path.insert(0, {str(into)!r}); {script}"],
        cwd=tmp_path,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(into / "caseload_client" / "__init__.py"), "set()"]


def _pip(*arguments: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
