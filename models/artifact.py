"""A model on disk: data and a manifest, verified byte by byte before anything of it is deserialised.

    manifest.json            SHA-256 and size of each other file, labels, taxonomy, versions; its own SHA-256 is the
                             model's id
    category.skops           the head without its weights, by skops with our list of allowed types
    category.safetensors     the head's weights
    severity.*               the same, where the model judges severity
    assurance/               what the judge knows of its own answers: arrays and settings, part by part; of precedents
                             the manifest names the rows' seals, so that rows can be erased (`models.erasable`)
    encoder/                 the compiled encoder
    held_out.json            how it did on the cases held out, for people to read; nothing serves from it. Models that
                             were not trained by `caseload train`, or before it was kept, have none

No pickle, and no code: what a file can make happen on loading is bounded by `ALLOWED_TYPES`.
"""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from safetensors.numpy import load_file, save_file

from cases.errors import ArtifactError
from cases.taxonomy import Taxonomy
from features.assemble import ASSEMBLY_VERSION
from features.encoder import CompiledEncoder
from features.encoder.layout import file_sha256
from models.category import CategoryClassifier
from models.erasable import ARRAYS, SEALS, SETTINGS, check_rows, erase_rows, holds_any
from models.joint import JointClassifier
from models.judge import Judge
from models.parts import load_parts, save_parts
from models.severity import SeverityClassifier
from models.skops_io import skops_io

MANIFEST = "manifest.json"
ENCODER = "encoder"
ASSURANCE = "assurance"
HELD_OUT = "held_out.json"
FORMAT = 3
# 2: words stand in it as they were written, and precedents cannot be erased; train again to be rid of both.
READ_FORMATS = (2, 3)
# Of our own making, and holding nothing but strings, numbers and arrays; skops knows NumPy's and Python's own.
ALLOWED_TYPES = (
    "models.blocks.FeatureBlocks",
    "models.category.CategoryClassifier",
    "models.severity.SeverityClassifier",
    "models.terms.TermBlock",
)
_ARRAYS = ("weights_", "intercepts_")
_LIBRARIES = ("numpy", "scikit-learn", "scipy", "skops", "safetensors", "openvino", "tokenizers")
Head = TypeVar("Head", bound=JointClassifier)

