"""What spreadsheets, data frames and published sets write otherwise: read as pandas does, and said.

Or refused, where it would make a plausible number of something else.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmark.datasets.tables import OwnData, read_own_data
from benchmark.errors import DataError

FRAME = pd.DataFrame(
    {
        "sentence1": [f"the {n}th; parcel, late" for n in range(20)],
        "sentence2": [f"where is parcel {n}?" for n in range(20)],
        "score": [round(n % 7 * 0.75, 2) for n in range(20)],
    }
)


def notes(data: OwnData) -> str:
    return "\n".join(data.report.notes)


def written(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def require_same(data: OwnData, frame: pd.DataFrame) -> None:
    [part] = data.parts
    assert part.first == tuple(frame.iloc[:, 0])
    assert part.second == tuple(frame.iloc[:, 1])
    np.testing.assert_array_equal(part.gold, frame.iloc[:, 2])


@pytest.mark.parametrize("separator", [";", "\t", ","])
@pytest.mark.parametrize("header", [True, False])
def test_decimal_commas(tmp_path: Path, separator: str, header: bool):
    path = tmp_path / "t.csv"
    FRAME.to_csv(path, sep=separator, decimal=",", index=False, header=header)
    data = read_own_data(path)
    require_same(data, pd.read_csv(path, sep=separator, decimal=",", header=0 if header else None))
    assert "scores are written with a decimal comma" in notes(data)


@pytest.mark.parametrize(
    "scores",
    [["1,100", "2,250", "3,000"], ["1,5", "2.5", "3,5"], ["1,5", "2,5", "1,234.5"]],
    ids=["may be thousands", "points too", "thousands too"],
)
def test_commas_that_may_mean_something_else_are_refused(tmp_path: Path, scores: list[str]):
    rows = "".join(f"a {n}\tb\t{score}\n" for n, score in enumerate(scores))
    path = written(tmp_path / "t.tsv", f"sentence1\tsentence2\tscore\n{rows}")
    with pytest.raises(DataError, match=r"line \d: its score is .*written with a point"):
        read_own_data(path)


def test_hundreds_of_thousandths_are_no_thousands(tmp_path: Path):
    rows = "a\tb\t0,125\nc\td\t0,250\ne\tf\t1,000\n"
    data = read_own_data(written(tmp_path / "t.tsv", f"sentence1\tsentence2\tscore\n{rows}"))
    assert data.parts[0].gold.tolist() == [0.125, 0.25, 1.0]


@pytest.mark.parametrize("sign", ["%", " %", "\u00a0%"])
def test_percent(tmp_path: Path, sign: str):
    rows = "".join(f"a {n}\tb\t{n * 12.5:g}{sign}\n" for n in range(8))
    data = read_own_data(written(tmp_path / "t.tsv", f"sentence1\tsentence2\tscore\n{rows}"))
    assert data.parts[0].gold.tolist() == [n * 12.5 for n in range(8)]
    assert "scores are in percent" in notes(data)


def test_percent_on_some_rows_is_refused(tmp_path: Path):
    rows = "a\tb\t1\nc\td\t20%\ne\tf\t0.3\n"
    with pytest.raises(DataError, match="line 3: its score is '20%'"):
        read_own_data(written(tmp_path / "t.tsv", f"sentence1\tsentence2\tscore\n{rows}"))


@pytest.mark.parametrize("words", [("no", "yes"), ("No", "Yes"), ("NO", "YES ")])
def test_yes_and_no(tmp_path: Path, words: tuple[str, str]):
    rows = "".join(f"a {n}\tb {n}\t{words[n % 3 == 0]}\n" for n in range(9))
    data = read_own_data(written(tmp_path / "t.tsv", f"question1\tquestion2\tlabel\n{rows}"))
    assert data.kind == "pair-classification"
    assert data.parts[0].gold.tolist() == [float(n % 3 == 0) for n in range(9)]
    assert "yes and no are taken for 1 and 0" in notes(data)


def test_other_words_say_what_to_write(tmp_path: Path):
    rows = "".join(f"a {n}\tb {n}\t{('entailment', 'not_entailment')[n % 2]}\n" for n in range(9))
    path = written(tmp_path / "t.tsv", f"sentence1\tsentence2\tlabel\n{rows}")
    with pytest.raises(DataError, match=r"`kind` classification, and .* have 1 and 0, or yes"):
        read_own_data(path)


def test_the_line_that_tells_excel_what_separates(tmp_path: Path):
    path = tmp_path / "t.csv"
    FRAME.to_csv(path, sep=";", index=False)
    data = read_own_data(written(path, f"sep=;\r\n{path.read_text()}"))
    require_same(data, FRAME)
    assert "line 1 says what separates the columns" in notes(data)
    assert "blank line" not in notes(data)


def test_a_line_is_counted_with_the_one_for_excel(tmp_path: Path):
    path = written(tmp_path / "t.csv", "sep=;\ns1;s2;score\na;b;1\nc;d;good\ne;f;2\n")
    with pytest.raises(DataError, match="line 4: its score is 'good'"):
        read_own_data(path)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_empty_cells_behind_the_last_column(tmp_path: Path, separator: str):
    path = tmp_path / "t.csv"
    FRAME.to_csv(path, sep=separator, index=False)
    lines = path.read_text().splitlines()
    ragged = [line + separator * (n % 3 if n else 0) for n, line in enumerate(lines)]
    data = read_own_data(written(path, "\n".join(ragged)))
    require_same(data, FRAME)
    assert "left out: 14 (the first in line 2)" in notes(data)


def test_the_first_cell_goes_on_in_the_next_line(tmp_path: Path):
    frame = FRAME.assign(sentence1=[f"line {n},\nand another" for n in range(20)])
    frame.to_csv(tmp_path / "t.csv", index=False, header=False)
    require_same(read_own_data(tmp_path / "t.csv"), frame)


def test_the_index_that_pandas_writes_is_passed_over(tmp_path: Path):
    FRAME.to_csv(tmp_path / "once.csv")
    pd.read_csv(tmp_path / "once.csv").to_csv(tmp_path / "twice.csv")
    for name in ("once.csv", "twice.csv"):
        require_same(read_own_data(tmp_path / name), FRAME)


def test_columns_of_pandas_json_are_no_rows(tmp_path: Path):
    FRAME.to_json(tmp_path / "t.json")
    with pytest.raises(DataError, match="whole columns; write an object for each row"):
        read_own_data(tmp_path / "t.json")


def test_quotes_behind_a_space_do_not_become_text(tmp_path: Path):
    rows = "".join(f'"a {n}", "b {n}", {n}\n' for n in range(5))
    path = written(tmp_path / "t.csv", f"sentence1, sentence2, score\n{rows}")
    with pytest.raises(DataError, match="line 2: a space stands before quotes"):
        read_own_data(path)


def test_the_sts_benchmark_as_it_is_published(tmp_path: Path):
    """Some of its rows have licences behind the sentences; a lone quote is one."""
    rows = [
        ("main-captions", "MSRvid", "2012test", f"{n:04}", f"{n % 6:.3f}", f'a "man {n}', f"b {n}")
        for n in range(12)
    ]
    ragged = [row + ("licence", "source") * (n % 2) for n, row in enumerate(rows)]
    text = "".join("\t".join(row) + "\n" for row in ragged)
    for name, columns in (("sts-test.csv", None), ("sts-dev.tsv", None), ("by.csv", "6,7,5")):
        data = read_own_data(written(tmp_path / name, text), columns=columns)
        [part] = data.parts
        assert part.first == tuple(row[5] for row in rows)
        assert part.second == tuple(row[6] for row in rows)
        assert part.gold.tolist() == [float(row[4]) for row in rows]
        assert "more than its 7 columns, which are left out: 6" in notes(data)


def test_a_class_before_title_and_text_is_no_score(tmp_path: Path):
    """AG News and the reviews published with it: class, title, description, all in quotes."""
    with open(tmp_path / "t.csv", "w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows((1 + n % 4, f"title {n}", f"description {n}") for n in range(20))
    with pytest.raises(DataError, match="is not clear"):
        read_own_data(tmp_path / "t.csv")
    assert read_own_data(tmp_path / "t.csv", columns="2,3,1").kind == "similarity"


@pytest.mark.parametrize("name", ["label", "gold_label", "labels"])
@pytest.mark.parametrize("classes", [(0, 1, 2), (-1, 0, 1, 2), (-1, 0, 1)])
def test_three_classes_of_two_texts_are_no_grades(
    tmp_path: Path, name: str, classes: tuple[int, ...]
):
    rows = "".join(f"a {n}\tb {n}\t{classes[n % len(classes)]}\n" for n in range(12))
    path = written(tmp_path / "t.tsv", f"sentence1\tsentence2\t{name}\n{rows}")
    with pytest.raises(DataError, match="look like classes of entailment"):
        read_own_data(path)
    assert read_own_data(path, kind="similarity").kind == "similarity"
    graded = written(tmp_path / "g.tsv", f"sentence1\tsentence2\tscore\n{rows}")
    assert read_own_data(graded).kind == "similarity"
