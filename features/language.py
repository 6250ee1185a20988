"""The language that a text is written in, with the probability that it is so."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

from features.redact import without_placeholders

# The identifier walks a text byte by byte in Python; a language shows itself well before this many characters.
MAX_CHARACTERS = 4000
_NO_LANGUAGE = "zxx"  # ISO 639-2 for "no linguistic content", one of the identifier's classes

_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Language:
    """A language and how sure it is.

    Attributes:
        code: ISO 639 code ("en", "pt", "yue"), or "" where there is nothing to judge.
        probability: 0..1; low for a few words, 0 where there is nothing to judge.
    """

    code: str
    probability: float


def detect(text: str) -> Language:
    """The likeliest language of a cleaned text, judged by its first `MAX_CHARACTERS` characters.

    A text without letters, or with our placeholders alone, has none.
    """
    start = without_placeholders(text[:MAX_CHARACTERS])
    if not any(letter.isalpha() for letter in start):
        return Language("", 0.0)
    with _loading:
        identifier = _identifier()
    code, probability = identifier.classify(start)
    return Language("", 0.0) if code == _NO_LANGUAGE else Language(code, min(1.0, float(probability)))


@cache
def _identifier() -> Any:  # noqa: ANN401 - py3langid ships no types
    """The identifier, loaded once and then only read; needed late, as loading takes a fifth of a second."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
