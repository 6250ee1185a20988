from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from features.encoder import CompiledEncoder, ReferenceEncoder
from features.encoder.batches import SLAB, encode_texts
from features.encoder.chunks import MAX_CHARACTERS, MAX_CHUNKS
from features.encoder.compiled import ROWS, TOKENS_STEP, filled_shape
from tests.features.fresh_process import run_python

# The first test here waits for torch, and for the encoder to be compiled.
pytestmark = pytest.mark.slow

SENTENCES = (
    "The instructor copied my lectures and sells them under his own name.",
    "Refund refused after eleven days; order 1182-4419, paid by card.",
    "ALERT rule=payout_velocity score=0.97 window=24h account_age_days=3",
    "student: he said he knows where i live\nagent: did he say so in the course messages?",
    "Преподаватель украл мой курс. この講師は盗んでいます。 Ünïcödé 😀😀 [SEP] [MASK]",
    "hi",
)


def words(number: int, seed: int = 0) -> str:
    """A text of so many words, none of them twice in a row."""
    choose = random.Random(seed)  # noqa: S311 - no secret
    vocabulary = " ".join(SENTENCES[:4]).split()
    return " ".join(choose.choice(vocabulary) for _ in range(number))


VARIED = [*SENTENCES, "", "x" * 5000, words(60), words(190), words(260), words(900), words(5000)]


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one * other).sum(axis=1)


def test_the_reference_is_what_sentence_transformers_says_of_texts_that_fit(reference: ReferenceEncoder) -> None:
    texts = [*SENTENCES[:4], "", words(100)]
    published = reference.model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    assert cosines(reference.encode(texts), published).min() > 0.99999


