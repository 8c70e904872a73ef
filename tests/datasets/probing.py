"""Made-up files in the form of SentEval's probing tasks, of any size."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

PARTITIONS = (("tr", 10), ("va", 1), ("te", 1))
"""As in the originals, ten times as many sentences to train on."""

OPENINGS = ("I", "she", "the man", "nobody", "my brother", "it")
CLOSINGS = ("said nothing", "went home", "looked at me", "did not see it", "laughed")


def probing_file(classes: int, rows: int, seed: int = 0) -> bytes:
    """Rows of each partition: the class shows in a word, in nine sentences of ten."""
    generator = random.Random(seed)
    names = [f"word{number}" for number in range(classes)]
    lines = []
    for partition, share in PARTITIONS:
        for number in range(rows * share // sum(size for _, size in PARTITIONS)):
            label = names[number % classes]
            shown = label if generator.random() < 0.9 else generator.choice(names)
            text = f"{generator.choice(OPENINGS)} {shown} {generator.choice(CLOSINGS)} {number} ."
            lines.append(f"{partition}\t{label}\t{text}\n")
    return "".join(lines).encode()


def git_blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob " + str(len(content)).encode() + b"\0" + content).hexdigest()


def write_probing(root: Path, path: str, content: bytes) -> Path:
    """Lay a file out below a folder."""
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return target
