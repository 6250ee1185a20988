"""An assurance on disk: each part as arrays (safetensors) beside settings (JSON), nothing that could run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from safetensors.numpy import load_file, save_file

from cases.errors import ArtifactError
from models.assurance import Assurance
from models.erasable import SEALS, seals
from models.novelty import NoveltyDetector
from models.padding import PaddingDetector
from models.precedents import Precedents
from models.priority import HandlingTimes
from models.shortlist import Shortlister
from models.sub_policies import SubPolicies
from models.tiers import Tiers


class StoredPart(Protocol):
    """A fitted part that knows its own form on disk."""

    def to_store(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays by name, and settings that JSON can hold."""


# In the order of the assurance's fields; the first two are always there.
_KINDS: Mapping[str, Any] = {
    "shortlister": Shortlister,
    "tiers": Tiers,
    "novelty": NoveltyDetector,
    "precedents": Precedents,
    "sub_policies": SubPolicies,
    "padding": PaddingDetector,
    "handling": HandlingTimes,
}


PRECEDENTS = "precedents"


def save_parts(assurance: Assurance, directory: Path) -> None:
    """Write two files for each part that there is into `directory`, which is made, and the precedents' seals."""
    directory.mkdir()
    for name in _KINDS:
        part: StoredPart | None = getattr(assurance, name)
        if part is None:
            continue
        arrays, settings = part.to_store()
        save_file(
            {key: np.ascontiguousarray(array) for key, array in arrays.items()}, directory / f"{name}.safetensors"
        )
        (directory / f"{name}.json").write_text(json.dumps(settings, ensure_ascii=False), encoding="utf-8")
        if name == PRECEDENTS:
            (directory / SEALS).write_bytes(seals(arrays, settings))


def load_parts(directory: Path) -> Assurance | None:
    """What `save_parts` wrote; None where it wrote nothing.

    Raises:
        ArtifactError: A file is not what it must be.
    """
    if not directory.is_dir():
        return None
    found = {name: _part(directory, name, kind) for name, kind in _KINDS.items()}
    if found["shortlister"] is None or found["tiers"] is None:
        raise ArtifactError(
            f"'{directory.name}' must hold a shortlister and tiers (got neither or one); promote it again from the "
            "tracker, or roll back"
        )
    return Assurance(**found)


def _part(directory: Path, name: str, kind: Any) -> Any:  # noqa: ANN401 - one of the kinds above
    path = directory / f"{name}.json"
    if not path.exists():
        return None
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
        arrays = load_file(directory / f"{name}.safetensors")
        return kind.from_store(arrays, settings)
    except ArtifactError:
        raise
    except Exception as error:  # whatever a file can make the readers raise, it is the file that is at fault
        raise ArtifactError(
            f"'{path.name}' must be a part that this version reads (got {type(error).__name__}); promote it again "
            "from the tracker, or roll back"
        ) from error