def test_the_compiled_form_equals_the_reference(compiled: CompiledEncoder, reference: ReferenceEncoder) -> None:
    vectors = compiled.encode(VARIED)
    assert cosines(vectors, reference.encode(VARIED)).min() >= 0.9995
    assert vectors.shape == (len(VARIED), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (compiled.hash, compiled.dimension) == (reference.hash, reference.dimension)


def test_a_vector_does_not_depend_on_what_shares_its_batch(compiled: CompiledEncoder) -> None:
    texts = [words(5 + 3 * number, seed=number) for number in range(34)]
    together = compiled.encode(texts)
    alone = np.concatenate([compiled.encode([text]) for text in texts[::11]])
    assert cosines(alone, together[::11]).min() >= 0.9995
    if compiled.precision == "f32":
        np.testing.assert_allclose(alone, together[::11], atol=1e-5)


def test_small_batches_are_filled_up_to_few_shapes_so_that_memory_does_not_grow_with_what_was_met(
    compiled: CompiledEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert filled_shape(1, 3, 256) == (1, 16)
    assert filled_shape(5, 17, 256) == (6, 32)
    assert filled_shape(2, 250, 250) == (2, 250)
    assert filled_shape(7, 17, 256) == (7, 17)
    request, met = compiled._request, set[tuple[int, ...]]()  # noqa: SLF001 - what it is fed is what it keeps
    infer = request.infer

    def noting(fed: dict[str, np.ndarray], **options: bool) -> object:
        met.update(one.shape for one in fed.values())
        return infer(fed, **options)

    monkeypatch.setattr(request, "infer", noting)
    for rows in range(1, 7):
        for length in (1, 40, 80):
            compiled.encode([words(length + place, seed=rows) for place in range(rows)])
    tokens = {shape[1] for shape in met}
    assert {shape[0] for shape in met} <= set(ROWS)
    assert all(number % TOKENS_STEP == 0 for number in tokens)
    assert len(met) < 40


def test_half_precision_is_used_only_where_the_processor_has_it(compiled: CompiledEncoder) -> None:
    processor = Path("/proc/cpuinfo")
    if not processor.exists():
        pytest.skip("needs /proc/cpuinfo to tell what the processor has")
    if "bf16" not in processor.read_text():
        assert compiled.precision == "f32"


def test_no_texts_give_no_rows(compiled: CompiledEncoder) -> None:
    vectors = compiled.encode([])
    assert vectors.shape == (0, 384)
    assert vectors.dtype == np.float32


def test_a_sentence_at_the_end_of_two_thousand_words_changes_the_vector(compiled: CompiledEncoder) -> None:
    text = words(2000)
    # As many tokens in one as in the other, so that nothing else is cut elsewhere.
    thanks, threat = (
        f"{text} I really thank you and your team today.",
        f"{text} I will kill you and your family tonight.",
    )
    thanked, threatened, again = compiled.encode([thanks, threat, threat])
    assert np.abs(threatened - thanked).max() > max(0.001, 2 * np.abs(threatened - again).max())


def test_of_a_megabyte_both_ends_are_read_and_the_cost_is_bounded(reference: ReferenceEncoder) -> None:
    text = f"police {words(160_000)} threat"
    assert len(text) > 900_000
    started = time.thread_time()
    chunks = reference._chunker.cut([text])  # noqa: SLF001 - the bound is on its pieces
    assert time.thread_time() - started < 5
    assert len(chunks) == MAX_CHUNKS
    ids = reference.model.tokenizer.convert_tokens_to_ids(["police", "threat"])
    assert [chunks[0].ids[1], chunks[-1].ids[-2]] == ids


def test_pieces_are_whole_words_within_the_limit_and_of_about_one_size(reference: ReferenceEncoder) -> None:
    text = " ".join(["unbelievable", "copyrighted"] * 200)
    chunks = reference._chunker.cut([text])  # noqa: SLF001 - how it cuts is what is tested
    tokenizer = reference.model.tokenizer
    pieces = [tokenizer.decode(chunk.ids, skip_special_tokens=True) for chunk in chunks]
    assert " ".join(pieces) == text
    assert all(len(chunk.ids) <= 256 for chunk in chunks)
    sizes = [chunk.weight for chunk in chunks]
    assert max(sizes) - min(sizes) <= 20


def test_a_word_longer_than_any_piece_is_cut_where_it_must_be(reference: ReferenceEncoder) -> None:
    text = "1" * 99 + "," + "日" * MAX_CHARACTERS
    assert all(len(chunk.ids) <= 256 for chunk in reference._chunker.cut([text]))  # noqa: SLF001


def test_control_tokens_typed_in_a_text_are_plain_text(reference: ReferenceEncoder) -> None:
    (chunk,) = reference._chunker.cut(["[SEP] [MASK] [PAD]"])  # noqa: SLF001
    tokenizer = reference.model.tokenizer
    assert set(chunk.ids[1:-1]).isdisjoint(tokenizer.all_special_ids)


def test_progress_rises_to_all_texts(compiled: CompiledEncoder) -> None:
    said: list[tuple[int, int]] = []
    compiled.encode(["some text"] * 70, lambda done, total: said.append((done, total)))
    assert said == [(32, 70), (64, 70), (70, 70)]


def test_texts_keep_their_order_beyond_one_slab(reference: ReferenceEncoder) -> None:
    texts = [f"{'word ' * (number % 5)}{number}" for number in range(SLAB + 50)]
    chunker = reference._chunker  # noqa: SLF001 - run with a forward whose vectors show what they were made from

    def by_last_token(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        last = ids[np.arange(len(ids)), mask.sum(axis=1) - 2]
        return np.stack([np.cos(last), np.sin(last)], axis=1).astype(np.float32)

    said: list[int] = []
    vectors = encode_texts(texts, chunker, by_last_token, 2, lambda done, _total: said.append(done))
    expected = np.array([chunk.ids[-2] for chunk in chunker.cut(texts)])
    np.testing.assert_allclose(vectors, np.stack([np.cos(expected), np.sin(expected)], axis=1), atol=1e-6)
    assert said == sorted(said)
    assert said[-1] == len(texts)


def test_threads_may_share_an_encoder(compiled: CompiledEncoder) -> None:
    texts = [words(20, seed=number) for number in range(6)]
    alone = compiled.encode(texts)
    got: dict[int, np.ndarray] = {}
    threads = [
        threading.Thread(target=lambda place=place: got.update({place: compiled.encode([texts[place]])[0]}))
        for place in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert min(cosines(got[place][None], alone[place][None])[0] for place in range(6)) >= 0.9995


def test_compiling_the_embedded_default_looks_no_host_up(compiled_offline: dict[str, object]) -> None:
    assert compiled_offline["looked_up"] == []
    assert compiled_offline["shape"] == [1, 384]


def test_serving_imports_no_torch_and_looks_no_host_up(compiled_directory: Path) -> None:
    said = run_python(
        """
import json
from pathlib import Path
from features.assemble import assemble
from features.encoder import CompiledEncoder
from features.frame import feature_frame
from features.language import detect
case = assemble("a stolen course", "please help", attributes={"reach": 10})
frame = feature_frame([case], CompiledEncoder.load(Path(sys.argv[1])))
heavy = sorted({"torch", "sentence_transformers", "transformers", "openvino_telemetry"} & {
    name for name, module in sys.modules.items() if module is not None})
print(json.dumps({"heavy": heavy, "looked_up": looked_up, "columns": frame.shape[1], "code": detect(case.text).code}))
""",
        compiled_directory,
    )
    assert said == {"heavy": [], "looked_up": [], "columns": 386, "code": "en"}
