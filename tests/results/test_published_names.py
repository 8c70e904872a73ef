"""What published rows name exists: columns, models, poolers, sources."""

from __future__ import annotations

import tomllib
from collections import Counter
from importlib import resources

import bibtexparser
import pytest

from benchmark.datasets import load_catalogue
from benchmark.encoders.asked.catalogue import named_models
from benchmark.encoders.transformer.poolers import POOLERS
from benchmark.results import PublishedRow, published_sources
from benchmark.results.published_files import SOURCES_FILE, published_folder
from benchmark.tasks import all_tasks
from tests.results.quoted import ROWS, TABLES

DATASETS = load_catalogue().datasets
EVERY_TABLE = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.id)


# --- names ----------------------------------------------------------------------------------------


@EVERY_TABLE
def test_every_column_is_a_task_or_explained(table) -> None:
    subsets = {f"{name}/{part.name}" for name, data in DATASETS.items() for part in data.parts}
    tasks = {task.id for task in all_tasks()}
    for name, column in table.columns.items():
        assert column.heading
        assert name in tasks | subsets or column.note or "/l2-" in name


def test_no_column_of_others_has_a_name_of_a_task() -> None:
    names = {name for task in all_tasks() for name in (task.id, *task.aliases)}
    others = {name for table in TABLES for name in table.columns} - {t.id for t in all_tasks()}
    assert not others & names
    assert {"MRPC/f1", "sts/average"} <= others


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.catalogue], ids=lambda row: f"{row.table}-{row.label}"
)
def test_a_catalogue_name_is_the_same_model(row: PublishedRow) -> None:
    model = named_models()[row.catalogue]
    assert row.citation == model.citation
    assert row.protocol.pooler in ("", model.pooler)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.catalogue], ids=lambda row: f"{row.table}-{row.label}"
)
def test_a_row_and_its_model_are_of_one_kind(row: PublishedRow) -> None:
    """What a row says of the encoder is what the catalogue says; it may say less."""
    model = named_models()[row.catalogue]
    assert row.backbone is None or row.backbone.id == model.backbone
    assert row.training in ("", model.training)
    if row.backbone and row.parameters and row.backbone.parameters:
        assert abs(row.parameters / row.backbone.parameters - 1) < 0.1


def test_papers_that_both_cite_are_the_same() -> None:
    def title(entry: str) -> str:
        [parsed] = bibtexparser.parse_string(entry).entries
        return "".join(filter(str.isalpha, parsed["title"])).casefold()

    text = resources.files("benchmark.encoders.asked").joinpath("models.toml").read_text("utf-8")
    cited = tomllib.loads(text)["citations"]
    both = cited.keys() & published_sources().keys()
    assert len(both) >= 8
    for key in both:
        assert title(cited[key]) == title(published_sources()[key]), key


def test_poolers_are_ours() -> None:
    assert {row.protocol.pooler for row in ROWS} <= {"", *POOLERS}


def test_what_is_external_is_a_column() -> None:
    marked = [row for row in ROWS if row.external]
    assert len(marked) == 93 + 16 + 2 + 93 + 1  # of mteb-sts: authors' own, STS16 alone; raw, sts17
    assert all(set(row.external) <= set(row.scores) for row in marked)


def test_no_row_is_there_twice() -> None:
    seen = Counter(
        (row.table, row.section, row.label, row.status, str(row.protocol)) for row in ROWS
    )
    assert max(seen.values()) == 1


# --- sources --------------------------------------------------------------------------------------


def test_sources_are_bibtex() -> None:
    library = bibtexparser.parse_string("\n\n".join(published_sources().values()))
    assert library.failed_blocks == []
    assert [entry.key for entry in library.entries] == list(published_sources())
    for entry in library.entries:
        assert {"title", "year", "url"} <= set(entry.fields_dict), entry.key
        assert entry["year"].isdigit()


def test_no_entry_of_the_file_is_missed() -> None:
    whole = bibtexparser.parse_file(str(published_folder() / SOURCES_FILE))
    assert {entry.key: entry.raw for entry in whole.entries} == published_sources()


def test_every_source_is_used_and_there() -> None:
    used = {key for row in ROWS for key in (row.source, row.citation)}
    used |= {table.source for table in TABLES}
    assert used - {""} == set(published_sources())


def test_a_figure_without_a_source_is_unverified() -> None:
    assert {row.status for row in ROWS if not row.source} == {"unverified"}
    assert [row.label for row in ROWS if row.status == "unverified"] == ["BERT-base [CLS]"]
