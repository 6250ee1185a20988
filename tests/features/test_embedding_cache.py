from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cases.errors import ArtifactError
from features import embedding_cache
from features.embedding_cache import CachedEncoder, erase
from features.vector_file import VectorFile
from tests.features.counting_encoder import CountingEncoder
from tests.features.fresh_process import ROOT

TEXTS = ["one", "two", "three", "two"]


def only_file(cache_dir: Path) -> Path:
    (path,) = (cache_dir / "embeddings").iterdir()
    return path


def test_a_text_is_encoded_once_and_kept_across_runs(tmp_path: Path) -> None:
    first, second = CountingEncoder(), CountingEncoder()
    vectors = CachedEncoder(first, tmp_path).encode(TEXTS)
    assert sorted(first.asked) == ["one", "three", "two"]
    again = CachedEncoder(second, tmp_path).encode([*reversed(TEXTS), "four"])
    assert second.asked == ["four"]
    np.testing.assert_array_equal(again[:4], vectors[::-1])
    np.testing.assert_array_equal(vectors, CountingEncoder().encode(TEXTS))


def test_another_encoder_or_assembly_version_does_not_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CachedEncoder(CountingEncoder(), tmp_path).encode(TEXTS)
    other = CountingEncoder(dimension=4, hash_="e" * 64)
    assert CachedEncoder(other, tmp_path).encode(TEXTS).shape == (4, 4)
    assert len(other.asked) == 3
    monkeypatch.setattr(embedding_cache, "ASSEMBLY_VERSION", 999)
    later = CountingEncoder()
    CachedEncoder(later, tmp_path).encode(TEXTS)
    assert len(later.asked) == 3


def test_no_texts_give_no_rows(tmp_path: Path, counting_encoder: CountingEncoder) -> None:
    assert CachedEncoder(counting_encoder, tmp_path).encode([]).shape == (0, 8)


def test_progress_rises_to_all_texts(tmp_path: Path, counting_encoder: CountingEncoder) -> None:
    cached = CachedEncoder(counting_encoder, tmp_path)
    cached.encode(["one"])
    said: list[tuple[int, int]] = []
    cached.encode(TEXTS, lambda done, total: said.append((done, total)))
    assert said[0] == (1, 4)
    assert said[-1] == (4, 4)
    assert said == sorted(said)


def test_the_file_holds_no_text_and_is_the_owners_alone(tmp_path: Path, counting_encoder: CountingEncoder) -> None:
    CachedEncoder(counting_encoder, tmp_path).encode(["a very private sentence"])
    path = only_file(tmp_path)
    assert b"private" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_a_crash_left_unfinished_is_skipped_and_overwritten(tmp_path: Path) -> None:
    CachedEncoder(CountingEncoder(), tmp_path).encode(TEXTS)
    path = only_file(tmp_path)
    whole = path.stat().st_size
    os.truncate(path, whole - 7)
    asked = CountingEncoder()
    vectors = CachedEncoder(asked, tmp_path).encode(TEXTS)
    assert asked.asked == ["three"]
    assert path.stat().st_size == whole
    np.testing.assert_array_equal(vectors, CountingEncoder().encode(TEXTS))
    unasked = CountingEncoder()
    CachedEncoder(unasked, tmp_path).encode(TEXTS)
    assert unasked.asked == []


def test_a_record_with_one_bit_changed_is_not_believed(tmp_path: Path) -> None:
    CachedEncoder(CountingEncoder(), tmp_path).encode(["one"])
    path = only_file(tmp_path)
    damaged = bytearray(path.read_bytes())
    damaged[-10] ^= 1
    path.write_bytes(damaged)
    asked = CountingEncoder()
    vectors = CachedEncoder(asked, tmp_path).encode(["one"])
    assert asked.asked == ["one"]
    np.testing.assert_array_equal(vectors, CountingEncoder().encode(["one"]))


