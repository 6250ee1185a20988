"""`python client/make_sync.py`: write `caseload_client/_sync` from `_async`, so that the two cannot come apart."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent / "caseload_client"
# In this order: the longer before what it holds.
REPLACED = [
    ('"""The asynchronous client. `_sync` is made of it by `make_sync.py`, so edit here."""',
     '"""The synchronous client, made of `_async` by `make_sync.py`: edit there."""'),
    (r"Awaitable\[list\[R\]\]", "list[R]"),
    (r"import Awaitable, Callable", "import Callable"),
    (r"\bAsyncIterator\b", "Iterator"),
    (r"\bAsync(?=[A-Z])", ""),
    (r"\b__aenter__\b", "__enter__"),
    (r"\b__aexit__\b", "__exit__"),
    (r"\baclose\b", "close"),
    (r"\baiter_bytes\b", "iter_bytes"),
    (r"\basync (?=def |for |with )", ""),
    (r"\bawait ", ""),
    (r"\bcaseload_client\._async\b", "caseload_client._sync"),
]  # fmt: skip


def made() -> dict[str, str]:
    """The text of each file of `_sync`, by its name."""
    return {path.name: _sync(path) for path in sorted((PACKAGE / "_async").glob("*.py"))}


def _sync(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    for pattern, replacement in REPLACED:
        text = re.sub(pattern, replacement, text)
    beside = shutil.which("ruff", path=str(Path(sys.executable).parent)) or "ruff"
    # Shorter words need fewer lines, and sort elsewhere.
    for step in (["check", "--select", "I", "--fix-only", "--quiet"], ["format", "--quiet"]):
        command = [beside, *step, "--stdin-filename", str(PACKAGE / "_sync" / path.name), "-"]
        text = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    return text


if __name__ == "__main__":
    (PACKAGE / "_sync").mkdir(exist_ok=True)
    for name, text in made().items():
        (PACKAGE / "_sync" / name).write_text(text, encoding="utf-8")
