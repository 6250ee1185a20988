from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import skops.io
from sklearn.linear_model import LinearRegression

from cases.errors import ArtifactError
from features.assemble import assemble
from features.encoder import CompiledEncoder
from models import artifact as artifact_module
from models.artifact import load_artifact, verify_artifact
from tests.serving.conftest import small_models
from tests.serving.small_model import SmallModel

__all__ = ["small_models"]

FILES = (
    "category.skops",
    "category.safetensors",
    "severity.skops",
    "severity.safetensors",
    "encoder/encoder.json",
    "encoder/encoder.xml",
    "encoder/encoder.bin",
    "encoder/tokenizer.json",
)


@pytest.fixture
def artifact(small_models: tuple[SmallModel, SmallModel], tmp_path: Path) -> SmallModel:
    """A copy of a real artifact, to be damaged."""
    target = tmp_path / "artifact"
    shutil.copytree(small_models[0].directory, target)
    return SmallModel(target, small_models[0].sha256)


def reseal(directory: Path) -> None:
    """Make the manifest match the files, as a forger would."""
    manifest = json.loads((directory / "manifest.json").read_text())
    for path, entry in manifest["files"].items():
        content = (directory / path).read_bytes()
        entry.update(sha256=hashlib.sha256(content).hexdigest(), size=len(content))
    (directory / "manifest.json").write_text(json.dumps(manifest))


def rewrite(directory: Path, **changes: object) -> None:
    manifest = json.loads((directory / "manifest.json").read_text())
    (directory / "manifest.json").write_text(json.dumps(manifest | changes))


def test_the_files_of_an_artifact_are_these_and_no_more(artifact: SmallModel):
    assert set(verify_artifact(artifact.directory, artifact.sha256).files) == set(FILES)


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_one_changed_byte_in_any_file_is_refused_before_anything_is_read(
    artifact: SmallModel, name: str, monkeypatch: pytest.MonkeyPatch
):
    path = artifact.directory / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    monkeypatch.setattr(skops.io, "load", lambda *_, **__: pytest.fail("deserialised before it was verified"))
    with pytest.raises(ArtifactError, match="must be of SHA-256"):
        load_artifact(artifact.directory, artifact.sha256)


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_refused_by_the_manifest_alone_too(
    artifact: SmallModel, name: str, monkeypatch: pytest.MonkeyPatch
):
    path = artifact.directory / name
    path.write_bytes(path.read_bytes() + b" ")

    def deserialised(*_: object, **__: object) -> None:
        pytest.fail("deserialised before it was verified")

    monkeypatch.setattr(skops.io, "load", deserialised)
    monkeypatch.setattr(artifact_module, "load_file", deserialised)
    monkeypatch.setattr(CompiledEncoder, "load", deserialised)
    with pytest.raises(ArtifactError, match=f"'{name}' must be of SHA-256 .*other bytes"):
        load_artifact(artifact.directory)


def test_another_artifact_than_the_one_promoted_is_refused(artifact: SmallModel):
    with pytest.raises(ArtifactError, match=rf"must be of SHA-256 {'0' * 64} \(got {artifact.sha256}\)"):
        load_artifact(artifact.directory, "0" * 64)


def test_a_file_replaced_by_a_link_to_the_same_bytes_is_refused(artifact: SmallModel):
    path = artifact.directory / "category.skops"
    path.symlink_to(path.rename(artifact.directory.parent / "elsewhere"))
    with pytest.raises(ArtifactError, match=r"'category\.skops' must be a plain file \(got a link\)"):
        verify_artifact(artifact.directory, artifact.sha256)


@pytest.mark.parametrize("written", [b"no JSON", b"\xff\xfe", b"[]", b"{}", b"null", b"[" * 100_000])
def test_what_is_no_manifest_is_refused(artifact: SmallModel, written: bytes):
    (artifact.directory / "manifest.json").write_bytes(written)
    with pytest.raises(ArtifactError, match=r"'manifest\.json' must be a manifest of Caseload's"):
        load_artifact(artifact.directory)