def test_erased_texts_leave_no_vector_behind_and_others_stay(tmp_path: Path) -> None:
    cached = CachedEncoder(CountingEncoder(), tmp_path)
    vectors = cached.encode(TEXTS)
    CachedEncoder(CountingEncoder(dimension=4, hash_="e" * 64), tmp_path).encode(TEXTS)
    assert erase(tmp_path, ["two", "never seen"]) == 2
    kept = b"".join(path.read_bytes() for path in (tmp_path / "embeddings").iterdir())
    assert vectors[0].tobytes() in kept
    assert vectors[1].tobytes() not in kept
    asked = CountingEncoder()
    np.testing.assert_array_equal(CachedEncoder(asked, tmp_path).encode(TEXTS), vectors)
    assert asked.asked == ["two"]


def test_what_earlier_assemblies_left_is_removed_as_a_whole(tmp_path: Path) -> None:
    cached = CachedEncoder(CountingEncoder(), tmp_path)
    vectors = cached.encode(TEXTS)
    path = only_file(tmp_path)
    # The first assembly made other texts of the same words: their keys cannot be told from today's.
    old = path.with_name(path.name.replace(f".a{embedding_cache.ASSEMBLY_VERSION}.", ".a1."))
    old.write_bytes(path.read_bytes())
    assert erase(tmp_path, ["two"]) == 1 + len(set(TEXTS))
    assert [kept.name for kept in (tmp_path / "embeddings").iterdir()] == [path.name]
    asked = CountingEncoder()
    np.testing.assert_array_equal(CachedEncoder(asked, tmp_path).encode(TEXTS), vectors)
    assert asked.asked == ["two"]


def test_one_that_had_read_the_file_before_sees_the_erasure_and_what_others_added(tmp_path: Path) -> None:
    inner = CountingEncoder()
    cached = CachedEncoder(inner, tmp_path)
    cached.encode(["one"])
    erase(tmp_path, ["one"])
    CachedEncoder(CountingEncoder(), tmp_path).encode(["two"])
    cached.encode(["one", "two"])
    assert inner.asked == ["one", "one"]


def test_a_deleted_file_is_begun_again(tmp_path: Path, counting_encoder: CountingEncoder) -> None:
    cached = CachedEncoder(counting_encoder, tmp_path)
    vectors = cached.encode(TEXTS)
    only_file(tmp_path).unlink()
    np.testing.assert_array_equal(cached.encode(TEXTS), vectors)


def test_a_foreign_file_is_named_and_left_alone(tmp_path: Path, counting_encoder: CountingEncoder) -> None:
    path = tmp_path / "embeddings" / f"{counting_encoder.hash}.a{embedding_cache.ASSEMBLY_VERSION}.vec"
    path.parent.mkdir()
    path.write_bytes(b"something else altogether")
    with pytest.raises(ArtifactError, match=r"\.vec' must be a file of embeddings .* delete it"):
        CachedEncoder(counting_encoder, tmp_path).encode(TEXTS)
    with pytest.raises(ArtifactError, match="delete it"):
        erase(tmp_path, TEXTS)
    assert path.read_bytes() == b"something else altogether"


WRITER = """
import json, sys
from pathlib import Path
from features.embedding_cache import CachedEncoder
from tests.features.counting_encoder import CountingEncoder
first = int(sys.argv[2])
cached = CachedEncoder(CountingEncoder(dimension=384), Path(sys.argv[1]))
for start in range(first, first + 600, 20):
    cached.encode([f"text {number}" for number in range(start, start + 20)])
"""


def test_processes_that_write_at_once_lose_and_damage_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(first)], env=environment)
        for first in (0, 300, 600)
    ]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0]
    texts = [f"text {number}" for number in range(1200)]
    asked = CountingEncoder(dimension=384)
    vectors = CachedEncoder(asked, tmp_path).encode(texts)
    assert asked.asked == []
    np.testing.assert_array_equal(vectors, CountingEncoder(dimension=384).encode(texts))


def test_the_last_vector_kept_under_a_key_counts(tmp_path: Path) -> None:
    file = VectorFile(tmp_path / "some.vec", 2)
    key = b"k" * 32
    file.append([key], np.array([[1, 0]], dtype=np.float32))
    file.append([key], np.array([[0, 1]], dtype=np.float32))
    assert file.find([key])[key].tolist() == [0.0, 1.0]
    assert VectorFile.existing(tmp_path / "some.vec").erase([key]) == 2
    assert file.find([key]) == {}
