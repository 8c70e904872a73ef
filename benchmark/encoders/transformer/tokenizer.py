"""The tokenizer of a checkpoint: loaded by the library, and compared with the checkpoint's files.

The library chooses a class by the configuration and builds a tokenizer of that class from the
vocabulary; it takes only a vocabulary from ``tokenizer.json``, and does without any if there is
none. What comes out may look like a tokenizer and know hardly a word.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmark.encoders.files.checkpoint import Checkpoint, read_object
from benchmark.encoders.transformer.weights import quiet
from benchmark.errors import ModelError, NotComputedHere
from benchmark.extras import installing

logger = logging.getLogger(__name__)

_SAMPLES = (
    "A man is playing a guitar.",
    "The Stock Market fell by 3.5 percent on Monday (to 1,024 points), didn't it?",
    "Élodie naïvely ordered a crème brûlée at the café in São Paulo",
    "Zwei große Hunde laufen schnell durch den Schnee; überall ist es still",
    "Мужчина играет на гитаре",
    "一个男人在弹吉他。",
    "رجل يعزف على الجيتار",
    "एक आदमी गिटार बजा रहा है",
)
"""Ordinary text: casing, digits, punctuation, accents, and more than one script."""

_MOST_BYTES = 2**28
"""Of ``tokenizer.json``: multilingual vocabularies have 17 to 35 MB."""

_FEW = 0.5
_NOT_ALL = 0.9
"""Of the model's embeddings. Published models round theirs up to a multiple of 64 or 128 and keep
some in reserve: the most that is known is 2 of 100 without a token."""

_MOST_UNKNOWN = 0.5
_MANY_UNKNOWN = 0.1
_ENOUGH_TOKENS = 100
"""One odd sentence that the store does not hold yet shall not end a run."""

_NO_TOKEN = -1
"""A token that is promised, and that the vocabulary does not have."""

_VERSIONS = "fast_tokenizer_files"

_SENTENCEPIECE_FILES = ("spm.model", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model")
_OVERRIDES = {
    "BertNormalizer": {
        "do_lower_case": "lowercase",
        "strip_accents": "strip_accents",
        "tokenize_chinese_chars": "handle_chinese_chars",
    },
    "ByteLevel": {"add_prefix_space": "add_prefix_space"},
}
"""What ``tokenizer_config.json`` may say against ``tokenizer.json``: by kind of step, the names
there and here. The library's classes of one architecture have always let the former win."""

_AS_IT_IS = {"PreTrainedTokenizerFast", "TokenizersBackend"}
"""The library's class of no architecture, under its older and its newer name: the file alone."""


def load_tokenizer(checkpoint: Checkpoint, *, trust_remote_code: bool) -> Any:
    """Return the tokenizer of a checkpoint.

    Args:
        checkpoint: the folder.
        trust_remote_code: allow code that the checkpoint brings.

    Raises:
        ModelError: there is none, it needs a library that is not installed, it gives other ids
            than ``tokenizer.json``, or it knows only a small part of the model's tokens.
        NotComputedHere: it gives types of tokens, too.
    """
    from transformers import AutoTokenizer

    path = checkpoint.folder / "tokenizer_config.json"
    versions = read_object(path).get(_VERSIONS) if path.is_file() else None
    if versions not in (None, [], ["tokenizer.json"]):
        raise _unusable(
            checkpoint,
            f"{_VERSIONS} in {path.name} names one for each version of the loading library; keep "
            "one, as tokenizer.json",
        )
    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(
                checkpoint.tokenizer_folder,
                local_files_only=True,
                trust_remote_code=trust_remote_code,
            )
    except Exception as error:
        raise _unusable(checkpoint, _why(checkpoint, error)) from error
    if len(tokenizer) <= len(tokenizer.all_special_ids):
        # The library makes do without a vocabulary: every word would be the unknown one.
        raise _unusable(checkpoint, "there is no vocabulary: vocab.txt, tokenizer.json or the like")
    _require_size(checkpoint, len(tokenizer))
    own = type(tokenizer).__module__.startswith("transformers.")
    if own and (checkpoint.tokenizer_folder / "tokenizer.json").is_file():
        _require_same_ids(checkpoint, tokenizer)
    if "token_type_ids" in tokenizer.model_input_names:
        try:
            encoded = tokenizer(_SAMPLES[0], return_token_type_ids=True)
        except Exception as error:
            raise _unusable(checkpoint, _line(error)) from error
        if any(encoded.get("token_type_ids", ())):
            raise _typed(checkpoint)
    return tokenizer