def test_a_folder_without_a_manifest_is_refused(artifact: SmallModel):
    (artifact.directory / "manifest.json").unlink()
    with pytest.raises(ArtifactError, match=r"manifest\.json' must be readable"):
        load_artifact(artifact.directory)


def test_an_encoder_that_the_heads_were_not_fitted_with_is_refused(artifact: SmallModel):
    rewrite(artifact.directory, encoder_hash="0" * 64)
    with pytest.raises(ArtifactError, match=f"'encoder' must be encoder {'0' * 64}"):
        load_artifact(artifact.directory)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(artifact: SmallModel, name: str):
    (artifact.directory / name).unlink()
    with pytest.raises(ArtifactError, match=f"'{name}' must be as the manifest names it .*no such file"):
        verify_artifact(artifact.directory)


def test_a_file_too_many_and_a_link_are_refused(artifact: SmallModel):
    (artifact.directory / "extra.py").write_text("print('hello')")
    with pytest.raises(ArtifactError, match="a file that it does not name"):
        verify_artifact(artifact.directory)
    (artifact.directory / "extra.py").unlink()
    (artifact.directory / "link").symlink_to("/etc/hostname")
    with pytest.raises(ArtifactError, match="'link' must be a plain file"):
        verify_artifact(artifact.directory)


def test_a_path_out_of_the_folder_is_refused(artifact: SmallModel):
    outside = artifact.directory.parent / "outside"
    outside.write_bytes(b"")
    files = json.loads((artifact.directory / "manifest.json").read_text())["files"]
    files["../outside"] = {"sha256": hashlib.sha256(b"").hexdigest(), "size": 0}
    rewrite(artifact.directory, files=files)
    with pytest.raises(ArtifactError, match=r"'\.\./outside' must be as the manifest names it"):
        verify_artifact(artifact.directory)


def test_a_head_of_a_foreign_type_is_refused_even_with_a_matching_manifest(artifact: SmallModel):
    skops.io.dump(LinearRegression(), artifact.directory / "category.skops")
    reseal(artifact.directory)
    with pytest.raises(ArtifactError, match=r"'category\.skops' must be a CategoryClassifier"):
        load_artifact(artifact.directory)


class Foreign:
    """Of no type that we allow."""


def test_a_type_that_we_did_not_allow_is_not_made(artifact: SmallModel):
    skops.io.dump(Foreign(), artifact.directory / "category.skops")
    reseal(artifact.directory)
    with pytest.raises(ArtifactError, match=r"must be a head that this version reads .*UntrustedTypesFoundException"):
        load_artifact(artifact.directory)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, "must be of format 2 or 3"),
        ({"assembly_version": 99}, "train again"),
        ({"files": 3}, "a manifest of"),
    ],
)
def test_a_manifest_of_another_kind_says_what_to_do(artifact: SmallModel, change: dict[str, object], message: str):
    rewrite(artifact.directory, **change)
    with pytest.raises(ArtifactError, match=message):
        verify_artifact(artifact.directory)


def test_a_fresh_process_judges_bit_for_bit_the_same_without_torch(artifact: SmallModel):
    script = """
import json, sys
from pathlib import Path
from features.assemble import assemble
from features.encoder import CompiledEncoder
from models import artifact as artifact_module
from models.artifact import load_artifact
judge = load_artifact(Path(sys.argv[1]), sys.argv[2])
found = judge.judge([assemble("", text) for text in json.loads(sys.argv[3])])
heavy = [n for n in ("torch", "sentence_transformers", "mlflow", "bentoml", "transformers") if n in sys.modules]
print(json.dumps([heavy, [[j.category, {str(k): v for k, v in j.severity.items()}] for j in found]]))
"""
    texts = ["I want my money back, the course never opened.", "Five stars for sale.", ""]
    done = subprocess.run(
        [sys.executable, "-c", script, str(artifact.directory), artifact.sha256, json.dumps(texts)],
        capture_output=True,
        text=True,
        check=True,
    )
    heavy, theirs = json.loads(done.stdout)
    assert heavy == []
    ours = load_artifact(artifact.directory).judge([assemble("", text) for text in texts])
    assert theirs == [[dict(j.category), {str(k): v for k, v in j.severity.items()}] for j in ours]
