"""Small encoders of three families with random weights, their tokenizers made on the spot.

Weights are drawn wide enough for sentences to differ, and pooling and prediction heads are there:
every pooler has what it takes.
"""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

from performance.tools.sentences import BASE, sentences

_SMALL = {
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "max_position_embeddings": 512,
}
_TINY = _SMALL | {"hidden_size": 32, "intermediate_size": 64, "max_position_embeddings": 64}

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_TEMPLATES = 'This sentence : "x" means in one word. Document again: means that it can be'


def write_word_pieces(folder: Path, least: int = 0) -> int:
    """Write BERT's ``vocab.txt`` of our sentences' words and all letters; return its size.

    Up to a least size it has pieces that nothing becomes, as BERT's own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = [*sentences(BASE), _TEMPLATES]
    words = {word.lower() for text in texts for word in text.split() if word.isalpha()}
    letters = string.ascii_lowercase + string.digits
    pieces = [*_SPECIAL, *string.punctuation, *letters, *(f"##{one}" for one in letters)]
    pieces += sorted(words - set(pieces))
    pieces += [f"[unused{place}]" for place in range(least - len(pieces))]
    (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in pieces), "utf-8")
    return len(pieces)


def write_bert(folder: Path, sizes: dict[str, int]) -> Path:
    """Write a BERT with pooling head and prediction head."""
    from transformers import BertConfig, BertForPreTraining

    words = write_word_pieces(folder)
    return _saved(BertForPreTraining(BertConfig(vocab_size=words, **sizes)), 1, folder)


def write_roberta(folder: Path, sizes: dict[str, int]) -> Path:
    """Write a RoBERTa with a pooling head."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import RobertaConfig, RobertaModel

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer: Any = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(
        [*sentences(BASE), _TEMPLATES], 1000, 2, show_progress=False, special_tokens=special
    )
    tokenizer.save_model(str(folder))
    config = RobertaConfig(
        vocab_size=tokenizer.get_vocab_size(), pad_token_id=1, bos_token_id=0, eos_token_id=2,
        type_vocab_size=1,
        **sizes | {"max_position_embeddings": sizes["max_position_embeddings"] + 2},
    )  # fmt: skip
    return _saved(RobertaModel(config), 2, folder)


def write_llama(folder: Path, sizes: dict[str, int]) -> Path:
    """Write a Llama-like decoder; its tokenizer adds no special token, so some texts have none."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    special = ["<s>", "</s>"]
    tokenizer: Any = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer: Any = trainers.BpeTrainer(
        vocab_size=1000, special_tokens=special, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    tokenizer.train_from_iterator([*sentences(BASE), _TEMPLATES], trainer)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **dict(zip(("bos_token", "eos_token"), special, strict=True))
    ).save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(), num_key_value_heads=2, bos_token_id=0,
        eos_token_id=1, **sizes,
    )  # fmt: skip
    return _saved(LlamaForCausalLM(config), 3, folder)


_WRITE = {"BERT": write_bert, "RoBERTa": write_roberta, "Llama": write_llama}


def write_families(folder: Path, *, tiny: bool) -> dict[str, Path]:
    """Return the folder of each family, written if it is not there."""
    folders = {name: folder / name for name in _WRITE}
    for name, write in _WRITE.items():
        if not folders[name].exists():
            write(folders[name], _TINY if tiny else _SMALL)
    return folders


def _saved(model: Any, seed: int, folder: Path) -> Path:
    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            drawn = torch.randn(weight.shape, generator=generator) * 0.06
            weight.copy_(drawn + name.lower().endswith("norm.weight"))
    model.save_pretrained(folder)
    return folder
