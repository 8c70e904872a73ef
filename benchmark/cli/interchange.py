"""The verbs ``export`` and ``import``: records in the forms of other projects, and theirs here."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from benchmark.cli.console import Console, Debug, emit
from benchmark.errors import BenchmarkError, DataError, UsageError

if TYPE_CHECKING:
    from benchmark.interchange import ExportedFile, Omission, Publication

logger = logging.getLogger(__name__)

Form = Literal["mteb", "model-index", "eval-results"]


def export(
    *results: Path,
    to: Form = "mteb",
    output: Path | None = None,
    model_name: str | None = None,
    quiet: bool = False,
    debug: Debug = False,
) -> int:
    """Write records in the form of another project.

    Only what is truly the same is exported: STS12 to STS16 to MTEB and to the hub's
    benchmarks, every score to a model card, where it names its own data. What stays behind is
    named on standard error. docs/interchange.md tells why.

    **Examples**

    - `sebench export results/all-minilm-l6-v2 --output exported`

    - `sebench export results/all-minilm-l6-v2 --to model-index`

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
    if len({entry.known_as for entry, made_of_one, _ in made if made_of_one}) > 1:
        raise UsageError(
            f"export --to {to}: records of several models; name a folder with --output"
        )
    emit("".join(file.content.decode() for file in files), end="")
    return 0


def _say(entry: Publication, files: Sequence[ExportedFile], omissions: list[Omission]) -> None:
    for left_out in omissions:
        logger.info("left out: %s: %s", left_out.what, left_out.why)
    if files and not entry.known_as.is_hub_id:
        logger.info(
            "%s is exported under its plain name, since its weights came from no hub; MTEB and "
            "the hub know models as org/name (--model-name)",
            entry.run.label,
        )


def import_(
    *paths: Path,
    output: Path,
    quiet: bool = False,
    debug: Debug = False,
) -> int:
    """Quote the scores of MTEB result files in a leaderboard.

    Reads every form that MTEB's results repository holds, and writes one file of published
    figures for each model. They are quoted rows, never records. STS12 to STS16 share the columns
    of our tasks; MTEB's STSBenchmark and SICK-R are other text and other pairs, and stand in
    columns of their own. docs/interchange.md tells why.

    **Example**

    - `sebench import mteb-results/results/org__model --output leaderboards/published`

    **Exit codes**: 0 imported, 2 usage, 3 a file cannot be believed (the others are imported) or
    there is none.

    Parameters
    ----------
    paths
        Result files of MTEB, or folders at any level of its tree.
    output
        Folder of published figures to write into; a new one also gets their columns and sources.
    quiet
        Do not say what is passed over.
    """
    from benchmark.interchange import names_of_figures, quoted_files, read_tree, write_files

    console = Console(quiet=quiet, debug=debug)
    if not paths:
        raise UsageError("import: name result files of MTEB, or a folder of them")
    tree = read_tree(paths)
    files, contradictions = quoted_files(tree)
    for passed_over in tree.omissions:
        logger.info("left out: %s: %s", passed_over.what, passed_over.why)
    errors: list[BenchmarkError] = [*tree.errors, *contradictions]
    if not files and not errors:
        raise DataError(f"import: no result of a task that has a column here, in {_named(paths)}")
    for error in errors:
        console.error(str(error), error)
    for path in write_files(output, [*files, *(names_of_figures(output) if files else [])]):
        emit(path)
    return max((error.exit_code for error in errors), default=0)


def _named(paths: tuple[Path, ...]) -> str:
    return ", ".join(str(path) for path in paths)
