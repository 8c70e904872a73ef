"""The tokenizer is the checkpoint's own, or refused: never one that knows hardly a word."""

from __future__ import annotations

import importlib.util
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from tokenizers.processors import TemplateProcessing
from transformers import AutoTokenizer, GPT2Config, PreTrainedTokenizerFast

from benchmark.embeddings import embed
from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.transformer.tokenizer import load_tokenizer
from benchmark.errors import ModelError, NotComputedHere
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.checkpoints import SENTENCES, write_json
from tests.encoders.transformer.test_sentence_transformers import assert_same

SPECIAL = {"unigram": ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]}
SPECIAL["wordpiece"] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SPECIAL["bytes"] = SPECIAL["unigram"]


def encoder_of(folder: Path) -> Any:
    options = EncoderOptions(pooler="avg", device="cpu")
    return build_encoder(parse_reference(str(folder)), "sts", options)


def trained(kind: str, *, lower: bool = True) -> Tokenizer:
    """Return a tokenizer trained on the sentences, in the form that published ones have."""
    trainer: Any
    if kind == "unigram":
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
        )
        trainer = trainers.UnigramTrainer(
            vocab_size=200, special_tokens=SPECIAL[kind], unk_token="<unk>", show_progress=False
        )
    elif kind == "wordpiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(
            vocab_size=200, special_tokens=SPECIAL[kind], show_progress=False
        )
    else:
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        trainer = trainers.BpeTrainer(
            vocab_size=400,
            special_tokens=SPECIAL[kind],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
    tokenizer.train_from_iterator([*SENTENCES, *(s.lower() for s in SENTENCES)], trainer)
    return tokenizer


def write(folder: Path, tokenizer: Tokenizer, settings: dict[str, Any] | None = None) -> Path:
    """Write a BERT with this ``tokenizer.json`` and nothing else to tokenize with."""
    checkpoints.write_plain(folder, vocab_size=tokenizer.get_vocab_size())
    (folder / "vocab.txt").unlink()
    tokenizer.save(str(folder / "tokenizer.json"))
    if settings is not None:
        write_json(folder / "tokenizer_config.json", settings)
    return folder


# --- tokenizer.json -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "lower", "settings"),
    [
        ("wordpiece", True, None),
        ("wordpiece", False, {"do_lower_case": False}),
        ("unigram", True, {"tokenizer_class": "XLMRobertaTokenizer"}),
        ("unigram", True, {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "<unk>"}),
        ("bytes", True, {"tokenizer_class": "RobertaTokenizer"}),
        # The configuration has its say, as it has always had in the library.
        ("wordpiece", False, {"do_lower_case": True}),
        ("bytes", True, {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True}),
    ],
)
def test_a_class_that_fits_the_file(
    tmp_path: Path, kind: str, lower: bool, settings: dict[str, Any] | None
) -> None:
    tokenizer = trained(kind, lower=lower)
    found = encoder_of(write(tmp_path / "m", tokenizer, settings)).tokenize(SENTENCES).ids
    special = set(range(5))
    if not settings or "do_lower_case" not in settings:
        prefix = " " if settings and settings.get("add_prefix_space") else ""
        wanted = [tokenizer.encode(prefix + s, add_special_tokens=False).ids for s in SENTENCES]
        assert [[token for token in row if token not in special] for row in found] == wanted


@pytest.mark.parametrize(
    ("kind", "lower", "settings", "said"),
    [
        # The two of the report, and a cased vocabulary that would be lower-cased.
        ("unigram", True, None, r"BertTokenizer: .*Missing \[UNK\] token"),
        ("unigram", True, {"tokenizer_class": "RobertaTokenizer"}, "RobertaTokenizer that gives"),
        ("wordpiece", False, None, "BertTokenizer that gives"),
    ],
)
def test_a_class_that_does_not_fit_the_file(
    tmp_path: Path, kind: str, lower: bool, settings: dict[str, Any] | None, said: str
) -> None:
    encoder = encoder_of(write(tmp_path / "m", trained(kind, lower=lower), settings))
    with pytest.raises(ModelError, match=f"m: no usable tokenizer in .*{said}") as caught:
        encoder.load()
    assert "\n" not in str(caught.value)


