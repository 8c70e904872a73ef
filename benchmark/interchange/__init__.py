"""Records in the forms of other projects, and theirs in ours."""

from benchmark.interchange.eval_results import eval_results
from benchmark.interchange.identity import NO_REVISION, PublicIdentity, public_identity
from benchmark.interchange.model_card import model_index
from benchmark.interchange.mteb_export import mteb_files
from benchmark.interchange.mteb_file import MtebScore, read_mteb_file
from benchmark.interchange.mteb_tasks import MtebTask, mteb_tasks
from benchmark.interchange.mteb_tree import Found, MtebModel, Tree, read_tree
from benchmark.interchange.publication import (
    ExportedFile,
    Publication,
    publications,
    write_files,
)
from benchmark.interchange.quoted import names_of_figures, quoted_files
from benchmark.interchange.selection import Omission

__all__ = [
    "NO_REVISION",
    "ExportedFile",
    "Found",
    "MtebModel",
    "MtebScore",
    "MtebTask",
    "Omission",
    "PublicIdentity",
    "Publication",
    "Tree",
    "eval_results",
    "model_index",
    "mteb_files",
    "mteb_tasks",
    "names_of_figures",
    "public_identity",
    "publications",
    "quoted_files",
    "read_mteb_file",
    "read_tree",
    "write_files",
]
