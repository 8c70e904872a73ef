"""What the start of a run on a device is made of, in a process of its own; one JSON line.

    python -m performance.tools.gpu_start --model FOLDER [--device cuda] [--beside]

With ``--beside`` CUDA is started in a thread while the rest is imported and read.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any


def main() -> int:
    """Do what a run does before its first batch, by parts."""
    begun = time.perf_counter()
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--beside", action="store_true")
    given = parser.parse_args()
    found: dict[str, Any] = {}

    def timed(name: str, work: Any) -> Any:
        started = time.perf_counter()
        result = work()
        found[name] = time.perf_counter() - started
        return result

    timed("import numpy, scipy", lambda: importlib.import_module("scipy.stats"))
    torch: Any = timed("import torch", lambda: importlib.import_module("torch"))

    def start() -> None:
        torch.zeros(1, device=given.device)

    thread = threading.Thread(target=timed, args=("start the device", start))
    thread.start()
    if not given.beside:
        thread.join()
    timed("import transformers", lambda: importlib.import_module("transformers"))
    name = "transformers.models.bert.modeling_bert"
    classes: Any = timed("import its model", lambda: importlib.import_module(name))
    model = timed("read the weights", lambda: classes.BertModel.from_pretrained(given.model))
    timed("wait for the device", thread.join)

    def waited(work: Any) -> Any:
        result = work()
        if given.device != "cpu":
            torch.cuda.synchronize()
        return result

    model = timed("weights to the device", lambda: waited(lambda: model.to(given.device).eval()))
    ids = torch.full((8, 16), 7, device=given.device)
    with torch.inference_mode():
        timed("first batch", lambda: waited(lambda: model(ids)))
        timed("second batch", lambda: waited(lambda: model(ids)))
    found["in all"] = time.perf_counter() - begun
    # Not asked by attribute: some modules import something else then.
    specs = [vars(module).get("__spec__") for module in list(sys.modules.values())]
    compiled = [Path(spec.cached).is_file() for spec in specs if spec and spec.cached]
    found["modules"], found["with byte code"] = len(compiled), sum(compiled)
    found["writes byte code"] = not sys.dont_write_bytecode
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
