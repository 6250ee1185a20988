from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from cases.errors import ArtifactError, InvalidInputError
from features.encoder import CompiledEncoder, ReferenceEncoder, compile_encoder, ensure_compiled
from features.encoder.source import find_source
from tests.features.tiny_models import save_tiny_model, set_default_prompt

# The first test here waits for torch, and for the encoder to be compiled.
pytestmark = pytest.mark.slow

DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TEXTS = ["my course", "the instructor is a copy of my own work", "", "please help with this refund, " * 30]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


def test_the_embedded_default_is_known_by_its_weights() -> None:
    source = find_source(None)
    assert source.weights_sha256 == DEFAULT_WEIGHTS
    assert (source.pooling, source.max_tokens, source.pad_id) == ("mean", 256, 0)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_any_model_in_a_directory_is_compiled_equal_to_its_reference(tmp_path: Path, pooling: str) -> None:
    model = save_tiny_model(tmp_path / "model", pooling=pooling)
    directory = compile_encoder(str(model), tmp_path / "compiled")
    compiled, reference = CompiledEncoder.load(directory), ReferenceEncoder(str(model), device="cpu")
    vectors = compiled.encode(TEXTS)
    assert (vectors * reference.encode(TEXTS)).sum(axis=1).min() >= 0.9995
    assert vectors.shape == (4, compiled.dimension) == (4, 32)
    assert compiled.hash == reference.hash
    card = json.loads((directory / "encoder.json").read_text())
    assert (card["pooling"], card["max_tokens"]) == (pooling, 24)


def test_the_hash_tells_weights_pooling_and_limit_apart(tmp_path: Path, tiny: Path) -> None:
    same = shutil.copytree(tiny, tmp_path / "same")
    assert find_source(str(same)).hash == find_source(str(tiny)).hash
    hashes = {find_source(str(tiny)).hash, find_source(str(save_tiny_model(tmp_path / "cls", pooling="cls"))).hash}
    shorter = shutil.copytree(tiny, tmp_path / "shorter")
    settings = json.loads((shorter / "sentence_bert_config.json").read_text())
    (shorter / "sentence_bert_config.json").write_text(json.dumps({**settings, "max_seq_length": 12}))
    hashes.add(find_source(str(shorter)).hash)
    heavier = shutil.copytree(tiny, tmp_path / "heavier")
    weights = bytearray((heavier / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (heavier / "model.safetensors").write_bytes(weights)
    hashes.add(find_source(str(heavier)).hash)
    assert len(hashes) == 4


@pytest.mark.parametrize("pooling", ["max", "lasttoken"])
def test_another_pooling_is_refused_by_name(tmp_path: Path, pooling: str) -> None:
    model = save_tiny_model(tmp_path / "model", pooling=pooling)
    with pytest.raises(InvalidInputError, match=rf"'encoder' must be pooled by one of mean, cls \(got {pooling}\)"):
        find_source(str(model))


def test_a_model_with_more_modules_is_refused_by_their_names(tmp_path: Path) -> None:
    model = save_tiny_model(tmp_path / "model", dense=True)
    with pytest.raises(InvalidInputError, match=r"\(got Transformer, Pooling, Dense\)"):
        find_source(str(model))


def test_a_model_with_a_default_prompt_is_refused(tmp_path: Path, tiny: Path) -> None:
    model = shutil.copytree(tiny, tmp_path / "prompted")
    set_default_prompt(model)
    with pytest.raises(InvalidInputError, match="default prompt"):
        find_source(str(model))


def test_weights_that_would_have_to_be_unpickled_are_refused(tmp_path: Path, tiny: Path) -> None:
    model = shutil.copytree(tiny, tmp_path / "pickled")
    (model / "model.safetensors").rename(model / "pytorch_model.bin")
    with pytest.raises(InvalidInputError, match=r"safetensors .*pytorch_model\.bin"):
        find_source(str(model))


def test_a_directory_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"without modules\.json"):
        find_source(str(tmp_path))


@pytest.mark.parametrize("name", ["no-such/model-anywhere", "./no/such/directory", "not a name"])
def test_a_name_that_is_not_here_is_not_fetched(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(
        InvalidInputError, match=r"'encoder' must be a directory, or a model in the local .*`hf download"
    ):
        find_source(name)


def test_a_name_is_found_in_the_local_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    entry = tmp_path / "models--someone--tiny"
    shutil.copytree(tiny, entry / "snapshots" / ("a" * 40))
    (entry / "refs").mkdir()
    (entry / "refs" / "main").write_text("a" * 40)
    assert find_source("someone/tiny").hash == find_source(str(tiny)).hash


def test_what_is_compiled_once_is_found_again_without_torch(
    tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = ensure_compiled(str(tiny), tmp_path)
    written = (directory / "encoder.json").stat().st_mtime_ns
    monkeypatch.setattr("features.encoder.compile.ReferenceEncoder", None)
    assert ensure_compiled(str(tiny), tmp_path) == directory
    assert (directory / "encoder.json").stat().st_mtime_ns == written
    assert [path.name for path in directory.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("name", ["encoder.bin", "encoder.xml", "tokenizer.json"])
def test_a_compiled_file_with_one_byte_changed_is_refused_and_mended(tmp_path: Path, tiny: Path, name: str) -> None:
    directory = ensure_compiled(str(tiny), tmp_path)
    before = CompiledEncoder.load(directory).encode(TEXTS)
    damaged = bytearray((directory / name).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (directory / name).write_bytes(damaged)
    with pytest.raises(ArtifactError, match=rf"{name}' must have SHA-256"):
        CompiledEncoder.load(directory)
    assert ensure_compiled(str(tiny), tmp_path) == directory
    np.testing.assert_allclose(CompiledEncoder.load(directory).encode(TEXTS), before, atol=1e-5)


def test_a_directory_that_is_no_compiled_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"encoder\.json' must be a compiled encoder's card"):
        CompiledEncoder.load(tmp_path)
    (tmp_path / "encoder.json").write_text('{"format": 1}')
    with pytest.raises(ArtifactError, match="compile the encoder again"):
        CompiledEncoder.load(tmp_path)
