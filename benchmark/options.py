"""Every option of an evaluation, declared once.

A field is an option of the command line, which reads these classes, and a keyword of
`benchmark.evaluate`, which is made from them; its meaning is the help text of both. What refuses
options that do not fit walks over the fields.
"""

# Annotations are kept as they are, not as text, since classes of other modules inherit them.

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    Self,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

from benchmark.errors import UsageError

if TYPE_CHECKING:
    Folder = str | os.PathLike[str]
    Folders = Folder | Sequence[Folder]
    Steps = Sequence[Any]
    Vary = Mapping[str, Sequence[Any]] | Sequence[str]
else:  # what the command line makes of them
    from pathlib import Path as Folder

    Folders, Steps, Vary = list[Folder], list[str], list[str]

Value = TypeVar("Value")

Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["float32", "bfloat16", "float16", "int8", "8bit", "4bit", "auto"]
Backend = Literal["torch", "onnx", "openvino"]
Adapter = Literal["auto", "transformers", "sentence-transformers"]
EncodeAs = Literal["plain", "query", "document"]
OwnKind = Literal["auto", "similarity", "pair-classification", "classification"]
Training = Literal["senteval", "senteval-fast", "sklearn"]

ROLES = ("sts", "transfer")
"""Kinds of tasks that may have a checkpoint each, or a prompt."""


def option(default: Value, meaning: str, *, least: int | None = None, also: str = "") -> Value:
    """Declare an option.

    Args:
        default: what it is unless asked for.
        meaning: in the words of help texts.
        least: its least value, for numbers.
        also: a pattern of values beside those that the command line offers.
    """
    known = {"help": meaning, "least": least, "also": also}
    made: Value = field(default=default, metadata=known)
    return made


@dataclass(frozen=True, kw_only=True)
class AccessOptions:
    """What may be fetched, by models and by data.

    Raises:
        UsageError: a value that an option cannot have.
    """

    offline: bool = option(False, "Make no request to the network.")
    progress_bar: Callable[..., Any] | None = option(
        None, "A tqdm class for downloads. Default: the hub client's own."
    )

    def __post_init__(self) -> None:
        """Refuse values that no option can have."""
        hints = get_type_hints(type(self))
        for declared in fields(self):
            name, value = declared.name, getattr(self, declared.name)
            least = declared.metadata.get("least")
            counted = isinstance(value, int) and (least is None or value >= least)
            if least is not None and value is not None and not counted:
                raise UsageError(f"`{name}` {value}: a whole number >= {least} is needed")
            known = _choices(hints[name])
            offered = not known or value in known
            if not offered and not re.fullmatch(declared.metadata["also"], str(value)):
                choose = f"choose from {', '.join(known)}"
                raise UsageError(f"`{name}` {value}: there is none; {choose}")
            if hints[name] == str | None and not _is_text(value):
                raise UsageError(f"`{name}` {value!a}: a text is needed")


def _choices(hint: Any) -> tuple[str, ...]:
    """Return what an option offers; also where its type is any text beside that."""
    kinds = [hint, *(get_args(hint) if str in get_args(hint) else ())]
    return next((get_args(kind) for kind in kinds if get_origin(kind) is Literal), ())


