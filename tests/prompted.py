"""Folders of random weights whose tokenizers know the words of prompts, and hard sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import (
    BertWordPieceTokenizer,
    ByteLevelBPETokenizer,
    Tokenizer,
    models,
    normalizers,
    processors,
    trainers,
)
from transformers import (
    BertConfig,
    BertForMaskedLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaModel,
)

from benchmark.encoders.asked.catalogue import named_presets
from tests.checkpoints import SENTENCES
from tests.oracles.prompts import Reader

HARD = (
    *SENTENCES[:6],
    "Is it snowing?",
    "Is it \"snowing\" or 'raining'",
    'He said "no"',
    "the dogs'",
    "Look, {text} and {mask} and [brackets]!",
    "A man is playing a guitar.",
    "a",
)
MOST_POSITIONS = 320
"""Enough for 256 offsets of PromptBERT's template."""

_SIZES = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
}


def texts() -> list[str]:
    """Return what the tokenizers are trained on: sentences, and the words of every preset."""
    presets = named_presets().values()
    templates = [text for preset in presets for text in preset.templates]
    plain = [text.replace("{", " ").replace("}", " ") for text in templates]
    letters = "a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9"
    return [
        *HARD,
        *SENTENCES,
        *plain,
        letters,
        letters.replace(" ", ""),
        "! ? . , ' \" : ; { } [ ] /",
    ]


def write_bert(folder: Path, *, head: bool = True) -> Path:
    """Write a BERT with the prediction head of a masked language model, or without."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = BertWordPieceTokenizer(lowercase=True)
    tokenizer.train_from_iterator(texts(), vocab_size=500, show_progress=False)
    tokenizer.save_model(str(folder))
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=MOST_POSITIONS, **_SIZES
    )
    model: Any = _random(BertForMaskedLM(config), 1)
    (model if head else model.bert).save_pretrained(folder)
    return folder


def write_roberta(folder: Path, kind: str = "RobertaForMaskedLM") -> Path:
    """Write a RoBERTa: a masked language model, or one with a pooling head."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator(
        texts(),
        vocab_size=600,
        min_frequency=2,
        show_progress=False,
        special_tokens=[*special, "<mask>"],
    )
    tokenizer.save_model(str(folder))
    config = RobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        max_position_embeddings=MOST_POSITIONS + 2,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        type_vocab_size=1,
        **_SIZES,
    )
    made = {"RobertaForMaskedLM": RobertaForMaskedLM, "RobertaModel": RobertaModel}[kind]
    _random(made(config), 2).save_pretrained(folder)
    return folder


def write_llama(folder: Path) -> Path:
    """Write a Llama whose tokenizer merges across words and adds the first token alone."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer: Any = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    special = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(
        vocab_size=900, special_tokens=special, show_progress=False, max_token_length=6
    )
    tokenizer.train_from_iterator(texts(), trainer)
    tokenizer = _with_plain_bytes(tokenizer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    ).save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        num_key_value_heads=2,
        max_position_embeddings=512,
        bos_token_id=1,
        eos_token_id=2,
        **_SIZES,
    )
    _random(LlamaForCausalLM(config), 3).save_pretrained(folder)
    return folder


def _with_plain_bytes(tokenizer: Any) -> Any:
    """Bytes are tokens of the vocabulary, and no texts to be looked for."""
    import json

    content = json.loads(tokenizer.to_str())
    kept = [token for token in content["added_tokens"] if not token["content"].startswith("<0x")]
    return Tokenizer.from_str(json.dumps(content | {"added_tokens": kept}))


def _random(model: Any, seed: int) -> Any:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            drawn = torch.randn(weight.shape, generator=generator) * 0.2
            weight.copy_(drawn + name.lower().endswith("norm.weight"))
    return model


def bert_reader(folder: Path) -> Reader:
    """Return what the tokenizers library makes of a BERT folder's vocabulary."""
    tokenizer: Any = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)
    first, last, mask = (tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]", "[MASK]"))
    return Reader(tokenizer, first, last, mask, "")


def roberta_reader(folder: Path) -> Reader:
    """Return what the tokenizers library makes of a RoBERTa folder's vocabulary."""
    files = (str(folder / "vocab.json"), str(folder / "merges.txt"))
    tokenizer: Any = ByteLevelBPETokenizer(*files)
    return Reader(tokenizer, 0, 2, tokenizer.token_to_id("<mask>"), " ")


def llama_reader(folder: Path) -> Reader:
    """Return what the tokenizers library makes of a Llama folder's ``tokenizer.json``."""
    return Reader(Tokenizer.from_file(str(folder / "tokenizer.json")), 1, 2, -1, "")
