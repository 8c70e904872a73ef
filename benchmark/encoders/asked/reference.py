"""What somebody typed after ``--model``, understood but not yet touched."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from benchmark.encoders.asked.catalogue import named_models, unsupported_models
from benchmark.encoders.files.weights_files import GRAPHS
from benchmark.encoders.served.address import served_model
from benchmark.errors import ModelError, UsageError
from benchmark.options import EncoderOptions
from benchmark.places import folder_name
from benchmark.suggestions import did_you_mean

Origin = Literal["catalogue", "folder", "hub", "object", "words", "service"]

logger = logging.getLogger(__name__)

_MARKS = ("config.json", "modules.json")
"""Files that the folder of a checkpoint holds, one or the other."""

_WORDS = "words:"
_WORD_VECTORS = (".vec", ".txt", ".bin", ".gz", ".zip")
"""How files of word vectors are called; others are, too."""

_TITLED = re.compile(r"(?P<title>[^=/\\,:@\s][^=/\\,:@]*)=(?P<model>.+)", re.DOTALL)
"""A model with a name of one's own: ``ours=runs/x``."""

_OBJECT = re.compile(r".+\.py:[A-Za-z_]\w*")
_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")

_WELL_KNOWN = """
albert/albert-base-v1 albert/albert-base-v2 albert/albert-large-v2 albert/albert-xlarge-v2
albert/albert-xxlarge-v2 almanach/camembert-base distilbert/distilbert-base-cased
distilbert/distilbert-base-multilingual-cased distilbert/distilbert-base-uncased
distilbert/distilgpt2 distilbert/distilroberta-base FacebookAI/roberta-base
FacebookAI/roberta-large FacebookAI/roberta-large-mnli FacebookAI/xlm-roberta-base
FacebookAI/xlm-roberta-large google-bert/bert-base-cased google-bert/bert-base-chinese
google-bert/bert-base-german-cased google-bert/bert-base-multilingual-cased
google-bert/bert-base-multilingual-uncased google-bert/bert-base-uncased
google-bert/bert-large-cased google-bert/bert-large-uncased
google-bert/bert-large-uncased-whole-word-masking google-t5/t5-base google-t5/t5-large
google-t5/t5-small openai-community/gpt2 openai-community/gpt2-large
openai-community/gpt2-medium openai-community/gpt2-xl openai-community/openai-gpt
sentence-transformers/all-distilroberta-v1 sentence-transformers/all-MiniLM-L12-v2
sentence-transformers/all-mpnet-base-v2 sentence-transformers/all-roberta-large-v1
sentence-transformers/average_word_embeddings_glove.6B.300d sentence-transformers/LaBSE
sentence-transformers/multi-qa-mpnet-base-dot-v1
sentence-transformers/paraphrase-MiniLM-L6-v2
sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2
sentence-transformers/paraphrase-multilingual-mpnet-base-v2 xlnet/xlnet-base-cased
xlnet/xlnet-large-cased
"""

_FULL_IDS = {name.partition("/")[2]: name for name in _WELL_KNOWN.split()}
"""Hub ids by the name without the organisation, which people leave out.

The first models of the hub had none; they moved into organisations, and the short names live on in
papers and scripts. The names of sentence-transformers are short in its own documentation.
"""


@dataclass(frozen=True, slots=True)
class ModelReference:
    """A model as it was asked for.

    Attributes:
        origin: a catalogue name, a folder, a hub id, an object in a Python file, a file of word
            vectors, or a service.
        name: that name, folder, id or reference, without a revision.
        revision: branch, tag or commit, for hub models.
        location: of a folder or file, absolute: the code of an encoder may change the
            working directory before another one is loaded.
        title: what tables and records shall call it; empty for its name.
    """

    origin: Origin
    name: str
    revision: str | None = None
    location: Path | None = field(default=None, compare=False)
    title: str = ""

    @property
    def called(self) -> str:
        """What tables and records call it."""
        return self.title or self.name

    def is_service(self, role: str) -> bool:
        """Tell whether a service answers in this role, which would have to be asked who it is."""
        if self.origin != "catalogue":
            return self.origin == "service"
        return named_models()[self.name].source(role).service is not None

    def checkpoint(self, role: str, options: EncoderOptions | None = None) -> str:
        """Return which encoder answers in this role: one for it, or ``any``, the only one.

        Args:
            role: ``sts`` or ``transfer``.
            options: that may ask for something else in each role.
        """
        several = self.origin == "catalogue" and role in named_models()[self.name].checkpoints
        return role if several or (options and options.prompt_for) else "any"