@dataclass(frozen=True, kw_only=True)
class EncoderOptions(AccessOptions):
    """What may be asked of an encoder."""

    pooler: str | None = option(
        None,
        "Pooler, instead of the documented one: cls, cls_before_pooler, avg, avg_top2, "
        "avg_first_last, avg_first_last_layer1, max, avg_sqrt_len, weighted_mean, last_token, "
        "mask, last_copy, from_last_copy. Of other layers: avg@-2, avg@1,-1; several one behind "
        "the other: last_token+max; through a head, minus the template: mask:transform-template.",
    )
    preset: str | None = option(
        None,
        "What a method does to text, and its pooler: promptbert, prompteol ...; the list of models "
        "has all.",
    )
    template: str | None = option(
        None,
        'What a sentence is put into, which stands as {text}: \'This sentence : "{text}" means '
        "{mask}.' Vectors of several, {+} between them, are averaged.",
    )
    text_rules: str | None = option(
        None,
        "What is done to a sentence before that: strip, lower, replace/A/B, append/./.?! (unless "
        "it ends in one of these), ending/?/. and several with commas.",
    )
    revision: str | None = option(None, "Branch, tag or commit of a hub model.")
    max_length: int | None = option(
        None,
        "Cut sentences at this many tokens, special tokens included. Default: the model's limit.",
        least=1,
    )
    device: Device = option(
        "auto",
        "Where to compute; cuda:all spreads a model that is larger than one GPU over all.",
        also=r"(cuda|mps):\d+|cuda:all",
    )
    precision: Precision = option(
        "float32",
        "Of the computation; auto takes the fastest floating point that the device has "
        "instructions for. Only float32 gives the reference scores. 8bit and 4bit are those of "
        "bitsandbytes, on GPUs (extra quantized).",
    )
    prompt: str | None = option(
        None,
        "Text put before every sentence, as it is; an empty one for none. Default: the documented "
        "one.",
    )
    prompt_name: str | None = option(
        None,
        "Name of one of the prompts that a sentence-transformers model brings (query, STS).",
    )
    prompt_for: dict[str, str] | None = option(
        None,
        "Text put before every sentence of one kind of task, sts or transfer, instead of that of "
        "all. On the command line the kind stands behind the option and a point (.sts TEXT), in "
        "Python {'sts': TEXT}.",
    )
    backend: Backend = option(
        "torch",
        "What computes: torch, or ONNX Runtime or OpenVINO on the CPU (extras onnx, openvino).",
        also=r"\w+",  # of a table that others may add to, which is asked before anything computes
    )
    adapter: Adapter = option(
        "auto",
        "Who computes: transformers, which is our own computation, or the library sentence-"
        "transformers itself. auto takes the library for what we do not compute, and says so.",
    )
    encode_as: EncodeAs = option(
        "plain",
        "Encode all sentences, both sides of a pair alike, as the library's encode_query or "
        "encode_document would: through that route of a model that has several, with its prompt.",
    )
    trust_remote_code: bool = option(False, "Run code that a checkpoint brings along.")
    word_rules: str | None = option(
        None,
        "Of word vectors: how a sentence becomes words, beside splitting at white space; with "
        "commas: lower or as_is, drop_punctuation, stop:FILE (a word a line). Default: lower "
        "where the vocabulary is.",
    )
    word_weights: str | None = option(
        None,
        "Of word vectors: sif:A (0.001) or usif:N (11) weigh words by frequency, as Zipf's law "
        "has it for their order in the file, or sif:A:FILE of words and counts. The common "
        "component is taken away by a step.",
    )

    def __post_init__(self) -> None:
        """Refuse what no encoder could be asked for."""
        super().__post_init__()
        if self.prompt is not None and self.prompt_name is not None:
            raise UsageError("`prompt` and `prompt_name` are two prompts; give one of them")
        if not isinstance(self.prompt_for, Mapping | None):
            raise UsageError(f"`prompt_for` {self.prompt_for!a}: a text for each kind is needed")
        for role, text in (self.prompt_for or {}).items():
            if role not in ROLES:
                raise UsageError(
                    f"`prompt_for` {role!a}: there is no such kind of task; choose from "
                    f"{', '.join(ROLES)}"
                )
            if text is None or not _is_text(text):
                raise UsageError(f"`prompt_for` {role} {text!a}: a text is needed")

    def of(self, role: str) -> Self:
        """Return what is asked of the encoder that answers one kind of task.

        Raises:
            UsageError: each kind has a prompt of its own, and none of them is meant.
        """
        if self.prompt_for is None:
            return self
        if role == "any":
            raise UsageError("`prompt_for` is for tasks of several kinds; give one as `prompt`")
        bare = replace(self, prompt_for=None)
        text = self.prompt_for.get(role)
        return bare if text is None else replace(bare, prompt=text, prompt_name=None)


@dataclass(frozen=True, kw_only=True)
class DataOptions(AccessOptions):
    """Where evaluation data may come from, and what is let through."""

    data_dir: Folders | None = option(
        None,
        "A SentEval `data` or `downstream` folder, or one that holds other sets at any depth; may "
        "be given several times (in Python: a list). Then come the folders that BENCHMARK_DATA_DIR "
        "names, the project's data/ folder, and a download.",
    )
    unverified_data: bool = option(
        False, "Score files that differ from the published data; the scores are marked."
    )


@dataclass(frozen=True, kw_only=True)
class OwnDataOptions:
    """How data of one's own is read, where it is named among the tasks."""

    columns: str | None = option(
        None,
        "Which columns of a file of your own hold first, second and score, or text and label, "
        "where their names do not tell: names or numbers from 1, with commas between them.",
    )
    kind: OwnKind = option(
        "auto",
        "What files of your own are scored as, where their content does not tell: labels 0 and 1 "
        "are grades, say, or two texts have a class.",
    )
    catalogue: Folder | None = option(
        None,
        "A TOML file that names files of your own as tasks, with groups, headings and notes.",
    )


@dataclass(frozen=True, kw_only=True)
class RunOptions(DataOptions, OwnDataOptions, EncoderOptions):
    """What may be asked of an evaluation, on the command line or in Python."""

    protocol: Training = option(
        "senteval",
        "How the classifiers of transfer tasks are trained: as for the papers' tables, as in "
        "SimCSE's fast mode, or by scikit-learn. Scores of different ones are not comparable.",
    )
    steps: Steps = option(
        (),
        "What is done to the vectors before they are scored, after what the model itself asks for: "
        "truncate:256, normalize, center, remove_top:1, whiten:256, int8, binary. Several (a list, "
        "commas between words) are done one after another. What is fitted is so on each task's own "
        "sentences, or on those of a file, one a line: whiten:256@FILE. The option again, or in "
        "Python a list of lists: another chain, and a row for each; none is the empty one. Nothing "
        "is encoded again.",
    )
    name: str | None = option(
        None,
        "What tables and records call the model, where one is given. Of several: NAME=MODEL.",
    )
    family: str | None = option(
        None,
        "Name of the family that the models are: one thing measured several times (training runs), "
        "with a row of its own, mean and deviation, below theirs. Kept in output_dir/families; a "
        "later run adds to it. Default: what stands for several folders ('runs/seed-*').",
    )
    vary: Vary = option(
        (),
        "Measure each model with several values of an option, OPTION=VALUE again and again "
        "(pooler=cls, template=TEXT), or OPTION=@FILE, a value a line; in Python lists by option. "
        "All combinations are a family; an empty value is what is documented.",
    )
    batch_tokens: int | None = option(
        None, "Most tokens in one batch. Default: what suits the device.", least=1
    )
    overwrite: bool = option(
        False,
        "Compute again what is finished, and encode anew: the model's stored vectors are deleted.",
    )


def _is_text(value: object) -> bool:
    """Tell whether a value is a text that can be written, or none at all."""
    if not isinstance(value, str):
        return value is None
    return value.encode("utf-8", "replace").decode() == value
