"""Imported scores as rows of published figures."""

from __future__ import annotations

import json
import shutil
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.interchange import names_of_figures, quoted_files, read_tree, write_files
from benchmark.results import PublishedRow, Signature, published_table, published_tables
from benchmark.results.published_files import published_folder
from benchmark.tasks import task_by_id
from benchmark.tasks.loading import published_sha256
from tests.interchange.mteb_results import MINILM, REVISION, of_2022, p_values_alone, plain
from tests.interchange.mteb_results import write_result as write
from tests.results.samples import sample_result

COLUMNS = ["STS12", "STS13", "STS14", "STS15", "STS16", "STS-B/mteb", "SICK-R/mteb"]


def tables(folder: Path) -> dict[str, dict[str, Any]]:
    files, errors = quoted_files(read_tree([folder]))
    assert not errors
    return {file.path: tomllib.loads(file.content.decode(), parse_float=Decimal) for file in files}


def read_back(folder: Path) -> tuple[PublishedRow, ...]:
    """What the leaderboard's own reader makes of an import into a new folder."""
    files, errors = quoted_files(read_tree([folder]))
    assert not errors
    out = folder / "published"
    write_files(out, [*files, *names_of_figures(out)])
    [table] = published_tables(out)
    return table.rows


def test_a_model_is_a_table_of_quoted_rows(tmp_path: Path):
    for task, score in MINILM.items():
        write(tmp_path, plain(task, score))
    [(path, table)] = tables(tmp_path).items()
    assert path == "imported-sentence-transformers__all-MiniLM-L6-v2.toml"
    assert (table["group"], table["source"], table["status"]) == (
        "sts",
        "mteb-results",
        "repository",
    )
    assert table["protocol"]["aggregation"] == "all"
    assert table["columns"] == COLUMNS
    assert table["rows"] == [
        {
            "model": "sentence-transformers/all-MiniLM-L6-v2",
            "where": f"sentence-transformers__all-MiniLM-L6-v2/{REVISION}",
            "revision": REVISION,
            # The digits of the file, as peers print them to four decimals.
            "scores": [
                *map(Decimal, ("72.36899998", "80.60316722", "75.58912408", "85.38961998")),
                *map(Decimal, ("78.98945344", "82.03247283", "77.58245525")),
            ],
            "note": "mteb 1.12.75",
        }
    ]


def test_sickr_and_stsb_never_stand_under_our_tasks(tmp_path: Path):
    for task in ("STSBenchmark", "SICK-R"):
        write(tmp_path, plain(task, 0.5))
    [table] = tables(tmp_path).values()
    assert table["columns"] == ["STS-B/mteb", "SICK-R/mteb"]


def test_what_authors_reported_is_a_row_of_its_own(tmp_path: Path):
    write(tmp_path, plain("STS12", 0.774433), place=f"results/org__bge/{REVISION}")
    write(tmp_path, plain("STS12", 0.774413), place="results/org__bge/external")
    write(tmp_path, plain("STS16", 0.849334), place="results/org__bge/external")
    [table] = tables(tmp_path).values()
    run, external = sorted(table["rows"], key=lambda row: "external" in row)
    assert table["columns"] == external["external"] == ["STS12", "STS16"]
    assert external["setting"] == "as its authors report it"
    assert "revision" not in external
    assert run["columns"] == ["STS12"]
    assert run["scores"] == [Decimal("77.4433")]


def test_what_a_file_leaves_open_is_compared_with_nothing(tmp_path: Path):
    portuguese = "ecfaefd049ac1cb56e0e11e48070152f47755bde"  # a fork's STS13, translated
    write(tmp_path, plain("STS12", 0.5))
    write(tmp_path, plain("STS13", 0.5) | {"dataset_revision": portuguese})
    write(tmp_path, plain("STS14", 0.5) | {"dataset_revision": None})
    write(tmp_path, p_values_alone("STS15", 0.5))
    rows = {row.setting: row for row in read_back(tmp_path)}
    sure, unnamed, unknown = (rows[s] for s in ("", "similarity not named", "on unknown data"))
    ours = sample_result("STS12")
    assert sure.question("STS12") == Signature.parse(ours.signature).question.replace(
        ours.data.sha256[:12], published_sha256(task_by_id("STS12"))[:12]
    )
    assert unnamed.question("STS15") is None
    assert unknown.question("STS13") is None
    assert unknown.note == (
        "mteb 1.12.75; STS13: data revision ecfaefd049ac; STS14: data revision not stated"
    )


