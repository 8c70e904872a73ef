"""What decides the vectors of a model in memory, hashed: tensors, settings, tokenizer, prompts.

Nothing is written and no tensor copied but one at a time from another device. What cannot be seen
so, code of other packages and functions that were put in the place of others, makes the content
unknown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

_PACKAGES = ("sentence_transformers", "transformers", "torch")
"""Whose modules compute nothing beyond their tensors and plain attributes."""

_HOOKS = ("_forward_hooks", "_forward_pre_hooks")
_CAPTURE = "transformers.utils.output_capturing"
_WORD_TOKENIZERS = "sentence_transformers.sentence_transformer.modules.tokenizer"
_OF_NO_EFFECT = {"training", "model_card_data", "name_or_path", "_name_or_path"} | {
    "transformers_version",
    "trust_remote_code",
}


def unknown_part(model: Any) -> str | None:
    """Return what of a ``SentenceTransformer`` no hash covers; None if there is nothing.

    Args:
        model: with all its modules.
    """
    if type(model).__name__ != "SentenceTransformer" or _package(model) != _PACKAGES[0]:
        return f"its class is {type(model).__qualname__}"
    if model.get_backend() != "torch":
        return f"it is computed by {model.get_backend()}"
    for module in model.modules():
        kind = type(module)
        if _package(module) not in _PACKAGES:
            return f"its {kind.__qualname__} is code of {kind.__module__}"
        hooks = [hook for name in _HOOKS for hook in vars(module)[name].values()]
        if not all(_captures(hook) for hook in hooks):
            return f"its {kind.__qualname__} has a hook"
        changed = [name for name, value in vars(module).items() if _replaces(kind, name, value)]
        if changed:
            return f"{changed[0]} of its {kind.__qualname__} was replaced"
    if any(tensor.is_meta for tensor in chain(model.parameters(), model.buffers())):
        return "its weights are not in memory"
    return None


def _package(value: object) -> str:
    return type(value).__module__.partition(".")[0]


def _captures(hook: object) -> bool:
    """Tell whether a hook is how transformers notes the states of layers: it changes nothing."""
    return getattr(hook, "__module__", None) == _CAPTURE


def _replaces(kind: type, name: str, value: object) -> bool:
    """Tell whether an attribute of one module stands in the place of a method of its class."""
    return callable(value) and callable(getattr(kind, name, None))


def weights_sha256(model: Any) -> str:
    """Return the SHA-256 over names, types, shapes and numbers of all tensors of a module.

    Args:
        model: a module of torch.
    """
    import torch

    total = hashlib.sha256()
    for name, tensor in chain(model.named_parameters(), model.named_buffers()):
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        total.update(memoryview(flat.view(torch.uint8).numpy()))
    return total.hexdigest()


def settings_sha256(model: Any) -> str:
    """Return the SHA-256 over all else that decides vectors, of a model of known content.

    Args:
        model: a ``SentenceTransformer``.
    """
    total = hashlib.sha256()
    for line in _Description().lines(model):
        total.update(f"{line}\n".encode("utf-8", "surrogatepass"))
    return total.hexdigest()


def tokenizer_sha256(tokenizer: Any) -> str:
    """Return the SHA-256 over what decides the ids of a tokenizer of transformers."""
    said = json.dumps(_Description().tokenizer(tokenizer), sort_keys=True)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


class _Description:
    """Modules in words, what several of them share only once."""

    def __init__(self) -> None:
        self._told: dict[int, tuple[int, Any]] = {}

    def lines(self, model: Any) -> Iterator[str]:
        """Yield a line for each module, in order."""
        for path, module in model.named_modules():
            said = self._public(vars(module))
            if _package(module) == _PACKAGES[0] and hasattr(module, "get_config_dict"):
                said["config"] = self._of(module.get_config_dict())
            kind = f"{type(module).__module__}.{type(module).__qualname__}"
            yield json.dumps([path, kind, said], sort_keys=True)

    def _public(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: self._of(value)
            for name, value in values.items()
            if name not in _OF_NO_EFFECT and not name.startswith("_")
        }

    def _of(self, value: Any) -> Any:
        """Return a value as JSON has it."""
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, list | tuple):
            return [self._of(each) for each in value]
        if isinstance(value, set | frozenset):
            return sorted(map(str, value))
        if isinstance(value, Mapping):
            return {str(k): self._of(v) for k, v in value.items() if str(k) not in _OF_NO_EFFECT}
        if id(value) not in self._told:
            self._told[id(value)] = (
                len(self._told),
                value,
            )  # kept, so that the number stays its own
            return self._object(value)
        return f"number {self._told[id(value)][0]}"

    def _object(self, value: Any) -> Any:
        from tokenizers import Tokenizer
        from transformers import PretrainedConfig, PreTrainedTokenizerBase, ProcessorMixin

        kind = type(value)
        name = f"{kind.__module__}.{kind.__qualname__}"
        if isinstance(value, PretrainedConfig):
            return [name, self._of(value.to_dict())]
        if isinstance(value, PreTrainedTokenizerBase):
            return [name, self.tokenizer(value)]
        if isinstance(value, ProcessorMixin):
            return [name, self._of(value.tokenizer), self._of(value.chat_template)]
        if isinstance(value, Tokenizer):
            return [name, value.to_str()]
        if kind.__module__.startswith(_WORD_TOKENIZERS):
            return [name, self._public(vars(value))]
        return getattr(value, "__qualname__", name)

    def tokenizer(self, tokenizer: Any) -> Any:
        """Return what decides the ids of a tokenizer of transformers."""
        from tokenizers import Tokenizer

        said = {
            name: self._of(getattr(tokenizer, name, None))
            for name in ("model_max_length", "padding_side", "truncation_side", "chat_template")
        }
        said["special"] = self._of(tokenizer.special_tokens_map)
        if not tokenizer.is_fast:
            return said | {
                "vocabulary": tokenizer.get_vocab(),
                "settings": str(tokenizer.init_kwargs),
            }
        backend = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
        # These two are what it was last called with; the library says them anew in each call.
        backend.no_truncation()
        backend.no_padding()
        return said | {"steps": backend.to_str()}
