from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.encoder import CompiledEncoder, ReferenceEncoder, compile_encoder
from features.encoder.chunks import MAX_CHARACTERS
from features.sentences import sentence_spans
from tests.features.tiny_models import save_tiny_model

# The first test here waits for torch, and for the encoder to be compiled.
pytestmark = pytest.mark.slow

SENTENCES = (
    "The instructor copied my lectures and sells them under his own name.",
    "I asked for a refund and he laughed at me.",
    "Преподаватель украл мой курс, ALERT score=0.97!",
    "He said he knows where I live and will come.",
)
# One piece; several; none of its own.
TEXTS = (" ".join(SENTENCES), "\n".join(SENTENCES * 12), "hi", "")


@pytest.mark.parametrize("text", TEXTS)
def test_pooled_tokens_are_what_encoding_says(compiled: CompiledEncoder, text: str) -> None:
    pooled = compiled.token_vectors(text).pooled()
    assert float(pooled @ compiled.encode([text])[0]) >= 0.9995
    assert pooled.dtype == np.float32


@pytest.mark.parametrize("text", TEXTS)
def test_both_encoders_see_the_same_tokens(compiled: CompiledEncoder, reference: ReferenceEncoder, text: str) -> None:
    ours, theirs = compiled.token_vectors(text), reference.token_vectors(text)
    np.testing.assert_array_equal(ours.spans, theirs.spans)
    np.testing.assert_array_equal(ours.pieces, theirs.pieces)
    norms = np.linalg.norm(ours.vectors, axis=1) * np.linalg.norm(theirs.vectors, axis=1)
    assert np.mean((ours.vectors * theirs.vectors).sum(axis=1) / norms) >= 0.999


@pytest.mark.parametrize("text", [TEXTS[0], TEXTS[1], f"İ é\u0301 {SENTENCES[0]}"])
def test_each_token_is_found_where_it_stands(compiled: CompiledEncoder, text: str) -> None:
    found = compiled.token_vectors(text)
    own = found.spans[found.spans[:, 1] > 0]
    assert (found.spans[:, 0] == -1).sum() == 2 * (found.pieces[-1] + 1)
    covered = np.zeros(len(text), dtype=bool)
    for start, end in own:
        covered[start:end] = True
    assert all(covered[place] for place, letter in enumerate(text) if letter.isalnum())
    assert (np.diff(own[:, 0]) >= 0).all()


def test_of_a_text_longer_than_is_read_the_end_is_found_where_it_stands(reference: ReferenceEncoder) -> None:
    text = f"{'word ' * MAX_CHARACTERS}threat"
    *_, (_, spans) = reference._chunker.locate(text)  # noqa: SLF001 - no need to run the encoder
    assert text[slice(*spans[-2])] == "threat"


def test_without_a_sentence_it_is_close_to_a_text_that_never_had_it(compiled: CompiledEncoder) -> None:
    text = TEXTS[0]
    spans = sentence_spans(text)
    found = compiled.token_vectors(text).without(spans)
    again = compiled.encode([text[:start] + text[end:] for start, end in spans])
    whole = compiled.encode([text])[0]
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    likeness = (found * again).sum(axis=1)
    assert likeness.min() > 0.8
    assert likeness.mean() > (again @ whole).mean() + 0.03


def test_without_anything_left_it_is_still_a_vector(compiled: CompiledEncoder) -> None:
    (vector,) = compiled.token_vectors(TEXTS[1]).without([(0, len(TEXTS[1]))])
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert compiled.token_vectors("hi").without([]).shape == (0, 384)


def test_a_piece_without_a_token_left_counts_for_nothing(compiled: CompiledEncoder) -> None:
    found = compiled.token_vectors(TEXTS[1])
    last = found.spans[(found.pieces == found.pieces[-1]) & (found.spans[:, 1] > 0)]
    without = found.without([(int(last[0, 0]), int(last[-1, 1]))])[0]
    kept = found.pieces < found.pieces[-1]
    rest = type(found)(found.vectors[kept], found.spans[kept], found.pieces[kept], found.pooling, found.reread)
    np.testing.assert_allclose(without, rest.pooled(), atol=1e-6)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_any_model_in_a_directory_leaves_sentences_out(tmp_path: Path, pooling: str) -> None:
    model = save_tiny_model(tmp_path / "model", pooling=pooling)
    compiled = CompiledEncoder.load(compile_encoder(str(model), tmp_path / "compiled"))
    text = "the instructor is a copy. help with my own refund. " * 3
    found = compiled.token_vectors(text)
    assert float(found.pooled() @ compiled.encode([text])[0]) >= 0.9995
    without = found.without([(0, 25), (26, 51)])
    theirs = ReferenceEncoder(str(model), device="cpu").token_vectors(text).without([(0, 25), (26, 51)])
    assert (without * theirs).sum(axis=1).min() >= 0.9995
    # The first token of a model that never learnt hardly looks at the others.
    assert np.abs(without - found.pooled()).max(axis=1).min() > 1e-4