def require_one_type(checkpoint: Checkpoint, settings: Mapping[str, Any]) -> None:
    """Refuse a tokenizer that gives a model types of tokens other than 0, as far as files tell.

    Args:
        checkpoint: the folder.
        settings: its ``tokenizer_config.json``.

    Raises:
        NotComputedHere: it does; the model is given token ids alone.
    """
    path = checkpoint.tokenizer_folder / "tokenizer.json"
    names = settings.get("model_input_names")
    if not isinstance(names, list) or "token_type_ids" not in names or not path.is_file():
        return
    processor = read_object(path, _MOST_BYTES).get("post_processor")
    inner = processor.get("processors") if isinstance(processor, dict) else None
    for each in (processor, *(inner if isinstance(inner, list) else ())):
        single = each.get("single") if isinstance(each, dict) else None
        for piece in single if isinstance(single, list) else ():
            parts = piece.values() if isinstance(piece, dict) else ()
            if any(isinstance(part, dict) and part.get("type_id") for part in parts):
                raise _typed(checkpoint)


def _typed(checkpoint: Checkpoint) -> NotComputedHere:
    return NotComputedHere(
        f"{checkpoint.name}: its tokenizer gives the model types of tokens other than 0, which is "
        "not done here; `adapter` sentence-transformers lets the library compute it"
    )


def lower_case(tokenizer: Any) -> None:
    """Have a tokenizer lower-case what it is given, as the sentence-transformers library does.

    That is not the same as to lower-case the text: a special token in it stays one, and each
    letter is changed for itself.
    """
    if tokenizer.is_fast:
        from tokenizers.normalizers import Lowercase, Sequence

        usual: Any = tokenizer.backend_tokenizer.normalizer
        steps: Any = usual if isinstance(usual, Sequence) else [usual] if usual else []
        if not any(isinstance(step, Lowercase) for step in steps):
            tokenizer.backend_tokenizer.normalizer = Sequence([Lowercase(), *steps])
        return
    try:
        tokenizer.do_lower_case = True
    except AttributeError:  # a property; the tokenizer inside has it
        tokenizer.basic_tokenizer.do_lower_case = True


def embeddings(checkpoint: Checkpoint) -> int | None:
    """Return how many tokens a model has embeddings for; None if its configuration tells not."""
    config = checkpoint.config()
    inner = config.get("text_config")
    size = config.get("vocab_size") or (inner.get("vocab_size") if isinstance(inner, dict) else 0)
    return size if isinstance(size, int) and size > 0 else None


def promised_end(checkpoint: Checkpoint, tokenizer: Any) -> int | None:
    """Return the token that every text is to end in, by the tokenizer's files; None if any may.

    ``tokenizer.json`` may put a token there, ``add_eos_token`` promises the end token. The loading
    library goes by the former alone where there is one, and by what its class thinks best else.

    Raises:
        ModelError: the files cannot be read.
    """
    path = checkpoint.folder / "tokenizer.json"
    if path.is_file():
        last = _last_of(read_object(path, _MOST_BYTES).get("post_processor"))
        if last is not None:
            found = tokenizer.convert_tokens_to_ids(last)
            return found if isinstance(found, int) else _NO_TOKEN
    path = checkpoint.folder / "tokenizer_config.json"
    if path.is_file() and read_object(path).get("add_eos_token") is True:
        return _NO_TOKEN if tokenizer.eos_token_id is None else int(tokenizer.eos_token_id)
    return None


def _last_of(step: Any) -> str | None:
    """Return the special token that a post-processor of ``tokenizer.json`` ends a text with."""
    if not isinstance(step, dict):
        return None
    if isinstance(step.get("processors"), list):
        ends = (_last_of(each) for each in reversed(step["processors"]))
        return next((end for end in ends if end is not None), None)
    if isinstance(step.get("single"), list) and step["single"]:
        last = step["single"][-1]
        special = last.get("SpecialToken") if isinstance(last, dict) else None
        name = special.get("id") if isinstance(special, dict) else None
        return name if isinstance(name, str) else None
    if isinstance(step.get("sep"), list) and step["sep"]:  # of BERT and RoBERTa
        return str(step["sep"][0])
    return None


