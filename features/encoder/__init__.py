"""Texts to vectors: the reference on sentence-transformers, and its compiled form that serves.

Importing this package loads neither torch nor OpenVINO; each is loaded by the first encoder that needs it.
"""

from __future__ import annotations

from features.encoder.compile import compile_encoder, ensure_compiled
from features.encoder.compiled import CompiledEncoder
from features.encoder.protocol import Encoder, Progress, Vectors
from features.encoder.reference import ReferenceEncoder
from features.encoder.tokens import TokenEncoder, TokenVectors

__all__ = [
    "CompiledEncoder",
    "Encoder",
    "Progress",
    "ReferenceEncoder",
    "TokenEncoder",
    "TokenVectors",
    "Vectors",
    "compile_encoder",
    "ensure_compiled",
]
