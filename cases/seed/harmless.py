"""Paragraphs that nothing is wrong with: signatures, disclaimers, small talk, automatic replies, course praise.

They teach `models.padding` what in a long case is not worth reading. They were written for that, and are other than
those of `evaluation.harmless_prose`, with which it is measured.
"""

from __future__ import annotations

from pathlib import Path

HARMLESS = Path(__file__).parent / "harmless.txt"


def harmless_paragraphs() -> list[str]:
    """One a line of the file, in its order."""
    return HARMLESS.read_text(encoding="utf-8").splitlines()
