"""The verb ``export``: records in MTEB's result tree or in the hub's two forms."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from benchmark.cli.console import Console
from benchmark.cli.output import emit
from benchmark.errors import UsageError

if TYPE_CHECKING:
    from benchmark.interchange import ExportedFile, Omission, Publication

logger = logging.getLogger(__name__)

Form = Literal["mteb", "model-index", "eval-results"]
Flag = Annotated[bool, Parameter(negative="")]


def export(
    *results: Path,
    to: Form = "mteb",
    output: Path | None = None,
    model_name: str | None = None,
    quiet: Flag = False,
    debug: Flag = False,
) -> int:
    """Write records in the form of another project.

    Only what is truly the same is exported: STS12 to STS16 to MTEB and to the hub's
    benchmarks, every score to a model card, where it names its own data. What stays behind is
    named on standard error. docs/interchange.md tells why.

    **Examples**

    `python -m benchmark export results/all-minilm-l6-v2 --output exported`

    `python -m benchmark export results/all-minilm-l6-v2 --to model-index`

    **Exit codes**: 0 exported, 2 usage or nothing that can be exported, 3 unreadable records.

    Parameters
    ----------
    results
        Record files, or folders of them.
    to
        `mteb`: MTEB's tree, results/ORG__MODEL/REVISION/TASK.json. `model-index`: the front
        matter of a model card. `eval-results`: the hub's .eval_results files.
    output
        Folder to write into. The hub's two forms go to standard output without it.
    model_name
        Hub id, org/name, to export the one model under. Default: the hub id its weights came
        from, else its plain name.
    quiet
        Do not say what is left out.
    debug
        Errors with their traceback.
    """
    from benchmark.interchange import (
        eval_results,
        model_index,
        mteb_files,
        publications,
        write_files,
    )
    from benchmark.results import collect

    forms = {"mteb": mteb_files, "model-index": model_index, "eval-results": eval_results}
    Console(quiet=quiet, debug=debug)
    if not results:
        raise UsageError("export: name records, or a folder of them")
    if to == "mteb" and output is None:
        raise UsageError("export --to mteb: name the folder to write into with --output")
    made = [(entry, *forms[to](entry)) for entry in publications(collect(results), model_name)]
    for entry, files, omissions in made:
        _say(entry, files, omissions)
    files = [file for _, made_of_one, _ in made for file in made_of_one]
    if not files:
        raise UsageError(f"export --to {to}: none of these records can be exported")
    if output is not None:
        for path in write_files(output, files):
            emit(path)
        return 0
    if len({entry.identity for entry, made_of_one, _ in made if made_of_one}) > 1:
        raise UsageError(
            f"export --to {to}: records of several models; name a folder with --output"
        )
    emit("".join(file.content.decode() for file in files), end="")
    return 0


def _say(entry: Publication, files: Sequence[ExportedFile], omissions: list[Omission]) -> None:
    for left_out in omissions:
        logger.info("left out: %s: %s", left_out.what, left_out.why)
    if files and not entry.identity.is_hub_id:
        logger.info(
            "%s is exported under its plain name, since its weights came from no hub; MTEB and "
            "the hub know models as org/name (--model-name)",
            entry.run.label,
        )
