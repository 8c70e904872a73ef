"""Shares of masked, random and kept tokens, and what is never touched."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from benchmark.errors import ModelError
from benchmark.training import Vocabulary, masked

VOCABULARY = Vocabulary(1000, mask=4, first=2, special=frozenset({0, 2, 3, 4}))


def test_shares_are_those_of_bert():
    random = torch.Generator().manual_seed(0)
    ids = torch.randint(5, 1000, (400, 500), generator=random)
    found = masked(ids, VOCABULARY, 0.3, random)
    hidden, other = found == 4, (found != 4) & (found != ids)
    count = ids.numel()
    # Five standard deviations of a share of 200,000 draws; a random token is its own in 1 of 1,000.
    assert abs(hidden.sum() / count - 0.24) < 5 * (0.24 * 0.76 / count) ** 0.5
    assert abs(other.sum() / count - 0.03 * 0.999) < 5 * (0.03 * 0.97 / count) ** 0.5
    assert found[other].unique().numel() > 900


def test_special_tokens_stay():
    ids = torch.tensor([[2, 3, 0, 4]] * 100)
    assert torch.equal(masked(ids, VOCABULARY, 1.0), ids)


def test_a_tokenizer_without_a_mask_is_refused():
    tokenizer = SimpleNamespace(name_or_path="gpt", mask_token_id=None, cls_token_id=1)
    with pytest.raises(ModelError, match="gpt: has no mask token"):
        Vocabulary.of(tokenizer)


def test_a_tokenizer_says_what_its_tokens_are():
    class Tokenizer(SimpleNamespace):
        def __len__(self) -> int:
            return 1000

    tokenizer = Tokenizer(mask_token_id=4, cls_token_id=2, all_special_ids=[4, 3, 2, 0])
    assert Vocabulary.of(tokenizer) == VOCABULARY


def test_a_tokenizer_that_pads_before_the_sentence_is_refused():
    tokenizer = SimpleNamespace(
        name_or_path="left", mask_token_id=4, cls_token_id=2, padding_side="left"
    )
    with pytest.raises(ModelError, match="left: pads before the sentence"):
        Vocabulary.of(tokenizer)
