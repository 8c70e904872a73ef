"""What the prompt methods compute, done plainly: one sentence at a time, ids put together by hand.

Rules and texts are those of the methods' own evaluation scripts (docs/protocol.md names them), with
transformers' classes for the models and the tokenizers library for the parts of a prompt. A prompt
is a list of texts, of `SENTENCE` and of `MASK`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from tokenizers import Tokenizer

SENTENCE, MASK = object(), object()
Parts = Sequence[object]

PROMPTBERT = ('This sentence of "', SENTENCE, '" means', MASK, ".")
PROMPTROBERTA = ("This sentence : '", SENTENCE, " '", " means", MASK, ".")
COT_BERT = (
    'The sentence of "',
    SENTENCE,
    '" means',
    MASK,
    ", so it can be summarized as",
    MASK,
    ".",
)
COT_ROBERTA = (
    "The sentence of '",
    SENTENCE,
    " '",
    " means",
    MASK,
    " , so it can be summarized as",
    MASK,
    " .",
)
SNCSE_BERT = ('This sentence : "', SENTENCE, '" means', MASK, ".")
SNCSE_ROBERTA = ('This sentence : "', SENTENCE, ' "', " means", MASK, " .")
PROMPTEOL = 'This sentence : "%s" means in one word:"'
PRETENDED = 'After thinking step by step , this sentence : "%s" means in one word:"'

Vectors = NDArray[np.float64]


def with_full_stop(sentence: str) -> str:
    """PromptBERT's rule: nothing is put behind an empty text, or one of these four."""
    if sentence == "" or sentence.endswith((".", "?", '"', "'")):
        return sentence
    return sentence + "."


def with_spaced_stop(sentence: str) -> str:
    """SNCSE's rule: a blank and a full stop, unless a punctuation mark of ASCII ends the text."""
    last = ord(sentence[-1])
    marks = last < 128 and not sentence[-1].isalnum() and last > 32 and last != 127
    return sentence if marks else sentence + " ."


def without_double_quotes(sentence: str) -> str:
    """PromptEOL's rules, in its order."""
    text = with_full_stop(sentence).replace('"', "'")
    return text[:-1] + "." if text.endswith("?") else text


@dataclass(frozen=True)
class Reader:
    """The tokenizer of a folder, without the special tokens that it adds, and its special ids.

    ``blank`` is what stands before a part that follows another (byte-level tokens have their
    blank in front); BERT's know no blanks.
    """

    tokenizer: Tokenizer
    first: int
    last: int
    mask: int
    blank: str

    def ids(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def prompt(self, parts: Parts, sentence: str) -> list[int]:
        """Return the ids of a prompt, special ones at both ends."""
        found = [self.first]
        for part in parts:
            if part is MASK:
                found.append(self.mask)
            elif part is SENTENCE:
                found += self.ids(self.blank + sentence)
            else:
                found += self.ids(str(part))
        return [*found, self.last]


def states(model: Any, ids: Sequence[int], **more: torch.Tensor) -> list[torch.Tensor]:
    """Return every layer's (tokens, d) states of one text."""
    with torch.no_grad():
        output = model(input_ids=torch.tensor([list(ids)]), output_hidden_states=True, **more)
    return [state[0] for state in output.hidden_states]


def at_masks(
    model: Any, reader: Reader, parts: Parts, sentences: Sequence[str]
) -> tuple[list[list[int]], list[torch.Tensor]]:
    """Return the ids of each sentence in a prompt, and the last layer at its last mask."""
    rows = [reader.prompt(parts, sentence) for sentence in sentences]
    found = []
    for row in rows:
        place = len(row) - 1 - row[::-1].index(reader.mask)
        found.append(states(model, row)[-1][place])
    return rows, found


def denoised(
    model: Any,
    reader: Reader,
    parts: Parts,
    sentences: Sequence[str],
    head: Callable[[torch.Tensor], torch.Tensor],
    *,
    head_first: bool,
) -> Vectors:
    """PromptBERT's supervised models: minus the template's own state at the same offset.

    The template alone goes through the model at 256 offsets of its end, positions counted from 0;
    the one that is as long as the sentence's ids is subtracted, before or after the head.
    """
    alone = reader.prompt([part for part in parts if part is not SENTENCE], "")
    before = 1 + len(reader.ids(str(parts[0])))
    noise = []
    for offset in range(256):
        positions = [place + (offset if place >= before else 0) for place in range(len(alone))]
        at = states(model, alone, position_ids=torch.tensor([positions]))[-1]
        noise.append(at[alone.index(reader.mask)])
    vectors = []
    for row, state in zip(*at_masks(model, reader, parts, sentences), strict=True):
        own = noise[len(row) - len(alone)]
        with torch.no_grad():
            vectors.append(head(state) - head(own) if head_first else head(state - own))
    return as_array(vectors)


def last_states(
    model: Any, reader: Reader, template: str, sentences: Sequence[str], layer: int = -1
) -> tuple[list[list[int]], list[torch.Tensor]]:
    """PromptEOL: the whole as one text, no token at its end, a layer's state at the last token."""
    rows = [[reader.first, *reader.ids(template % sentence)] for sentence in sentences]
    return rows, [states(model, row)[layer][-1] for row in rows]


def padded_left(model: Any, rows: Sequence[Sequence[int]]) -> Vectors:
    """PromptEOL as its script batches: id 0 before the shorter ones, masked, the last position."""
    longest = max(map(len, rows))
    ids = [[0] * (longest - len(row)) + list(row) for row in rows]
    mask = [[0] * (longest - len(row)) + [1] * len(row) for row in rows]
    with torch.no_grad():
        output = model(
            input_ids=torch.tensor(ids),
            attention_mask=torch.tensor(mask),
            output_hidden_states=True,
        )
    return as_array(list(output.hidden_states[-1][:, -1]))


def echoed(
    model: Any, reader: Reader, sentences: Sequence[str]
) -> tuple[list[list[int]], list[torch.Tensor], list[torch.Tensor]]:
    """Echo: each piece by itself; the mean over the second copy, without and with the end token."""
    rows, copies, to_the_end = [], [], []
    for sentence in sentences:
        copy = reader.ids(sentence)
        head = [*reader.ids("<s>Document:"), *copy, *reader.ids("\nDocument again:")]
        row = [*head, *copy, *reader.ids("</s>")]
        state = states(model, row)[-1]
        rows.append(row)
        inside = state[len(head) : len(head) + len(copy)]
        copies.append(inside.mean(dim=0) if len(copy) else torch.zeros_like(state[0]))
        to_the_end.append(state[len(head) :].mean(dim=0))
    return rows, copies, to_the_end


def as_array(vectors: Sequence[torch.Tensor]) -> Vectors:
    return torch.stack(list(vectors)).double().numpy()


def model_of(folder: Path, kind: str = "AutoModel") -> Any:
    """Return a model of a folder in double precision, by a class of transformers."""
    return getattr(transformers, kind).from_pretrained(folder).double().eval()
