"""Embeddings kept across runs, so that a text is encoded once.

One file per encoder and assembly version, each vector under the SHA-256 of its text. No text is kept, but a vector
tells something of the text that it stands for: `erase` overwrites it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from features.assemble import ASSEMBLY_VERSION
from features.encoder.protocol import Encoder, Progress, Vectors
from features.vector_file import VectorFile

# New vectors are written whenever this many are there, so that an interrupted run keeps what it paid for.
_WRITE_EVERY = 512

_ASSEMBLY = re.compile(r"\.a(\d+)\.vec$")


class CachedEncoder:
    """An `Encoder` that asks another only for texts that it has not met; processes may share its files.

    Args:
        encoder: Asked for what is not kept.
        cache_dir: Where files are kept; made when first used.
    """

    def __init__(self, encoder: Encoder, cache_dir: Path) -> None:
        self._encoder = encoder
        self.hash = encoder.hash
        self.dimension = encoder.dimension
        path = _folder(cache_dir) / f"{encoder.hash}.a{ASSEMBLY_VERSION}.vec"
        self._file = VectorFile(path, encoder.dimension)

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Unit vectors of `texts`, shape (len(texts), dimension), float32; equal texts are encoded once."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        rows: dict[bytes, list[int]] = {}
        for row, text in enumerate(texts):
            rows.setdefault(_key(text), []).append(row)
        kept = self._file.find(rows)
        for key, vector in kept.items():
            vectors[rows[key]] = vector
        missing = [key for key in rows if key not in kept]
        done = len(texts) - sum(len(rows[key]) for key in missing)
        _tell(progress, done, len(texts))
        for start in range(0, len(missing), _WRITE_EVERY):
            keys = missing[start : start + _WRITE_EVERY]
            fresh = self._encoder.encode([texts[rows[key][0]] for key in keys], _onward(progress, done, len(texts)))
            self._file.append(keys, fresh)
            for key, vector in zip(keys, fresh, strict=True):
                vectors[rows[key]] = vector
                done += len(rows[key])
            _tell(progress, done, len(texts))
        return vectors


def uncached(encoder: Encoder) -> Encoder:
    """The encoder itself, for texts of which nothing is to be kept."""
    return encoder._encoder if isinstance(encoder, CachedEncoder) else encoder  # noqa: SLF001 - this module's own


def erase(cache_dir: Path, texts: Iterable[str]) -> int:
    """Overwrite what is kept of assembled `texts`, for each encoder.

    What earlier assemblies left is removed as a whole: they made other texts of the same words, so that nobody can
    tell which records are theirs, and nothing reads these files any more.

    Returns:
        How many records were overwritten or removed.
    """
    keys = {_key(text) for text in texts}
    erased = 0
    for path in sorted(_folder(cache_dir).glob("*.vec")):
        file = VectorFile.existing(path)
        if (found := _ASSEMBLY.search(path.name)) is not None and int(found[1]) != ASSEMBLY_VERSION:
            erased += len(file)
            path.unlink(missing_ok=True)
        else:
            erased += file.erase(keys)
    return erased


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _folder(cache_dir: Path) -> Path:
    return cache_dir / "embeddings"


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


def _onward(progress: Progress | None, before: int, total: int) -> Progress | None:
    """`progress` for a part of the texts, when `before` others are done."""
    return None if progress is None else lambda done, _of_part: progress(before + done, total)
