r"""Precedents on disk, each row of which can be erased without the artifact becoming another.

An artifact's identity is the SHA-256 of its manifest, which covers every byte of every other file. A precedent's
vector is made of a person's words, and must be erasable. So the manifest covers a seal for each row in place of the
rows' own files:

    seal of a row = SHA-256("caseload.precedent/1\n" ‖ salt ‖ JSON [case id, category, severity, action] ‖ vector)

A row is as it was sealed, or it is erased: its salt and its vector are zeros, and it is not read. Nothing else
passes. Without its salt an erased row's seal tells nothing, not even to one who guesses the row.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from cases.errors import ArtifactError

SETTINGS, ARRAYS, SEALS = "precedents.json", "precedents.safetensors", "precedents.seals"
SALT_BYTES = 16

_SEAL = b"caseload.precedent/1\n"
_SEAL_BYTES = 32
_KEYS = {"vectors", "severities", "categories", "actions", "salts"}
_NAMES = {"case_ids", "categories", "actions"}

Arrays = Mapping[str, npt.NDArray[Any]]


def seals(arrays: Arrays, settings: Mapping[str, Any]) -> bytes:
    """The rows' seals, 32 bytes each, in their order."""
    return b"".join(_seal(arrays, settings, row) for row in range(len(settings["case_ids"])))


def erased_rows(arrays: Arrays) -> npt.NDArray[np.bool_]:
    """Shape (n,): which rows were erased."""
    kept = np.logical_or(arrays["salts"].any(axis=1), arrays["vectors"].any(axis=1))
    return np.asarray(~kept, dtype=np.bool_)


def check_rows(directory: Path) -> None:
    """Whether each row in `directory` is as it was sealed, or erased.

    Raises:
        ArtifactError: One is neither, or the files are not what they must be.
    """
    arrays, settings, sealed = _read(directory)
    gone = erased_rows(arrays)
    for row in np.flatnonzero(~gone).tolist():
        if _seal(arrays, settings, row) != sealed[row * _SEAL_BYTES : (row + 1) * _SEAL_BYTES]:
            raise _refused(ARRAYS, "as its rows were sealed", "other bytes")


def erase_rows(directory: Path, case_ids: Collection[str]) -> int:
    """Erase the rows of these cases in `directory`; answers how many there were.

    The vectors' file is replaced first: from then on the rows are not read, whatever becomes of the other.

    Raises:
        ArtifactError: The files are not what they must be.
    """
    arrays, settings, _ = _read(directory)
    wanted = set(case_ids)
    rows = [row for row, case_id in enumerate(settings["case_ids"]) if case_id in wanted]
    if not rows:
        return 0
    blank = {name: array.copy() for name, array in arrays.items()}
    for array in blank.values():
        array[rows] = 0
    ids = ["" if case_id in wanted else case_id for case_id in settings["case_ids"]]
    # Beside the artifact, where a file too many is not mistaken for one of its own.
    with tempfile.TemporaryDirectory(dir=directory.parents[1], prefix=".erasing-") as scratch:
        save_file(blank, Path(scratch) / ARRAYS)
        written = json.dumps({**settings, "case_ids": ids}, ensure_ascii=False)
        (Path(scratch) / SETTINGS).write_text(written, encoding="utf-8")
        for name in (ARRAYS, SETTINGS):
            with (Path(scratch) / name).open("rb+") as file:
                os.fsync(file.fileno())
            (Path(scratch) / name).replace(directory / name)
    return len(rows)


def holds_any(directory: Path, case_ids: Collection[str]) -> bool:
    """Whether precedents that cannot be erased so, of an artifact from before, are of one of these cases."""
    try:
        settings = json.loads((directory / SETTINGS).read_text(encoding="utf-8"))
        return not set(case_ids).isdisjoint(settings["case_ids"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _read(directory: Path) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any], bytes]:
    """Both files and the seals, once they fit together; neither format can make anything run."""
    try:
        settings = json.loads((directory / SETTINGS).read_text(encoding="utf-8"))
        arrays = load_file(directory / ARRAYS)
        sealed = (directory / SEALS).read_bytes()
        size = len(settings["case_ids"])
        fits = (
            set(settings) == _NAMES
            and set(arrays) == _KEYS
            and all(len(array) == size for array in arrays.values())
            and arrays["salts"].shape == (size, SALT_BYTES)
            and arrays["vectors"].ndim == 2
            and len(sealed) == size * _SEAL_BYTES
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError, SafetensorError) as error:
        raise _refused(SETTINGS, "precedents that this version reads", type(error).__name__) from error
    if not fits:
        raise _refused(SETTINGS, "precedents with a row and a seal each", "others")
    return arrays, settings, sealed


def _seal(arrays: Arrays, settings: Mapping[str, Any], row: int) -> bytes:
    try:
        told = [
            settings["case_ids"][row],
            settings["categories"][int(arrays["categories"][row])],
            int(arrays["severities"][row]),
            settings["actions"][int(arrays["actions"][row])],
        ]
    except (IndexError, TypeError, ValueError) as error:
        raise _refused(SETTINGS, "of the categories and actions that its rows name", type(error).__name__) from error
    vector = np.ascontiguousarray(arrays["vectors"][row], dtype="<f4").tobytes()
    whole = _SEAL + arrays["salts"][row].tobytes() + json.dumps(told, ensure_ascii=True).encode() + vector
    return hashlib.sha256(whole).digest()


def _refused(what: str, must: str, got: str) -> ArtifactError:
    return ArtifactError(f"'{what}' must be {must} (got {got}); promote it again from the tracker, or roll back")