def test_an_unknown_token_of_another_name(tmp_path: Path) -> None:
    """Then the class that the library chooses by itself finds one, and gives it for every word."""
    tokenizer = trained("unigram")
    content = json.loads(tokenizer.to_str().replace('"<unk>"', '"[UNK]"'))
    folder = write(tmp_path / "m", Tokenizer.from_str(json.dumps(content)))
    with pytest.raises(ModelError, match="BertTokenizer that gives other ids than tok"):
        encoder_of(folder).load()


def test_the_way_out_that_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path / "m", trained("wordpiece", lower=False))
    with pytest.raises(ModelError, match='"tokenizer_class": "PreTrainedTokenizerFast"'):
        encoder_of(folder).load()
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast"})
    encoder_of(folder).load()


@pytest.mark.parametrize("name", ["PreTrainedTokenizerFast", "TokenizersBackend"])
@pytest.mark.parametrize(
    ("kind", "said"),
    [("wordpiece", {"do_lower_case": False}), ("bytes", {"add_prefix_space": True})],
)
def test_the_class_of_no_architecture_takes_the_file_as_it_is(
    tmp_path: Path, name: str, kind: str, said: dict[str, Any]
) -> None:
    unknown = "[UNK]" if kind == "wordpiece" else "<unk>"
    settings = {"tokenizer_class": name, "unk_token": unknown} | said
    folder = write(tmp_path / "m", trained(kind), settings)
    wanted = AutoTokenizer.from_pretrained(folder)(list(SENTENCES))["input_ids"]
    assert encoder_of(folder).tokenize(SENTENCES).ids == wanted


# --- vocabularies ---------------------------------------------------------------------------------


def cut(folder: Path, lines: int) -> Path:
    """Leave the first lines of ``vocab.txt``."""
    pieces = (folder / "vocab.txt").read_text().splitlines(keepends=True)
    (folder / "vocab.txt").write_text("".join(pieces[:lines]))
    return folder


def test_a_vocabulary_that_is_cut(tmp_path: Path) -> None:
    folder = cut(checkpoints.write_plain(tmp_path / "m"), 20)
    with pytest.raises(ModelError, match=r"knows 20 tokens, .* for 82 \(vocab_size\): .* cut"):
        encoder_of(folder).load()


def test_a_vocabulary_that_misses_a_few_pieces(
    tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    encoder_of(cut(checkpoints.write_plain(tmp_path / "m"), 70)).load()
    [said] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert said.startswith("m: the tokenizer knows 70 tokens, the model has embeddings for 82")


@pytest.mark.parametrize("rows", [82, 90])
def test_embeddings_that_are_rounded_up(
    tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture, rows: int
) -> None:
    encoder_of(checkpoints.write_plain(tmp_path / "m", vocab_size=rows)).load()
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


@pytest.mark.parametrize("model_type", ["bert", "deberta", "deberta-v2", "roberta", "xlm-roberta"])
def test_no_tokenizer_files_at_all(tmp_path: Path, model_type: str) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    (folder / "vocab.txt").unlink()
    config = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", config | {"model_type": model_type})
    with pytest.raises(ModelError, match="no usable tokenizer in"):
        _ = encoder_of(folder)._tokenizer


# --- the sentences that are asked -----------------------------------------------------------------

CHINESE = [f"一个男人在弹吉他{number}" for number in range(20)]


def test_mostly_unknown(tmp_path: Path) -> None:
    encoder = encoder_of(checkpoints.write_plain(tmp_path / "m"))
    with pytest.raises(ModelError, match=r"m: \d\d% of the tokens of 20 sentences are unknown to"):
        encoder.tokenize(CHINESE)


def test_one_odd_sentence_ends_no_run(
    tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    """The store may hold all the others."""
    encoder = encoder_of(checkpoints.write_plain(tmp_path / "m"))
    assert len(encoder.tokenize(CHINESE[:1]).ids) == 1
    [said] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "of the tokens of 1 sentences are unknown to its tokenizer" in said


def test_a_few_unknown_words_are_nothing(
    tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = encoder_of(checkpoints.write_plain(tmp_path / "m"))
    encoder.tokenize([*SENTENCES, *CHINESE[:1]])
    encoder.tokenize([""])
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_a_token_that_the_model_does_not_know(tmp_path: Path) -> None:
    """A tokenizer with more words than the model has vectors for."""
    folder = checkpoints.write_plain(tmp_path / "m")
    with (folder / "vocab.txt").open("a") as file:
        file.write("zebra\n")
    encoder = encoder_of(folder)
    assert len(encoder.encode(["a cat"])) == 1
    with pytest.raises(ModelError) as caught:
        embed(encoder, ["a zebra"])
    assert str(caught.value) == (
        "m: its tokenizer gives the id 82 ('zebra'), and the model has embeddings for 82 "
        "(vocab_size): tokens were added and the model was not resized (resize_token_embeddings), "
        "or they are of two checkpoints"
    )


# --- libraries that are missing -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model_type", "name", "content", "needed"),
    [
        ("deberta-v2", "spm.model", b"\n\x0e\n\x05<unk>\x15", "sentencepiece"),
        ("xlm-roberta", "sentencepiece.bpe.model", b"\n\x0e\n\x05<unk>\x15", "sentencepiece"),
        ("llama", "tokenizer.model", b"IQ== 0\nIg== 1\n", "tiktoken"),
    ],
)
def test_the_library_that_is_missing_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    model_type: str,
    name: str,
    content: bytes,
    needed: str,
) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    (folder / "vocab.txt").unlink()
    config = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", config | {"model_type": model_type})
    (folder / name).write_bytes(content)
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda p, *more: None if p == needed else found(p, *more)
    )
    with pytest.raises(ModelError, match=rf"{name} needs {needed}; pip install '.\[tokenizers\]'"):
        _ = encoder_of(folder)._tokenizer


