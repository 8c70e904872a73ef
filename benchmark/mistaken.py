"""Models given as tasks, tasks as models, pages of the web as either: what to do instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from benchmark.encoders.asked.catalogue import named_models
from benchmark.encoders.asked.reference import names_what_is_there
from benchmark.encoders.served.address import FORMS, served_model
from benchmark.errors import ModelError, UsageError
from benchmark.one_line import one_line
from benchmark.tasks import select_tasks
from benchmark.tasks.asked import is_file

_ADDRESS = re.compile(r"(https?|hf)://|(www\.)?(huggingface\.co|hf\.co)/", re.IGNORECASE)
_HUB = ("huggingface.co", "hf.co", "www.huggingface.co")
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_TABLE = re.compile(r"\.(tsv|csv|jsonl|ndjson|parquet)(\.gz)?", re.IGNORECASE)
_OBJECT = re.compile(r".+\.py:[A-Za-z_]\w*")
_MARKS = ("config.json", "modules.json", "adapter_config.json")


@contextmanager
def mix_ups_told(models: Iterable[object] = (), tasks: object = None) -> Iterator[None]:
    """Say what to type where a name was not understood, and means something that we know.

    Args:
        models: as they were asked for, while they are read.
        tasks: the same.

    Raises:
        UsageError: such a name; otherwise what was raised goes on.
    """
    try:
        yield
    except (UsageError, ModelError):
        require_no_tasks(models)
        require_no_models(tasks)
        raise


def require_no_tasks(models: Iterable[object]) -> None:
    """Refuse names of models that mean something else, and say what to type.

    Args:
        models: as they were asked for; encoders in memory are passed over.

    Raises:
        UsageError: a page of the web, a task, or a table.
    """
    for text in models:
        if not isinstance(text, str) or text in named_models() or served_model(text):
            continue
        if _ADDRESS.match(text):
            raise UsageError(f"`model` {_of_address(text)}")
        if names_what_is_there(text) and not _TABLE.search(Path(text).name):
            continue
        if _TABLE.search(Path(text).name):
            raise UsageError(
                f"`model` {one_line(text)}: a table is no model; name it with `tasks`, and the "
                "encoder with `model`"
            )
        if "/" not in text and _is_task(text):
            raise UsageError(
                f"`model` {one_line(text)}: is a task or a group of tasks; name it with `tasks`"
            )


def require_no_models(tasks: object) -> None:
    """Refuse words among tasks that mean something else, and say what to type.

    Args:
        tasks: as they were asked for; what is not text is passed over.

    Raises:
        UsageError: a page of the web, a model, or a folder.
    """
    given = [tasks] if isinstance(tasks, str) else tasks
    if not isinstance(given, list | tuple):
        return
    texts = [entry for entry in given if isinstance(entry, str) and not is_file(entry)]
    for word in (word for text in texts for word in re.split(r"[,\s]+", text) if word):
        if word.startswith("!") or _is_task(word):
            continue
        if _ADDRESS.match(word):
            raise UsageError(
                f"`tasks` {_shown(word)}: nothing is fetched from there; a task has a name "
                "(see `list_tasks`), and data of your own is a file on this disk (pairs.tsv)"
            )
        if _is_folder(word):
            raise UsageError(f"`tasks` {one_line(word)}: {_of_folder(Path(word))}")
        if word in named_models() or _OBJECT.fullmatch(word) or served_model(word):
            raise UsageError(f"`tasks` {one_line(word)}: is a model; name it with `model`")
        if _REPOSITORY.fullmatch(word) and not Path(word).suffix:
            raise UsageError(
                f"`tasks` {one_line(word)}: is no task; a model of the hub is named with `model`, "
                "and of a data set there, tasks have names here (see `list_tasks`), or it is a "
                "file on this disk (pairs.tsv)"
            )


def _is_task(word: str) -> bool:
    try:
        return bool(select_tasks([word]))
    except UsageError:
        return False


def _is_folder(word: str) -> bool:
    try:
        return Path(word).is_dir()
    except OSError:  # too long for a name
        return False


def _of_folder(folder: Path) -> str:
    if any((folder / mark).is_file() for mark in _MARKS):
        return "the folder of a model; name it with `model`"
    return (
        "a folder; a task of your own is a file in it (pairs.tsv), and a folder with evaluation "
        "data goes to `data_dir`"
    )


def _of_address(text: str) -> str:
    """Say how what an address leads to is named."""
    whole = text if "://" in text else f"https://{text}"
    parts = urlsplit(whole)
    path = parts.path.strip("/")
    if parts.scheme.lower() == "hf":
        path, host = f"{parts.netloc}/{path}".strip("/"), _HUB[0]
    else:
        host = (parts.hostname or "").lower()
    if host not in _HUB:
        forms = ", ".join(FORMS.values())
        return f"{_shown(text)}: a service is named with what it speaks: {forms}"
    if path.startswith(("datasets/", "spaces/")):
        return f"{_shown(text)}: is no model; tasks have names (see `list_tasks`)"
    path = path.removeprefix("models/")
    names = path.split("/")
    name = "/".join(names[:2])
    if len(names) < 2 or not _REPOSITORY.fullmatch(name):
        return f"{_shown(text)}: names no repository; a model of the hub is named org/name"
    at = names[2:4]
    if len(at) == 2 and at[0] in ("tree", "blob", "resolve", "commit") and at[1] != "main":
        name += f"@{at[1]}"
    return f"{_shown(text)}: a model of the hub is named without the address: {one_line(name)}"


def _shown(address: str) -> str:
    """Return an address without what may be secret in it: a user, a password, a query."""
    bare = re.sub(r"//[^/@?#]*@", "//", address)
    return one_line(re.split(r"[?#]", bare)[0])