def parse_reference(text: str, revision: str | None = None) -> ModelReference:
    """Tell which model is meant, without any network.

    Args:
        text: ``NAME``, ``path/to/folder``, ``org/name``, ``org/name@revision``,
            ``path/to/file.py:Name``, ``words:path/to/vectors``, or a service as
            `served.address.FORMS` has it; ``TITLE=`` before any of these calls it otherwise.
        revision: the same as ``@revision``.

    Raises:
        UsageError: nothing of the kind, or two revisions.
        ModelError: a file where a folder is meant, or what cannot be scored.
    """
    text = text.strip()
    titled = _TITLED.fullmatch(text)
    if titled and not names_what_is_there(text) and not served_model(text):
        return replace(parse_reference(titled["model"], revision), title=titled["title"].strip())
    reference = ModelReference("service", text) if served_model(text) else _parse(text)
    if revision is None:
        return reference
    if reference.revision not in (None, revision):
        raise UsageError(f"`model` {text} and `revision` {revision} name two revisions")
    if reference.origin == "service":
        raise UsageError(f"{text} is a service and has no `revision`")
    if reference.origin in ("folder", "object", "words"):
        raise UsageError(f"`revision` is for models of the hub; {text} is on this disk")
    return replace(reference, revision=revision)


def _parse(text: str) -> ModelReference:
    name, _, revision = text.partition("@")
    if name in named_models():
        _say_which(text)
        return ModelReference("catalogue", name, revision or None)
    if text.startswith(_WORDS) or _OBJECT.fullmatch(text):
        return _in_file(text)
    if _on_disk(text) == "folder":
        if _HUB.fullmatch(text):
            logger.info("%s: the folder of that name; %s@main names that of the hub", text, text)
        return _folder(text)
    if _on_disk(text) == "file":
        return _file(text)
    _require_supported(name)
    if _HUB.fullmatch(name) and not text.startswith((".", "/", "~")):
        return ModelReference("hub", name, revision or None)
    if "/" in text or text.startswith((".", "~")):
        raise ModelError(f"{text}: no such folder")
    raise UsageError(
        f"unknown model {text!r}{_meant(text)}; see `list_models`, or give "
        "a folder, a hub id (org/name), path/to/file.py:Name, words:path/to/vectors or a service "
        "(openai:MODEL@http://host:port/v1)"
    )


def _require_supported(name: str) -> None:
    for known, entry in unsupported_models().items():
        if name in (known, entry.repo):
            raise ModelError(f"{name} cannot be scored here: {entry.why}")


def _folder(text: str) -> ModelReference:
    name = folder_name(text, named_models())
    return ModelReference("folder", name, location=Path(text).absolute())


def _file(text: str) -> ModelReference:
    if text.endswith(GRAPHS):
        return _folder(text)
    raise ModelError(f"{text}: a file, not the folder of a checkpoint{_hint(text)}")


def _in_file(text: str) -> ModelReference:
    of_words = text.startswith(_WORDS)
    file = text.removeprefix(_WORDS) if of_words else text.rpartition(":")[0]
    if _on_disk(file) != "file":
        raise ModelError(f"{text}: no such file")
    location, name = Path(file).absolute(), folder_name(file)
    if of_words:
        return ModelReference("words", f"{_WORDS}{name}", location=location)
    return ModelReference("object", f"{name}{text[len(file) :]}", location=location)


def _hint(file: str) -> str:
    if file.endswith(".py"):
        return f"; name the object in it, {file}:Name"
    return f"; if it holds word vectors, {_WORDS}{file}" if file.endswith(_WORD_VECTORS) else ""


def split_names(text: str) -> list[str]:
    """Return the models of a list with commas; a comma may be part of a path that is there.

    >>> split_names("bert-base-avg,org/name")
    ['bert-base-avg', 'org/name']
    """
    parts = text.split(",")
    names = []
    while parts:
        joined = (",".join(parts[:count]).strip() for count in range(len(parts), 1, -1))
        name = next(filter(names_what_is_there, joined), parts[0].strip())
        parts = parts[name.count(",") + 1 :]
        names.append(name)
    return [name for name in names if name]


def names_what_is_there(text: str) -> bool:
    """Tell whether a model is named by a folder or a file that this disk has."""
    path = text.rpartition(":")[0] if _OBJECT.fullmatch(text) else text.removeprefix(_WORDS)
    return _on_disk(path) is not None


def _say_which(name: str) -> None:
    """A folder that is called like a model of the catalogue may be what was meant."""
    if _on_disk(name) == "folder" and any((Path(name) / file).is_file() for file in _MARKS):
        logger.warning(
            "%s: the model of the catalogue, not the folder of that name; ./%s names the folder",
            name,
            name,
        )


def _on_disk(text: str) -> Literal["folder", "file"] | None:
    path = Path(text)
    try:
        if text and path.is_dir():
            return "folder"
        return "file" if path.is_file() else None
    except OSError:  # too long for a name
        return None


def _meant(text: str) -> str:
    """Suggest the full id of a known repository that was named without its organisation."""
    models = named_models().values()
    repos = [source.repo for model in models for source in model.checkpoints.values()]
    known = {**{repo.partition("/")[2]: repo for repo in repos if repo}, **_FULL_IDS}
    if text in known:
        return f" (did you mean {known[text]}?)"
    return did_you_mean(text, named_models()) or did_you_mean(text, known.values())
