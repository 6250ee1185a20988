"""A file of vectors by key that processes share: fixed-size records, appended under a lock, checked when read."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import zlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cases.errors import ArtifactError

KEY_BYTES = 32

_HEADER = struct.Struct("<8sI")  # magic with the format's number, dimension
_MAGIC = b"clvec\x00\x00\x01"
_CHECK = struct.Struct("<I")  # CRC-32 of key and vector
_RECORDS_AT_ONCE = 2048

Vector = npt.NDArray[np.float32]


class VectorFile:
    """Vectors of one dimension, each under a key of `KEY_BYTES` bytes.

    Any number of processes may read, append and erase at once. A record that is unfinished, damaged or erased counts
    as absent. Nothing is held open between calls.

    Args:
        path: The file; made, readable by its owner only, when it is first used.
        dimension: The vectors' length.
    """

    def __init__(self, path: Path, dimension: int) -> None:
        self._path = path
        self._dimension = dimension
        self._record = KEY_BYTES + 4 * dimension + _CHECK.size
        self._places: dict[bytes, int] = {}
        self._known = 0

    @classmethod
    def existing(cls, path: Path) -> VectorFile:
        """The file at `path` with the dimension that its header says.

        Raises:
            ArtifactError: It is not a file of vectors.
        """
        with path.open("rb") as file:
            header = file.read(_HEADER.size)
        if len(header) < _HEADER.size or not header.startswith(_MAGIC):
            raise _foreign(path)
        return cls(path, int(_HEADER.unpack(header)[1]))

    def __len__(self) -> int:
        """How many records it has, erased ones too."""
        with self._open() as descriptor:
            return self._count(descriptor)

    def find(self, keys: Collection[bytes]) -> dict[bytes, Vector]:
        """The vectors kept of `keys`, each of shape (dimension,), float32; absent keys are left out."""
        found = {}
        with self._open() as descriptor:
            self._index(descriptor)
            for place, key in sorted((self._places[key], key) for key in set(keys) if key in self._places):
                record = os.pread(descriptor, self._record, self._offset(place))
                if record[:KEY_BYTES] == key and _is_whole(record):
                    found[key] = np.frombuffer(record[KEY_BYTES : -_CHECK.size], dtype="<f4").astype(np.float32)
        return found

    def append(self, keys: Sequence[bytes], vectors: Vector) -> None:
        """Keep `vectors`, shape (len(keys), dimension), float32, under `keys`."""
        parts = []
        for key, vector in zip(keys, vectors, strict=True):
            body = key + vector.astype("<f4").tobytes()
            parts.append(body + _CHECK.pack(zlib.crc32(body)))
        with self._open() as descriptor, _locked(descriptor):
            # Behind the last whole record: a crash may have left part of one.
            end = self._offset(self._count(descriptor))
            os.ftruncate(descriptor, end)
            _write_all(descriptor, b"".join(parts), end)

    def erase(self, keys: Collection[bytes]) -> int:
        """Overwrite each record of `keys` with zeros, on disk when this returns; how many they were.

        Records keep their places, so that other processes' indexes stay right.
        """
        wanted = set(keys)
        with self._open() as descriptor, _locked(descriptor):
            places = [place for place, key in self._keys(descriptor, 0) if key in wanted]
            for place in places:
                _write_all(descriptor, bytes(self._record), self._offset(place))
            os.fsync(descriptor)
        return len(places)

    def _index(self, descriptor: int) -> None:
        """Take in what any process appended since the last look."""
        if self._count(descriptor) < self._known:  # the file was deleted and begun again
            self._places.clear()
            self._known = 0
        for place, key in self._keys(descriptor, self._known):
            self._places[key] = place
            self._known = place + 1

    def _keys(self, descriptor: int, start: int) -> Iterator[tuple[int, bytes]]:
        end = self._count(descriptor)
        for first in range(start, end, _RECORDS_AT_ONCE):
            block = os.pread(descriptor, min(_RECORDS_AT_ONCE, end - first) * self._record, self._offset(first))
            for number in range(len(block) // self._record):
                offset = number * self._record
                yield first + number, block[offset : offset + KEY_BYTES]

    def _offset(self, place: int) -> int:
        return _HEADER.size + place * self._record

    def _count(self, descriptor: int) -> int:
        return max(0, os.fstat(descriptor).st_size - _HEADER.size) // self._record

    @contextlib.contextmanager
    def _open(self) -> Iterator[int]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            header = _HEADER.pack(_MAGIC, self._dimension)
            if os.fstat(descriptor).st_size < _HEADER.size:
                with _locked(descriptor):
                    if os.fstat(descriptor).st_size < _HEADER.size:
                        _write_all(descriptor, header, 0)
            if os.pread(descriptor, _HEADER.size, 0) != header:
                raise _foreign(self._path)
            yield descriptor
        finally:
            os.close(descriptor)


def _is_whole(record: bytes) -> bool:
    return _CHECK.pack(zlib.crc32(record[: -_CHECK.size])) == record[-_CHECK.size :]


def _write_all(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


@contextlib.contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _foreign(path: Path) -> ArtifactError:
    return ArtifactError(
        f"'{path.name}' must be a file of embeddings of this version (got another header); delete it, it is a cache",
    )
