"""Small sentence-transformers models with random weights, of the kinds that people bring."""

from __future__ import annotations

import json
from pathlib import Path

WORDS = "the course is copy of my own work please help with this refund instructor".split()  # noqa: SIM905


def save_tiny_model(directory: Path, *, pooling: str = "mean", dense: bool = False) -> Path:
    """A BERT of two layers and 32 dimensions that reads 24 tokens, saved as sentence-transformers saves."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Pooling, Transformer
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    letters = [prefix + letter for prefix in ("", "##") for letter in "abcdefghijklmnopqrstuvwxyz0123456789.,"]
    vocabulary = {
        token: number for number, token in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *WORDS])
    }
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))  # noqa: S106 - no password
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    shell = directory.with_name(f"{directory.name}-shell")
    names = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=24, **names).save_pretrained(shell)
    BertModel(
        BertConfig(
            vocab_size=len(vocabulary),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=32,
            pad_token_id=0,
        ),
    ).save_pretrained(shell)
    modules = [Transformer(str(shell)), Pooling(32, pooling)]
    if dense:
        modules.append(Dense(32, 16))
    SentenceTransformer(modules=modules, device="cpu").save_pretrained(str(directory), create_model_card=False)
    return directory


def set_default_prompt(directory: Path) -> None:
    """Give the model a prompt that is put before each text."""
    path = directory / "config_sentence_transformers.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "prompts": {"query": "query: "}, "default_prompt_name": "query"}))
