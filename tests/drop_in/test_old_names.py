"""Methods of tokenizers that scripts call and transformers has dropped, in a script that is run."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest
from senteval.old_names import put_back

from tests.checkpoints import write_plain
from tests.drop_in.test_runner import run, with_ours

SCRIPT = """
import json, sys
from transformers import AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
texts, pairs = ["the man", "a dog runs over the hill"], [("the man", "a dog"), ("a", "hill")]
words = [text.split() for text in texts]
cut = {"padding": True, "truncation": True, "max_length": 5}
tensors = tokenizer.batch_encode_plus(texts, return_tensors="pt", padding=True)
found = {
    "tensors": [tensors["input_ids"].tolist(), tensors["attention_mask"].tolist()],
    "cut": tokenizer.batch_encode_plus(texts, **cut)["input_ids"],
    "in a tuple": tokenizer.batch_encode_plus(tuple(texts), **cut)["input_ids"],
    "in order": tokenizer.batch_encode_plus(texts, False, True)["input_ids"],
    "pairs": tokenizer.batch_encode_plus(pairs, padding=True)["token_type_ids"],
    "words": tokenizer.batch_encode_plus(words, is_split_into_words=True)["input_ids"],
    "padded": tokenizer.batch_encode_plus(texts, max_length=9, pad_to_max_length=True)["input_ids"],
    "one": tokenizer.encode_plus(texts[0], max_length=3, truncation=True)["input_ids"],
    "one pair": tokenizer.encode_plus(texts[0], texts[1])["token_type_ids"],
}
called = tokenizer(texts, return_tensors="pt", padding=True)
expected = {
    "tensors": [called["input_ids"].tolist(), called["attention_mask"].tolist()],
    "cut": tokenizer(texts, **cut)["input_ids"],
    "in a tuple": tokenizer(texts, **cut)["input_ids"],
    "in order": tokenizer(texts, add_special_tokens=False, padding=True)["input_ids"],
    "pairs": tokenizer(*map(list, zip(*pairs)), padding=True)["token_type_ids"],
    "words": tokenizer(words, is_split_into_words=True)["input_ids"],
    "padded": tokenizer(texts, max_length=9, padding="max_length")["input_ids"],
    "one": tokenizer(texts[0], max_length=3, truncation=True)["input_ids"],
    "one pair": tokenizer(texts[0], texts[1])["token_type_ids"],
}
print(json.dumps([found, expected]))
"""


def has_them() -> bool:
    from transformers import PreTrainedTokenizerBase

    return hasattr(PreTrainedTokenizerBase, "batch_encode_plus")


@pytest.mark.slow
@pytest.mark.skipif("has_them()", reason="this transformers has them")
def test_the_old_methods_do_what_calling_the_tokenizer_does(tmp_path: Path) -> None:
    checkpoint = write_plain(tmp_path / "bert", "bert")
    (tmp_path / "script.py").write_text(SCRIPT)
    outcome = with_ours(tmp_path, "script.py", checkpoint)
    assert outcome.returncode == 0, outcome.stderr
    found, expected = json.loads(outcome.stdout)
    assert found == expected
    assert len(found["padded"][0]) == 9
    told = [line for line in outcome.stderr.splitlines() if "put back" in line]
    assert len(told) == 2, "one line for each, however often it is called"
    assert "has no batch_encode_plus any more: put back for this run" in told[0]
    plain = run(tmp_path, "script.py", checkpoint)
    assert "batch_encode_plus" in plain.stderr.splitlines()[-1]


def test_what_is_there_stays() -> None:
    module = ModuleType("transformers.tokenization_utils_base")

    class PreTrainedTokenizerBase:
        def batch_encode_plus(self) -> str:
            return "its own"

    module.PreTrainedTokenizerBase = PreTrainedTokenizerBase
    put_back(module)
    assert PreTrainedTokenizerBase().batch_encode_plus() == "its own"
    assert hasattr(PreTrainedTokenizerBase, "encode_plus")


def test_a_script_without_transformers_does_not_load_it(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("import sys; print('transformers' in sys.modules)")
    assert with_ours(tmp_path, "script.py").stdout == "False\n"
