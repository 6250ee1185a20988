from __future__ import annotations

import os
from pathlib import Path

import pytest

from features.encoder import CompiledEncoder, ReferenceEncoder
from tests.features.counting_encoder import CountingEncoder
from tests.features.fresh_process import run_python


@pytest.fixture
def counting_encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture(scope="session")
def compiled_offline(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What a process without network said of compiling the embedded default: `directory` and `looked_up`."""
    base = tmp_path_factory.getbasetemp()
    # Workers of pytest-xdist share one compiled form; `ensure_compiled` lets one of them make it.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return run_python(
        """
import json
from pathlib import Path
from features.encoder import CompiledEncoder, ensure_compiled
directory = ensure_compiled(None, Path(sys.argv[1]))
vectors = CompiledEncoder.load(directory).encode(["a stolen course"])
print(json.dumps({"directory": str(directory), "looked_up": looked_up, "shape": list(vectors.shape)}))
""",
        shared / "compiled",
    )


@pytest.fixture(scope="session")
def compiled_directory(compiled_offline: dict[str, object]) -> Path:
    return Path(str(compiled_offline["directory"]))


@pytest.fixture(scope="session")
def compiled(compiled_directory: Path) -> CompiledEncoder:
    return CompiledEncoder.load(compiled_directory)


@pytest.fixture(scope="session")
def reference() -> ReferenceEncoder:
    return ReferenceEncoder(device="cpu")
