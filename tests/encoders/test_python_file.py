"""What a Python file defines is found without running it, or it is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.encoders.python_file import require_name
from benchmark.errors import ModelError, NotThere

DEFINING = {
    "class": "class Mine: ...",
    "function": "def Mine(): ...",
    "value": "Mine = 3",
    "annotated": "Mine: int = 3",
    "several": "Other, (Mine, *rest) = 1, (2, 3)",
    "imported": "from somewhere import Mine",
    "imported as": "import somewhere as Mine",
    "module": "import Mine.below",
    "condition": "if 1:\n    class Mine: ...",
    "attempt": "try:\n    import Mine\nexcept ImportError:\n    Mine = None",
    "loop": "for Mine in (1, 2): ...",
    "with": "with open('x') as Mine: ...",
    "walrus": "print(Mine := 3)",
    "global": "def make():\n    global Mine\n    Mine = 3\nmake()",
    "long sum": "x = 1" + " + 1" * 3000 + "\nMine = x",
    "star": "from somewhere import *",
    "globals": "globals()['Mi' + 'ne'] = 3",
    "exec": "exec('Mi' 'ne = 3')",
    "getattr": "def __getattr__(name): return 3",
}


@pytest.mark.parametrize("text", DEFINING.values(), ids=DEFINING)
def test_a_name_that_may_be_there_is_let_through(tmp_path: Path, text: str):
    path = tmp_path / "file.py"
    path.write_text(text)
    require_name(path, "Mine", "file.py")


@pytest.mark.parametrize(
    "text",
    ["", "def other():\n    Mine = 3", "class Other:\n    Mine = 3", "print(Mine)", "import os"],
)
def test_a_name_that_is_surely_not_there_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "file.py"
    path.write_text(text)
    with pytest.raises(NotThere, match=r"file\.py: has no 'Mine'"):
        require_name(path, "Mine", "file.py")


@pytest.mark.parametrize(
    ("content", "phrase"),
    [
        (b"class Mine:\n  (", "file.py, line 2: SyntaxError"),
        (b"Mine = '\xff'", "file.py.*"),
        (b"Mine = 1\0", "file.py: |file.py, line"),
        (b"x = " + b"(" * 5000, "file.py"),
    ],
)
def test_what_is_no_python_is_refused_in_one_line(tmp_path: Path, content: bytes, phrase: str):
    path = tmp_path / "file.py"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=phrase) as caught:
        require_name(path, "Mine", "file.py")
    assert "\n" not in str(caught.value)
