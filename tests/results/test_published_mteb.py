"""The figures of MTEB's results repository: one table of seven columns, two of other questions."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from benchmark.results import PublishedRow, published_table
from benchmark.results.published_files import published_backbones
from benchmark.tasks import table
from tests.results.quoted import YEARS, rows_of

SEVEN = (*YEARS, "STS-B/mteb", "SICK-R/mteb")
MTEB = [row for row in rows_of("mteb-sts", metric="spearman") if not row.where.startswith("f262")]
OTHERS = ("mteb-raw", "mteb-sts17")


def test_every_model_has_one_row_but_the_one_whose_authors_print_another():
    models = [row.model for row in MTEB]
    assert len(set(models)) == 259
    assert [model for model in set(models) if models.count(model) > 1] == ["BAAI/bge-small-en-v1.5"]


def test_rows_have_seven_columns_or_miss_one():
    """MTEB's English benchmark of 2025 leaves STS16 out."""
    missing = [", ".join(column for column in SEVEN if column not in row.scores) for row in MTEB]
    assert Counter(missing) == {"": 174 + 16, "STS16": 67 + 1, "STS-B/mteb": 1, "SICK-R/mteb": 1}
    [fitted] = [row for row in MTEB if "STS-B/mteb" not in row.scores]
    assert fitted.model == "Gameselo/STS-multilingual-mpnet-base-v2"
    assert fitted.marks == ("sts-labels",)


def test_what_lacks_a_column_has_no_average():
    assert all((row.average is not None) == (len(row.scores) == 7) for row in MTEB)


AS_IN_THE_FILES = {
    "sentence-transformers/all-MiniLM-L6-v2": (
        "0.7236899998079941 0.8060316722220763 0.7558912408385123 0.8538961998125277 "
        "0.7898945343973262 0.8203247283076371 0.7758245525469719"
    ),
    "BAAI/bge-base-en-v1.5": (
        "0.7802846881992981 0.8418359851756962 0.8227285338843656 0.8795662500150213 "
        "0.8547685776238286 0.8641801045690194 0.8030113956602887"
    ),
    "thenlper/gte-small": (
        "0.7512219708517119 0.8508683458043946 0.810345329142859 0.8831966852492485 "
        "0.8390678384140168 0.8557014313159492 0.7792985224770255"
    ),
}


@pytest.mark.parametrize("model", AS_IN_THE_FILES)
def test_every_digit_of_the_fractions_is_kept(model: str):
    [row] = [row for row in MTEB if row.model == model]
    fractions = [Decimal(text) for text in AS_IN_THE_FILES[model].split()]
    assert list(row.scores.values()) == [100 * fraction for fraction in fractions]


def test_scores_that_were_not_run_are_said_to_be():
    [row] = [row for row in MTEB if row.model == "BAAI/bge-base-en-v1.5"]
    assert row.external == ("STS16",)
    own = [row for row in MTEB if row.revision]
    assert sum(row.external == ("STS16",) for row in own) == 16
    assert {row.external for row in own} == {(), ("STS16",)}
    assert all(row.setting for row in MTEB if len(row.external) > 1)


WITHOUT_A_ROW = {
    "Omartificial-Intelligence-Space/Arabic-Triplet-Matryoshka-V2",
    "dmedhi/PawanEmbd-68M",
    "dragonkue/BGE-m3-ko",
    "dragonkue/multilingual-e5-small-ko",
    "dragonkue/multilingual-e5-small-ko-v2",
    "dragonkue/snowflake-arctic-embed-l-v2.0-ko",
    "nlpai-lab/KURE-v1",
    "nlpai-lab/KoE5",
    "telepix/PIXIE-Rune-v1.5",
}
"""Models that MTEB has STS17 of, and one or none of the seven."""


def facts(row: PublishedRow) -> tuple[object, ...]:
    """Return what is said of the model, whatever table says it."""
    traits = (row.year, row.backbone, row.parameters, row.training, row.marks)
    return row.citation, row.catalogue, *traits


@pytest.mark.parametrize("other", OTHERS)
def test_tables_of_the_same_files_agree(other: str):
    known = {row.model: row for row in MTEB if row.setting == "" or len(row.external) == 7}
    rows = {row.model: row for row in published_table(other).rows}
    assert rows.keys() - known.keys() == (WITHOUT_A_ROW if other == "mteb-sts17" else set())
    for model, row in rows.items():
        if model not in known:
            continue
        mine = known[model]
        assert facts(row) == facts(mine)
        # Of a run on one task, of its authors' figures on the other.
        assert mine.revision == row.revision or "" in (mine.revision, row.revision)
        shared = row.scores.keys() & mine.scores.keys()
        assert {name: row.scores[name] for name in shared} == {
            name: mine.scores[name] for name in shared
        }
    raw = [row.model for row in published_table("mteb-raw").rows]
    both = {"STS-B/mteb", "SICK-R/mteb"}
    assert sorted(raw) == sorted(model for model in known if both <= known[model].scores.keys())


def test_models_are_of_a_year_and_of_a_size():
    dated = [row for row in MTEB if row.year]
    assert len(dated) == len(MTEB) - 1
    assert {row.year for row in dated} == set(range(2019, 2027))
    sized = [row.parameters for row in MTEB if row.parameters]
    assert len(sized) > 230
    assert min(sized) > 1_000_000
    assert all(row.backbone is None or row.backbone.family for row in MTEB)
    assert {row.backbone.id for row in MTEB if row.backbone} <= set(published_backbones())


def test_columns_are_tasks_of_ours_and_nothing_else_is_quoted():
    ours = {task.id for group in ("sts", "sts-mteb", "sts17") for task in table(group)}
    quoted = {name for name in ("mteb-sts", *OTHERS) for name in published_table(name).columns}
    assert quoted <= ours
