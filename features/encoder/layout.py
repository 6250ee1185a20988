"""A compiled encoder's directory: which files it holds, and how they prove that they are what was written."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from cases.errors import ArtifactError

GRAPH = "encoder.xml"
WEIGHTS = "encoder.bin"
TOKENIZER = "tokenizer.json"
CARD = "encoder.json"
# 2: the graph also puts out the tokens' vectors before pooling.
FORMAT = 2
# The graph's outputs, by name.
POOLED, TOKENS = "pooled", "tokens"


@dataclass(frozen=True, slots=True)
class EncoderCard:
    """What `encoder.json` says.

    Attributes:
        hash: The encoder's identity, the same as the reference's.
        dimension: The vectors' length.
        max_tokens: What it reads at once, special tokens included.
        pooling: "mean" or "cls".
        pad_id: The token that fills a batch.
        source_weights_sha256: Of the weights it was compiled from.
        files: SHA-256 of each other file in the directory, by name.
        format: Of the directory.
    """

    hash: str
    dimension: int
    max_tokens: int
    pooling: str
    pad_id: int
    source_weights_sha256: str
    files: dict[str, str]
    format: int = FORMAT


def write_card(card: EncoderCard, directory: Path) -> None:
    """Write `encoder.json`, last of all: a directory without it is unfinished."""
    (directory / CARD).write_text(json.dumps(asdict(card), indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_card(directory: Path) -> EncoderCard:
    """The card of a compiled encoder, after each file was found to be what the card says.

    Raises:
        ArtifactError: The directory is not a compiled encoder, of another format, or a file in it was changed.
    """
    try:
        card = EncoderCard(**json.loads((directory / CARD).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise ArtifactError(
            f"'{directory.name}/{CARD}' must be a compiled encoder's card (got none that can be read); "
            "compile the encoder again",
        ) from None
    if card.format != FORMAT or set(card.files) != {GRAPH, WEIGHTS, TOKENIZER}:
        raise ArtifactError(
            f"'{directory.name}/{CARD}' must be of format {FORMAT} (got {card.format}); compile the encoder again",
        )
    for name, expected in card.files.items():
        found = file_sha256(directory / name)
        if found != expected:
            raise ArtifactError(
                f"'{directory.name}/{name}' must have SHA-256 {expected} (got {found or 'no file'}); "
                "compile the encoder again",
            )
    return card


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes in hexadecimal, "" if there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""
