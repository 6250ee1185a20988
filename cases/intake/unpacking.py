"""Workbooks that unpack to more than a machine holds: xlsx, xlsb and ods are zips, and few bytes may become many.

A zip lists how large each part becomes, but whoever made the file wrote the list, and readers go on until the data
ends. So the parts are unpacked beforehand, a piece at a time and into nothing, until the limit.
"""

from __future__ import annotations

import lzma
import zipfile
import zlib
from pathlib import Path

from cases.errors import InvalidInputError

# A million rows of a dozen short cells unpack to about that.
MAX_UNPACKED = 1024**3
_PIECE = 1024**2


def refuse_bomb(path: Path, limit: int = MAX_UNPACKED) -> None:
    """Refuse a workbook that unpacks to more than `limit` bytes; what is no zip is left to its reader.

    Raises:
        InvalidInputError: It does, or a part of it does not unpack; names the file.
    """
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as packed:
            left = limit
            for part in packed.infolist():
                left -= _unpacked(packed, part, left)
                if left < 0:
                    raise InvalidInputError(
                        f"'source' must unpack to at most {limit:,} bytes (got {path.name}, which unpacks to more); "
                        "save it as CSV",
                        field="source",
                    )
    # RuntimeError is what zipfile raises of encrypted parts and, a kind of it, of compression that it does not know.
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError) as error:
        raise InvalidInputError(
            f"'source' must be an Excel or ODS file (got {path.name}, of which a part does not unpack); "
            "open it in a spreadsheet and save it anew",
            field="source",
        ) from error


def _unpacked(packed: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> int:
    """How many bytes the part holds; beyond `most` it is counted no further."""
    # What the list says of it is not to be believed, so that zipfile must not stop there.
    part.file_size, part.CRC = most + 1, None  # type: ignore[assignment]  # None: not to be checked
    size = 0
    with packed.open(part) as file:
        while size <= most and (piece := file.read(_PIECE)):
            size += len(piece)
    return size
