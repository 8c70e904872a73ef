"""A model in training as an encoder: computed by the road that its files would go.

Once the model is written, as its own library does, and the ordinary encoder is made of these
files: with it come tokenizer, limit, prompt, pooler and whatever else is read from a checkpoint,
and a network of its own in evaluation mode. Later evaluations lend that network the tensors of the
model as they are then. So the model in training is never called, and nothing of it can change;
and its score is, to the last digit, that of the checkpoint which would be saved at this moment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmark.encoders import Encoder, ModelReference, build_encoder
from benchmark.encoders.device import QUANTIZED
from benchmark.encoders.files.checkpoint import joined_sha256
from benchmark.encoders.files.seal import Seal
from benchmark.encoders.files.tensors import safetensors_layout
from benchmark.encoders.protocol import TokenizedSentences
from benchmark.encoders.transformer.backends.in_torch import TorchCompute
from benchmark.encoders.transformer.backends.packed import packed_layers
from benchmark.encoders.transformer.dense import LayerFolder
from benchmark.encoders.transformer.encoder import TransformerEncoder
from benchmark.options import EncoderOptions
from benchmark.results.record import slug
from benchmark.training.subject import Subject

Tensors = Mapping[str, torch.Tensor]

_HEAD = "pooler."
"""Of a model of transformers: where no pooler asks for it, a file may lack it."""


@dataclass(frozen=True)
class LentEncoder(TransformerEncoder):
    """A transformer from a folder, whose network is lent other weights.

    Attributes:
        read: what became of the sentences that were asked last, which are always the same.
    """

    read: dict[tuple[str, ...], TokenizedSentences] = field(
        default_factory=dict, compare=False, repr=False
    )

    def tokenize(self, sentences: Any) -> TokenizedSentences:
        """Return token ids as the encoder of the folder does, looked up the second time."""
        asked = tuple(sentences)
        if asked not in self.read:
            self.read.clear()
            self.read[asked] = super().tokenize(sentences)
        return self.read[asked]

    @property
    def _has_fixed_weights(self) -> bool:
        return False

    @property
    def network(self) -> Any:
        """What computes, a module of torch; None where something else does."""
        compute = self._compute
        return compute.model if isinstance(compute, TorchCompute) else None

    def without_files(self) -> LentEncoder:
        """Return the same encoder, which has read all that it needs and looks after no file."""
        return self._with_what_is_loaded(checkpoint=replace(self.checkpoint, seal=Seal()))

    def known_as(self, name: str, weights_sha256: str, steps: tuple[Any, ...]) -> LentEncoder:
        """Return the same encoder, what it has loaded included, known by other weights."""
        behind = [step.sha256() for step in steps if isinstance(step, LayerFolder)]
        whole = joined_sha256([weights_sha256, *behind])
        return self._with_what_is_loaded(
            card=replace(self.card, name=name, source=None, weights_sha256=whole),
            stored_card=replace(self.stored_card, weights_sha256=weights_sha256),
            steps=steps,
        )

    def _with_what_is_loaded(self, **changed: Any) -> LentEncoder:
        other = replace(self, **changed)
        vars(other).update(_compute=self._compute, _reading=self._reading)
        return other


class LiveModel:
    """The encoder of a model in training, at every moment as the model is then.

    Attributes:
        why_saved: why the model has to be written for each evaluation; None where its tensors can
            be lent.
    """

    def __init__(self, subject: Subject, options: EncoderOptions, name: str) -> None:
        """Write the model and make the encoder of its files.

        Args:
            subject: what is evaluated.
            options: what is asked of the encoder.
            name: for messages.

        Raises:
            ModelError, UsageError: the encoder of these files cannot be made.
        """
        self._home = TemporaryDirectory(prefix="in-training-")
        self._folder = Path(self._home.name) / slug(name)
        self._subject = subject
        subject.save(self._folder)
        self._settings = subject.settings_sha256()  # saving writes into the configuration
        reference = ModelReference("folder", str(self._folder), location=self._folder)
        self._encoder = build_encoder(reference, "any", options)
        self._lending: _Lending | None = None
        self.why_saved = self._prepared_lending()

    def is_of(self, subject: Subject) -> bool:
        """Tell whether this encoder serves a model as it is now, whatever its weights are."""
        return (
            self._lending is not None
            and subject.module is self._subject.module
            and subject.tokenizer is self._subject.tokenizer
            and self._lending.fits(subject.tensors())
            and subject.settings_sha256() == self._settings
        )

    @contextmanager
    def encoder(self, name: str) -> Iterator[Encoder]:
        """Lend the encoder the model's weights of this moment, and give it a name."""
        if self._lending is None or not isinstance(self._encoder, LentEncoder):
            made: Any = self._encoder
            yield replace(made, card=replace(made.card, name=name, source=None))
            return
        tensors, steps = self._subject.tensors(), self._encoder.steps
        if any(isinstance(step, LayerFolder) for step in steps):
            self._subject.save_behind_transformer(self._folder)
            steps = tuple(
                replace(step, seal=Seal()) if isinstance(step, LayerFolder) else step
                for step in steps
            )
        with self._lending.lent(tensors):
            yield self._encoder.known_as(name, self._lending.sha256(tensors), steps)

    def _prepared_lending(self) -> str | None:
        """Find where the encoder's network has its tensors from; return why it cannot be said."""
        made = self._encoder
        if type(made) is not TransformerEncoder:
            return f"it is computed by {type(made).__name__}"
        encoder = LentEncoder(
            **{one.name: getattr(made, one.name) for one in fields(TransformerEncoder)}
        )
        encoder.load()
        network = encoder.network
        if network is None or encoder.card.precision in QUANTIZED:
            return "its weights are converted for the computation"
        tensors = self._subject.tensors()
        sources = _sources(network, tensors, needs_head=encoder.pooler.needs_head)
        if sources is None:
            return "its weights have other names, or other numbers, once they are loaded"
        self._lending = _Lending(network, sources, tensors, encoder)
        self._lending.take_back()
        self._encoder = encoder.without_files()
        for path in self._folder.rglob("*.safetensors"):
            path.unlink()
        return None


