"""Records in the forms of other projects, and theirs in ours."""

from benchmark.interchange.hub_forms import eval_results, model_index
from benchmark.interchange.mteb_export import mteb_files
from benchmark.interchange.mteb_file import MtebScore, read_mteb_file
from benchmark.interchange.mteb_tasks import MtebTask, mteb_tasks
from benchmark.interchange.mteb_tree import MtebModel, MtebResult, MtebTree, read_tree
from benchmark.interchange.publication import (
    NO_REVISION,
    ExportedFile,
    Omission,
    Publication,
    PublicName,
    public_name,
    publications,
    write_files,
)
from benchmark.interchange.quoted_rows import names_of_figures, quoted_files

__all__ = [
    "NO_REVISION",
    "ExportedFile",
    "MtebModel",
    "MtebResult",
    "MtebScore",
    "MtebTask",
    "MtebTree",
    "Omission",
    "PublicName",
    "Publication",
    "eval_results",
    "model_index",
    "mteb_files",
    "mteb_tasks",
    "names_of_figures",
    "public_name",
    "publications",
    "quoted_files",
    "read_mteb_file",
    "read_tree",
    "write_files",
]