def test_a_tokenizer_of_seventeen_megabytes_is_read(tmp_path: Path) -> None:
    """As multilingual ones are; blanks between the values are as good as more values."""
    folder = checkpoints.write_plain(tmp_path / "m")
    written = encoder_of(folder)._tokenizer.backend_tokenizer.to_str()
    (folder / "tokenizer.json").write_text(written + " " * (17 * 2**20))
    assert encoder_of(folder).tokenize(["the cat"]).ids


def test_one_file_for_each_version_of_the_library(tmp_path: Path) -> None:
    """Which one is loaded would be the library's to choose; only tokenizer.json is hashed."""
    folder = checkpoints.write_plain(tmp_path / "m")
    files = ["tokenizer.4.0.json", "tokenizer.json"]
    write_json(folder / "tokenizer_config.json", {"fast_tokenizer_files": files})
    with pytest.raises(ModelError, match="names one for each version of the loading library"):
        build_encoder(parse_reference(str(folder)), "sts", EncoderOptions(pooler="avg")).load()


def test_types_of_tokens_are_not_passed_over(tmp_path: Path) -> None:
    """The library gives them to the model, if the tokenizer says that the model takes them."""
    folder = checkpoints.write_plain(tmp_path / "m")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    special = [(token, tokenizer.convert_tokens_to_ids(token)) for token in ("[CLS]", "[SEP]")]
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="[CLS]:0 $A:1 [SEP]:1", special_tokens=special
    )
    named = {f"{name}_token": f"[{name.upper()}]" for name in ("unk", "sep", "cls", "pad", "mask")}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer.backend_tokenizer, **named).save_pretrained(
        folder
    )
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    names = ["input_ids", "attention_mask"]
    write_json(folder / "tokenizer_config.json", settings | {"model_input_names": names})
    assert_same(folder)
    names = ["input_ids", "token_type_ids", "attention_mask"]
    write_json(folder / "tokenizer_config.json", settings | {"model_input_names": names})
    with pytest.raises(NotComputedHere, match="gives the model types of tokens other than 0"):
        encoder_of(folder)
    with pytest.raises(NotComputedHere, match="gives the model types of tokens other than 0"):
        load_tokenizer(Checkpoint(folder, "m", "m"), trust_remote_code=False)


def test_the_library_says_nothing_of_its_own(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """Of a configuration whose end token is beyond its vocabulary it would, on standard error."""
    folder = checkpoints.write_decoder(tmp_path / "m")  # with GPT-2's own 50256
    from transformers.utils.logging import warning_once

    library = logging.getLogger("transformers")
    caplog.set_level("WARNING", "transformers")  # other tests have run what makes it quiet
    library.addHandler(caplog.handler)
    try:
        warning_once.cache_clear()  # it says nothing twice, whichever test asked first
        GPT2Config.from_pretrained(folder)
        assert "eos_token_id must be" in caplog.text
        caplog.clear()
        warning_once.cache_clear()
        load_tokenizer(Checkpoint(folder, "m", "m"), trust_remote_code=False)
    finally:
        library.removeHandler(caplog.handler)
    assert caplog.text == ""
