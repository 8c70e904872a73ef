"""A folder and what was asked of it, put together into an encoder that the library computes."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from dataclasses import replace

from benchmark.encoders.asked.catalogue import CatalogueModel
from benchmark.encoders.asked.options import require_usual
from benchmark.encoders.card import EncoderCard
from benchmark.encoders.files.agreement import require_sensible_sizes
from benchmark.encoders.files.checkpoint import Checkpoint, joined_sha256, read_fields
from benchmark.encoders.files.needed import files_below, is_weights
from benchmark.encoders.library.encoder import LIBRARY, LibraryEncoder, adapter_version
from benchmark.encoders.library.files import MODULES, library_files, module_folders
from benchmark.encoders.library.folder import TRANSFORMERS, Module, read_folder
from benchmark.encoders.transformer.backends.backend import choose_precision
from benchmark.encoders.transformer.prompts import Prompts, choose_prompt
from benchmark.errors import ModelError, UsageError
from benchmark.extras import installing
from benchmark.options import EncoderOptions

_TAKEN = {"revision", "max_length", "precision", "adapter", "encode_as", "prompt", "prompt_name"}
"""Options that are passed on to the library; pooler and backend are refused with a reason."""

_MOST_FILES = 10_000


def library_encoder(
    checkpoint: Checkpoint, model: CatalogueModel | None, options: EncoderOptions
) -> LibraryEncoder:
    """Return the encoder of a folder that the library computes, identified but not loaded.

    Args:
        checkpoint: the folder; without ``modules.json`` the library pools as it thinks fit.
        model: the catalogue's entry, if it has one.
        options: what was asked.

    Raises:
        ModelError: the library is not installed, or the folder asks for what is refused.
        UsageError: an option that the library leaves no room for.
    """
    name, code = checkpoint.name, options.trust_remote_code
    if not is_installed():
        raise ModelError(
            f"{name}: the library {LIBRARY} is to compute it, which is not installed; "
            f"{installing(LIBRARY)}"
        )
    _require_options(checkpoint, model, options)
    weights_sha256, settings_sha256 = _hashes(checkpoint, code=code)
    with checkpoint.seal.unchanged(hash_again=False):
        asked = read_folder(name, checkpoint.folder, options.encode_as, trusted=code)
        for module in asked.modules:
            _require_transformer(checkpoint, module)
    limit = options.max_length
    if limit is not None and asked.max_length is not None and limit > asked.max_length:
        raise UsageError(f"`max_length` {limit}: {name} takes at most {asked.max_length} tokens")
    card = EncoderCard(
        name=name,
        version=adapter_version(),
        adapter=LIBRARY,
        source=checkpoint.source,
        revision=checkpoint.revision,
        weights_sha256=weights_sha256,
        settings_sha256=settings_sha256,
        pooler=asked.label,
        max_length=limit or asked.max_length,
        normalize=asked.normalize,
        prompt=_prompt(name, asked.prompts, model, options),
        encode_as=None if options.encode_as == "plain" else options.encode_as,
        precision=choose_precision(options.precision, "torch", options.device),
        backend="torch",
    )
    return LibraryEncoder(
        checkpoint, asked, card, limit, device=options.device, trust_remote_code=code
    )


def _prompt(
    name: str, prompts: Prompts, model: CatalogueModel | None, options: EncoderOptions
) -> str | None:
    """Return the text before every sentence; for queries and documents the one of that name."""
    if options.encode_as == "plain":
        return choose_prompt(name, prompts, model.prompt if model else None, options)
    if options.prompt is not None or options.prompt_name is not None:
        raise UsageError(
            f"`encode_as` {options.encode_as}: has its own prompt; leave out `prompt` and "
            "`prompt_name`"
        )
    return prompts.by_name.get(options.encode_as) or None


def is_installed() -> bool:
    """Tell whether the library is there, without importing it."""
    return importlib.util.find_spec(LIBRARY.replace("-", "_")) is not None


def _require_options(
    checkpoint: Checkpoint, model: CatalogueModel | None, options: EncoderOptions
) -> None:
    """Refuse what the library decides itself."""
    name = checkpoint.name
    if options.pooler is not None:
        raise UsageError(
            f"`pooler` {options.pooler}: {name} is computed by {LIBRARY}, which pools as the "
            "modules of the folder say; with `adapter` transformers a pooler can be chosen"
        )
    if options.backend != "torch":
        raise UsageError(
            f"`backend` {options.backend}: {name} is computed by {LIBRARY}, here in torch alone; "
            "leave `backend` out"
        )
    require_usual(options, f"{name}, as {LIBRARY} computes it,", taken=_TAKEN)
    if model is not None and not os.path.lexists(checkpoint.folder / MODULES):
        raise UsageError(
            f"`adapter` {LIBRARY}: nothing in the files of {name} tells the library of its pooler "
            f"({model.pooler}); leave `adapter` out"
        )


def _hashes(checkpoint: Checkpoint, *, code: bool) -> tuple[str, str]:
    """Return the SHA-256 of the weights that the library reads, and of all else that it reads."""
    seal, folder = checkpoint.seal, checkpoint.folder.absolute()
    files = files_below(folder)
    there = {name.rpartition("/")[0] for name in files.names}
    for inside in sorted(there.intersection(module_folders(files))):
        seal.listed(folder / inside, ["*"])
    names = sorted(library_files(files, None, code).files)
    if len(names) > _MOST_FILES:
        raise ModelError(f"{folder}: {len(names):,} files, more than a model has")
    settings = hashlib.sha256()
    for name in names:
        if not is_weights(name):
            settings.update(os.fsencode(f"{name} {seal.sha256(folder / name)}\n"))
    weights = [seal.sha256(folder / name) for name in names if is_weights(name)]
    return joined_sha256(weights), settings.hexdigest()


def _require_transformer(checkpoint: Checkpoint, module: Module) -> None:
    """Refuse what transformers would load from elsewhere, or at any size."""
    part = replace(checkpoint, folder=checkpoint.folder / module.path, weights=None)
    part.require_whole()
    if module.kind in TRANSFORMERS:
        part.config()
        require_sensible_sizes(part, read_fields(part.folder / "config.json"))
