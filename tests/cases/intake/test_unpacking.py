"""Workbooks of a few megabytes that would fill a machine, and what they say of themselves."""

from __future__ import annotations

import struct
import sys
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from cases.errors import InvalidInputError
from cases.intake.readers import open_table
from cases.intake.unpacking import MAX_UNPACKED, refuse_bomb

SHEET = "xl/worksheets/sheet1.xml"
MEBIBYTE = 1024**2


def bomb(path: Path, mebibytes: int, name: str = SHEET, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as packed, packed.open(name, "w", force_zip64=True) as part:
        for _ in range(mebibytes):
            part.write(b"\0" * MEBIBYTE)
    return path


def told_smaller(path: Path, size: int) -> Path:
    """The same file with its lists saying that each part is `size` bytes, and with the digest that goes with them."""
    raw = bytearray(path.read_bytes())
    for signature, crc_at in ((b"PK\x01\x02", 16), (b"PK\x03\x04", 14)):
        at = raw.find(signature)
        while at >= 0:
            struct.pack_into("<I", raw, at + crc_at, zlib.crc32(b"\0" * size))
            struct.pack_into("<I", raw, at + crc_at + 8, size)
            at = raw.find(signature, at + 4)
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("name", ["bomb.xlsx", "bomb.xlsb", "bomb.ods"])
@pytest.mark.skipif(sys.platform == "win32", reason="how much a process holds is asked of a Unix system")
def test_a_few_megabytes_that_would_be_gigabytes_are_refused_soon_and_in_little_memory(
    tmp_path: Path, name: str
) -> None:
    import resource

    path = bomb(tmp_path / name, 3 * 1024)
    assert path.stat().st_size < 4 * MEBIBYTE
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(InvalidInputError) as caught, open_table(str(path)):
        pass
    assert f"at most {MAX_UNPACKED:,} bytes (got {name}," in str(caught.value)
    assert time.process_time() - began < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024  # KiB


def test_what_a_workbook_says_of_its_own_size_is_not_believed(tmp_path: Path) -> None:
    path = told_smaller(bomb(tmp_path / "modest.xlsx", 32), 10)
    with zipfile.ZipFile(path) as packed:
        assert packed.read(SHEET) == b"\0" * 10
    with pytest.raises(InvalidInputError, match=r"at most 8,388,608 bytes \(got modest\.xlsx"):
        refuse_bomb(path, 8 * MEBIBYTE)
    refuse_bomb(path, 32 * MEBIBYTE)


def test_parts_count_together(tmp_path: Path) -> None:
    path = tmp_path / "parts.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(3):
            packed.writestr(f"xl/worksheets/sheet{number}.xml", b"\0" * MEBIBYTE)
    refuse_bomb(path, 3 * MEBIBYTE)
    with pytest.raises(InvalidInputError, match="must unpack to at most"):
        refuse_bomb(path, 3 * MEBIBYTE - 1)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_part_that_does_not_unpack_is_told(tmp_path: Path, method: int) -> None:
    path = bomb(tmp_path / "torn.xlsx", 1, method=method)
    raw = bytearray(path.read_bytes())
    data = 30 + len(SHEET) + struct.unpack_from("<H", raw, 28)[0]
    # Behind what each method begins with, so that it is the data that is wrong.
    raw[data + 12 : data + 32] = b"\xff" * 20
    path.write_bytes(raw)
    with (
        pytest.raises(InvalidInputError, match=r"got torn\.xlsx, of which a part does not unpack"),
        open_table(str(path)),
    ):
        pass