class _Lending:
    """Which tensor of a model each tensor of a network is."""

    def __init__(
        self, network: Any, sources: Mapping[str, str], tensors: Tensors, encoder: LentEncoder
    ) -> None:
        state = network.state_dict(keep_vars=True)
        self._places = {name: state[name] for name in sources}
        self._packed = packed_layers(network)
        self._sources = sources
        self._shapes = _shapes(tensors)
        self._files = _known_files(encoder, tensors)

    def fits(self, tensors: Tensors) -> bool:
        """Tell whether a model has the tensors that it had."""
        return _shapes(tensors) == self._shapes

    @contextmanager
    def lent(self, tensors: Tensors) -> Iterator[None]:
        """Let the network have the tensors of the model; those of another type are converted."""
        try:
            for name, place in self._places.items():
                given = tensors[self._sources[name]].detach()
                place.data = given.to(place.device, place.dtype).contiguous()
            for layer in self._packed:
                layer.arrange()
            yield
        finally:
            self.take_back()

    def take_back(self) -> None:
        """Leave the network without them: nothing here shall keep a tensor alive."""
        for place in self._places.values():
            place.data = place.data.new_empty(0)

    def sha256(self, tensors: Tensors) -> str:
        """Return the hash of the weights: that of the files which would be saved, where known."""
        if self._files is not None:
            return _files_sha256(self._files, tensors)
        total = hashlib.sha256(b"tensors of a model in memory\n")
        for source in sorted(set(self._sources.values())):
            tensor = tensors[source]
            total.update(f"{source} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
            _add(total, tensor)
        return total.hexdigest()


def _shapes(tensors: Tensors) -> dict[str, tuple[Any, ...]]:
    return {name: (tensor.shape, tensor.dtype, tensor.device) for name, tensor in tensors.items()}


def _sources(network: Any, tensors: Tensors, *, needs_head: bool) -> dict[str, str] | None:
    """Return where each tensor of a network comes from; None if that is not beyond doubt.

    In the model all have one prefix, under no other are there tensors of these names, and now the
    numbers are the same.
    """
    state = network.state_dict(keep_vars=True)
    names = [name for name in state if needs_head or not name.startswith(_HEAD)]
    prefix = _prefix(names, tensors)
    if prefix is None:
        return None
    for name in names:
        theirs = tensors[prefix + name].detach()
        if not torch.equal(theirs.to(state[name].device, state[name].dtype), state[name]):
            return None
    return {name: prefix + name for name in names}


def _prefix(names: Sequence[str], tensors: Tensors) -> str | None:
    """Return what stands before all these names in a model; None if nothing or several things do.

    Two networks that begin with the same weights, a discriminator say, could not be told apart.
    """
    if not names:
        return None
    ends = [name for name in tensors if f".{name}".endswith(f".{names[0]}")]
    prefixes = [name.removesuffix(names[0]) for name in ends]
    found = [one for one in prefixes if all(one + name in tensors for name in names)]
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class _File:
    """A file of weights: its first bytes, and the tensors of the model whose bytes follow."""

    head: bytes
    sources: tuple[str, ...]


def _known_files(encoder: LentEncoder, tensors: Tensors) -> tuple[_File, ...] | None:
    """Return what the weights' files are made of; None where that does not give their hash."""
    checkpoint = encoder.checkpoint
    if checkpoint.base is not None:
        return None
    files = []
    for path in checkpoint.weights_files():
        layout = safetensors_layout(path) if path.suffix == ".safetensors" else None
        prefix = _prefix(layout.names, tensors) if layout else None
        if layout is None or prefix is None:
            return None
        files.append(_File(layout.head, tuple(prefix + name for name in layout.names)))
    found = tuple(files)
    same = _files_sha256(found, tensors) == checkpoint.weights_sha256()
    return found if same else None


def _files_sha256(files: Sequence[_File], tensors: Tensors) -> str:
    """Return the hash that a checkpoint of these weights would have."""
    digests = []
    for file in files:
        total = hashlib.sha256(file.head)
        for source in file.sources:
            _add(total, tensors[source])
        digests.append(total.hexdigest())
    return joined_sha256(digests)


def _add(total: Any, tensor: torch.Tensor) -> None:
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    total.update(flat.view(torch.uint8).numpy().data)