_ADVICE = "promote it again from the tracker, or roll back"


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of the artifact."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `manifest.json` says.

    Attributes:
        name: The model's.
        files: By path relative to the artifact, with forward slashes.
        encoder_hash: Of the encoder that the heads were fitted with.
        assembly_version: Of the rule by which texts were assembled.
        categories: The labels in the order of the head's columns.
        levels: The severity levels learnt; empty for none.
        languages: Those learnt.
        taxonomy: `Taxonomy.as_dict`.
        libraries: Versions at the time of training.
        format: Of the artifact.
    """

    name: str
    files: Mapping[str, FileEntry]
    encoder_hash: str
    assembly_version: int
    categories: tuple[str, ...]
    levels: tuple[int, ...]
    languages: tuple[str, ...]
    taxonomy: Mapping[str, Any]
    libraries: Mapping[str, str]
    format: int = FORMAT


def save_artifact(judge: Judge, directory: Path, *, name: str, encoder_dir: Path) -> str:
    """Write `judge` into `directory`, which must not exist yet.

    Args:
        judge: Fitted.
        directory: Made by this.
        name: The model's.
        encoder_dir: The compiled form of the judge's encoder; copied.

    Returns:
        The SHA-256 of the manifest, which covers every file.
    """
    directory.mkdir(parents=True)
    _write_head(judge.category, directory, "category")
    if judge.severity is not None:
        _write_head(judge.severity, directory, "severity")
    if judge.assurance is not None:
        save_parts(judge.assurance, directory / ASSURANCE)
    shutil.copytree(encoder_dir, directory / ENCODER)
    paths = _paths(directory)
    manifest = Manifest(
        name=name,
        files={path: _entry(directory / path) for path in paths if path not in _sealed_by_row(paths)},
        encoder_hash=judge.encoder.hash,
        assembly_version=ASSEMBLY_VERSION,
        categories=tuple(str(label) for label in judge.category.classes_),
        levels=() if judge.severity is None else tuple(int(level) for level in judge.severity.classes_),
        languages=judge.languages,
        taxonomy=judge.taxonomy.as_dict(),
        libraries={library: version(library) for library in _LIBRARIES},
    )
    return _write_manifest(directory, manifest)


def add_held_out(directory: Path, figures: Mapping[str, Any]) -> str:
    """Put what was measured on the saved artifact into it; what it judges by stays byte for byte as it was measured.

    Args:
        directory: What `save_artifact` wrote, without such figures.
        figures: As JSON can hold them.

    Returns:
        The SHA-256 of the manifest, which is another than before.

    Raises:
        ArtifactError: It is not whole.
    """
    manifest = verify_artifact(directory)
    (directory / HELD_OUT).write_text(json.dumps(figures, ensure_ascii=False), encoding="utf-8")
    files = {**manifest.files, HELD_OUT: _entry(directory / HELD_OUT)}
    return _write_manifest(directory, replace(manifest, files=files))


def read_held_out(directory: Path) -> dict[str, Any] | None:
    """The figures that `add_held_out` put into an artifact that was verified when it was loaded; None without.

    Raises:
        ArtifactError: They are no JSON object.
    """
    try:
        found = json.loads((directory / HELD_OUT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise _refused(HELD_OUT, "a JSON object", type(error).__name__) from error
    if not isinstance(found, dict):
        raise _refused(HELD_OUT, "a JSON object", type(found).__name__)
    return found


def verify_artifact(directory: Path, expected_sha256: str | None = None) -> Manifest:
    """The manifest, after every file was found to be what it says; nothing is deserialised but the manifest's JSON.

    Args:
        directory: The artifact.
        expected_sha256: What the manifest's own SHA-256 must be; None where nobody said.

    Raises:
        ArtifactError: A file is missing, changed, or more than the manifest names; or the artifact is of a format or
            an assembly that this version does not read.
    """
    try:
        written = (directory / MANIFEST).read_bytes()
    except OSError as error:
        raise _refused(f"{directory.name}/{MANIFEST}", "readable", error.strerror or "an error") from error
    found = hashlib.sha256(written).hexdigest()
    if expected_sha256 is not None and found != expected_sha256:
        raise _refused(MANIFEST, f"of SHA-256 {expected_sha256}", found)
    manifest = _parsed(written)
    present = set(_paths(directory))
    by_row = _sealed_by_row(manifest.files)
    for path in sorted(present ^ {*manifest.files, *by_row}):
        got = "a file that it does not name" if path in present else "no such file"
        raise _refused(path, "as the manifest names it", got)
    for path, entry in manifest.files.items():
        if _entry(directory / path) != entry:
            raise _refused(path, f"of SHA-256 {entry.sha256}", "other bytes")
    if by_row:
        check_rows(directory / ASSURANCE)
    return manifest


def erase_precedents(directory: Path, case_ids: Collection[str]) -> int:
    """Erase what the artifact in `directory` remembers of these cases; answers how many it knew of them.

    It stays the artifact that it was, under the same SHA-256, and a service that has it loaded reads it anew.

    Raises:
        ArtifactError: It is not whole, or from before precedents could be erased and holds some of these.
    """
    folder = directory / ASSURANCE
    if not (folder / SEALS).exists():
        if holds_any(folder, case_ids):
            raise ArtifactError(
                f"'{directory.name[:12]}…' must hold precedents that can be erased (got an artifact of format 2); "
                "train again, promote, and delete its folder"
            )
        return 0
    return erase_rows(folder, case_ids)


def load_artifact(directory: Path, expected_sha256: str | None = None) -> Judge:
    """The judge in `directory`, verified first. Loads neither torch nor anything that could fetch.

    Raises:
        ArtifactError: It is not whole, not ours, or does not fit together.
    """
    manifest = verify_artifact(directory, expected_sha256)
    category = _read_head(directory, "category", CategoryClassifier)
    severity = _read_head(directory, "severity", SeverityClassifier) if manifest.levels else None
    encoder = CompiledEncoder.load(directory / ENCODER)
    if encoder.hash != manifest.encoder_hash:
        raise _refused("encoder", f"encoder {manifest.encoder_hash}", encoder.hash)
    assurance = load_parts(directory / ASSURANCE)
    return Judge(category, severity, encoder, Taxonomy.from_dict(manifest.taxonomy), manifest.languages, assurance)


def _write_manifest(directory: Path, manifest: Manifest) -> str:
    written = json.dumps(asdict(manifest), indent=1, sort_keys=True, ensure_ascii=False).encode()
    (directory / MANIFEST).write_bytes(written)
    return hashlib.sha256(written).hexdigest()


def _write_head(head: JointClassifier, directory: Path, part: str) -> None:
    slim = copy.copy(head.for_serving())
    arrays = {name: slim.__dict__.pop(name) for name in _ARRAYS}
    save_file(arrays, directory / f"{part}.safetensors")
    skops_io().dump(slim, directory / f"{part}.skops")


def _read_head(directory: Path, part: str, kind: type[Head]) -> Head:
    path = directory / f"{part}.skops"
    try:
        head = skops_io().load(path, trusted=list(ALLOWED_TYPES))
        arrays = load_file(directory / f"{part}.safetensors")
    except Exception as error:  # whatever a file can make the readers raise, it is the file that is at fault
        raise _refused(path.name, "a head that this version reads", type(error).__name__) from error
    if type(head) is not kind or set(arrays) != set(_ARRAYS):
        raise _refused(path.name, f"a {kind.__name__}", type(head).__name__)
    head.__dict__.update(arrays)
    return head


def _parsed(written: bytes) -> Manifest:
    try:
        data = json.loads(written)
        data["files"] = {path: FileEntry(**entry) for path, entry in data["files"].items()}
        for name in ("categories", "levels", "languages"):
            data[name] = tuple(data[name])
        manifest = Manifest(**data)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _refused(MANIFEST, "a manifest of Caseload's", type(error).__name__) from error
    if manifest.format not in READ_FORMATS:
        raise _refused(MANIFEST, f"of format {' or '.join(map(str, READ_FORMATS))}", str(manifest.format))
    if manifest.assembly_version != ASSEMBLY_VERSION:
        raise ArtifactError(
            f"'{MANIFEST}' must be of assembly {ASSEMBLY_VERSION} (got {manifest.assembly_version}); train again"
        )
    return manifest


def _sealed_by_row(paths: Collection[str]) -> tuple[str, ...]:
    """The files whose rows have seals of their own, where the seals are among `paths`."""
    if f"{ASSURANCE}/{SEALS}" not in paths:
        return ()
    return f"{ASSURANCE}/{ARRAYS}", f"{ASSURANCE}/{SETTINGS}"


def _paths(directory: Path) -> list[str]:
    """All files but the manifest, by relative path. A link is none of ours and is refused."""
    found = []
    for path in sorted(directory.rglob("*")):
        relative = path.relative_to(directory).as_posix()
        if path.is_symlink():
            raise _refused(relative, "a plain file", "a link")
        if path.is_file() and relative != MANIFEST:
            found.append(relative)
    return found


def _entry(path: Path) -> FileEntry:
    try:
        return FileEntry(file_sha256(path), path.stat().st_size)
    except OSError as error:
        raise _refused(path.name, "readable", error.strerror or "an error") from error


def _refused(what: str, must: str, got: str) -> ArtifactError:
    return ArtifactError(f"'{what}' must be {must} (got {got}); {_ADVICE}")