def require_known(checkpoint: Checkpoint, tokenizer: Any, ids: Sequence[Sequence[int]]) -> None:
    """Refuse token ids that the model has no embedding for, or that are mostly the unknown one.

    Raises:
        ModelError: they are.
    """
    flat = np.fromiter(itertools.chain.from_iterable(ids), np.int64)
    size = embeddings(checkpoint)
    if size is not None and flat.size and (largest := int(flat.max())) >= size:
        token = tokenizer.convert_ids_to_tokens(largest)
        raise ModelError(
            f"{checkpoint.name}: its tokenizer gives the id {largest} ({token!r}), and the model "
            f"has embeddings for {size:,} (vocab_size): tokens were added and the model was not "
            "resized (resize_token_embeddings), or they are of two checkpoints"
        )
    if tokenizer.unk_token_id is None:
        return
    special = [token for token in tokenizer.all_special_ids if token != tokenizer.unk_token_id]
    ordinary = flat[~np.isin(flat, special)]
    share = float((ordinary == tokenizer.unk_token_id).mean()) if ordinary.size else 0.0
    if share <= _MANY_UNKNOWN:
        return
    what = f"{share:.0%} of the tokens of {len(ids):,} sentences are unknown to its tokenizer"
    if share > _MOST_UNKNOWN and ordinary.size >= _ENOUGH_TOKENS:
        raise ModelError(
            f"{checkpoint.name}: {what}; it is not the checkpoint's, or does not know their script"
        )
    logger.warning("%s: %s", checkpoint.name, what)


def _require_size(checkpoint: Checkpoint, known: int) -> None:
    size = embeddings(checkpoint)
    if size is None or known >= _NOT_ALL * size:
        return
    what = f"knows {known:,} tokens, the model has embeddings for {size:,} (vocab_size)"
    if known < _FEW * size:
        raise _unusable(checkpoint, f"it {what}: its vocabulary is cut, missing, or another's")
    logger.warning("%s: the tokenizer %s", checkpoint.name, what)


def _require_same_ids(checkpoint: Checkpoint, tokenizer: Any) -> None:
    """Compare ids without special tokens: templates of those are the class's to add."""
    texts = list(_SAMPLES)
    wanted = _file_ids(checkpoint, texts, overridden=type(tokenizer).__name__ not in _AS_IT_IS)
    try:
        found = tokenizer(texts, add_special_tokens=False)["input_ids"]
    except Exception as error:  # the class has no unknown token in this vocabulary, say
        raise _unusable(checkpoint, f"{type(tokenizer).__name__}: {_line(error)}") from error
    for text, ours, theirs in zip(texts, found, wanted, strict=True):
        if list(ours) != theirs:
            raise _unusable(
                checkpoint,
                f"transformers builds a {type(tokenizer).__name__} that gives other ids than "
                f'tokenizer.json, for {text!r} for one; if the file is right, "tokenizer_class": '
                '"PreTrainedTokenizerFast" in tokenizer_config.json takes it as it is',
            )


def _file_ids(checkpoint: Checkpoint, texts: Sequence[str], *, overridden: bool) -> list[list[int]]:
    """Return the ids that ``tokenizer.json`` itself gives.

    Args:
        checkpoint: the folder.
        texts: to be tokenized.
        overridden: whether the configuration has a say.

    Raises:
        ModelError: it cannot be read.
    """
    from tokenizers import Tokenizer

    content = read_object(checkpoint.tokenizer_folder / "tokenizer.json", _MOST_BYTES)
    path = checkpoint.tokenizer_folder / "tokenizer_config.json"
    settings = read_object(path) if overridden and path.is_file() else {}
    for part, parts in (("normalizer", "normalizers"), ("pre_tokenizer", "pretokenizers")):
        step = content.get(part)
        steps = [step, *(step.get(parts) or [])] if isinstance(step, dict) else []
        for each in steps:
            for theirs, ours in _OVERRIDES.get(str(each.get("type")), {}).items():
                if settings.get(theirs) is not None:  # null leaves it to the file
                    each[ours] = settings[theirs]
    try:
        tokenizer = Tokenizer.from_str(json.dumps(content))
    except Exception as error:
        raise _unusable(checkpoint, f"tokenizer.json: {_line(error)}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return [row.ids for row in tokenizer.encode_batch(texts, add_special_tokens=False)]


def _unusable(checkpoint: Checkpoint, why: str) -> ModelError:
    folder = checkpoint.tokenizer_folder
    return ModelError(f"{checkpoint.name}: no usable tokenizer in {folder} ({why})")


def _why(checkpoint: Checkpoint, error: Exception) -> str:
    """Return what failed; of a library that is missing, its name and where it comes from.

    Left to itself transformers takes a file of sentencepiece for one of tiktoken when it cannot
    read it, and asks for the wrong one.
    """
    for name in _SENTENCEPIECE_FILES:
        path = checkpoint.tokenizer_folder / name
        if path.is_file():
            with path.open("rb") as file:
                # A message of protocol buffers; files of tiktoken are lines of base64.
                needed = "sentencepiece" if file.read(1) == b"\n" else "tiktoken"
            if importlib.util.find_spec(needed) is None:
                return f"{name} needs {needed}; {installing('tokenizers')}"
    return _line(error)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
