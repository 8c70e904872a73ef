"""The vectors of a folder as the library that owns its form makes them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.floating[Any]]


def of_sentence_transformers(folder: Path, sentences: Sequence[str], **asked: Any) -> Vectors:
    """Return what `SentenceTransformer` makes of a folder, each sentence alone and not padded."""
    from sentence_transformers import SentenceTransformer

    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    library = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    rows = [library.encode([text], show_progress_bar=False, **asked)[0] for text in sentences]
    return np.stack(rows)


def of_the_encoder(folder: Path, sentences: Sequence[str]) -> Vectors:
    """Return the mean of what the encoder of a whole model gives.

    sentence-transformers means the same and scores random weights: it looks for their names in a
    file of the encoder alone.
    """
    import torch
    from transformers import AutoModel, AutoTokenizer

    encoder = AutoModel.from_pretrained(folder, local_files_only=True).get_encoder().eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    with torch.no_grad():
        rows = [
            encoder(**tokenizer([text], return_tensors="pt", return_token_type_ids=False))
            for text in sentences
        ]
    return torch.stack([row.last_hidden_state[0].mean(dim=0) for row in rows]).numpy()


def of_model2vec(folder: Path, sentences: Sequence[str]) -> Vectors:
    """Return what model2vec makes of a folder."""
    from model2vec import StaticModel

    return np.asarray(StaticModel.from_pretrained(str(folder)).encode(list(sentences)))


def of_peft(folder: Path, sentences: Sequence[str], *, pooling: str = "mean") -> Vectors:
    """Return the mean of the last layer, or its last token, of a base with its adapter applied."""
    import torch
    from peft import AutoPeftModel  # noqa: F401 - says early that it is not there
    from transformers import AutoModel, AutoTokenizer

    model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    rows = []
    with torch.no_grad():
        for text in sentences:
            states = model(**tokenizer([text], return_tensors="pt")).last_hidden_state[0]
            rows.append(states[-1] if pooling == "last" else states.mean(dim=0))
    return torch.stack(rows).numpy()