def test_earlier_commits_of_the_same_data_are_known(tmp_path: Path):
    write(tmp_path, of_2022("STS12", 0.5))
    write(tmp_path, plain("STS13", 0.5))
    [row] = read_back(tmp_path)
    assert row.note == "mteb 0.0.2, 1.12.75"
    assert row.setting == ""


def test_revisions_of_a_model_are_told_apart(tmp_path: Path):
    for revision in (REVISION, "ab" * 20, "no_revision_available", "external"):
        write(tmp_path, plain("STS12", 0.5), place=f"results/org__bge/{revision}")
    assert [row.label for row in read_back(tmp_path)] == [
        "org/bge (revision 8b3219a92973)",
        "org/bge (revision abababababab)",
        "org/bge (as its authors report it)",
        "org/bge (revision no_revision_available)",
    ]


def test_published_figures_of_the_project_and_imported_ones_share_a_folder(tmp_path: Path):
    folder = tmp_path / "published"
    shutil.copytree(published_folder(), folder)
    for task, score in MINILM.items():
        write(tmp_path, plain(task, score))
    files, _ = quoted_files(read_tree([tmp_path / "results"]))
    assert names_of_figures(folder) == []
    write_files(folder, files)
    quoted = published_table("mteb-sts", folder).rows
    ours = next(row for row in quoted if row.catalogue == "all-minilm-l6-v2")
    [imported] = published_table(files[0].path.removesuffix(".toml"), folder).rows
    assert imported.scores == {task: round(score, 8) for task, score in ours.scores.items()}
    for task in imported.scores:
        assert imported.question(task) == ours.question(task) is not None


def test_two_scores_for_one_thing_are_refused(tmp_path: Path):
    write(tmp_path, plain("STS12", 0.5), place=f"a/org__model/{REVISION}")
    write(tmp_path, plain("STS12", 0.6), place=f"b/org__model/{REVISION}")
    files, [error] = quoted_files(read_tree([tmp_path]))
    assert files == []
    assert "0.6, but 0.5 in" in str(error)
    assert "name only one of them" in str(error)


def test_the_same_score_twice_is_one(tmp_path: Path):
    for place in ("a", "b"):
        write(tmp_path, plain("STS12", 0.5), place=f"{place}/org__model/{REVISION}")
    [table] = tables(tmp_path).values()
    assert table["rows"][0]["scores"] == [50]


def test_names_that_make_the_same_file_name_share_the_file(tmp_path: Path):
    for name in ("a/b__c", "a__b/c"):
        path = write(tmp_path, plain("STS12", 0.5), place=f"{name.replace('/', '-')}/{REVISION}")
        (path.parent / "model_meta.json").write_text(f'{{"name": "{name}"}}')
    [(path, table)] = tables(tmp_path).items()
    assert path == "imported-a__b__c.toml"
    assert [row["model"] for row in table["rows"]] == ["a/b__c", "a__b/c"]


@settings(max_examples=50, deadline=None)
@given(name=st.text(min_size=1, max_size=40), version=st.text(max_size=20))
def test_no_text_breaks_out_of_its_string(
    tmp_path_factory: pytest.TempPathFactory, name: str, version: str
):
    folder = tmp_path_factory.mktemp("tree")
    hostile = f'{name}"\n[[rows]]\nmodel = "evil'
    path = write(folder, plain("STS12", 0.5) | {"mteb_version": version})
    (path.parent / "model_meta.json").write_text(json.dumps({"name": hostile}))
    [(file, table)] = tables(folder).items()
    assert "/" not in file
    [row] = table["rows"]
    assert row["model"].isprintable()
    assert row["scores"] == [50]
    [read] = read_back(folder)
    assert read.model == row["model"]


@settings(max_examples=50, deadline=None)
@given(digits=st.integers(-(10**10), 10**10))
def test_no_digit_is_added_or_dropped(tmp_path_factory: pytest.TempPathFactory, digits: int):
    folder = tmp_path_factory.mktemp("tree")
    fraction = Decimal(digits).scaleb(-10)
    path = write(folder, plain("STS12", 0.5))
    path.write_text(f'{{"task_name": "STS12", "test": {{"cosine_spearman": {fraction:f}}}}}')
    [table] = tables(folder).values()
    assert table["rows"][0]["scores"] == [Decimal(digits).scaleb(-8)]
    [file], _ = quoted_files(read_tree([folder]))
    assert b"e+" not in file.content
