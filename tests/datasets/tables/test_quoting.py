"""What separates columns and what quotes mean: decided for a file, said, never half and half."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.datasets.tables.decoding import Decoded
from benchmark.datasets.tables.delimited import delimited_table
from benchmark.datasets.tables.table import Table
from benchmark.errors import DataError
from tests.datasets.tables.forms import csv_rows

CELLS = [
    "a",
    "",
    "b c",
    '"',
    '"a"',
    '"a',
    'a"',
    '"a ""b"""',
    '""',
    '"a,b"',
    '"a\tb"',
    '"a\nb"',
    "1",
]
ENDS = ["\n", "\n", "\n", "\r\n", "\r", "\n\n"]


@st.composite
def files(draw: st.DrawFn) -> tuple[str, str]:
    """Return rows of two cells, most of them, with quotes of every kind, and the delimiter."""
    delimiter = draw(st.sampled_from("\t,;"))
    widths = draw(st.lists(st.sampled_from([2] * 9 + [1, 3]), min_size=1, max_size=6))
    cells = draw(st.lists(st.sampled_from(CELLS), min_size=4, max_size=4))
    rows = [
        delimiter.join(draw(st.sampled_from(cells)) for _ in range(width))
        + draw(st.sampled_from(ENDS))
        for width in widths
    ]
    return "".join(rows), delimiter


def table_of(text: str, only: str = "") -> Table:
    return delimited_table(Decoded(text, "UTF-8"), "t", "CSV", only)


def rows_of(text: str, only: str = "") -> list[tuple[str, ...]]:
    table = table_of(text, only)
    return list(zip(*table.take(range(table.width)), strict=True))


def refusal(text: str, only: str = "") -> str:
    with pytest.raises(DataError) as caught:
        table_of(text, only)
    return str(caught.value)


def trimmed(rows: Iterable[list[str]]) -> list[list[str]]:
    """Without empty cells behind the columns of the first row."""
    all_rows = list(rows)
    width = len(all_rows[0])
    return [row if any(row[width:]) else row[:width] for row in all_rows]


@settings(max_examples=250)
@given(files())
def test_rows_are_those_of_the_csv_module_or_of_a_plain_split(file: tuple[str, str]):
    """Whatever a file holds: no row that neither way of reading has, none lost, or an error."""
    text, delimiter = file
    try:
        table = table_of(text, delimiter)
    except DataError:
        return
    found = [list(row) for row in zip(*table.take(range(table.width)), strict=True)]
    assert len({len(row) for row in found}) == 1
    if table.form.quoting.startswith("quotes are"):
        assert found == trimmed(row for row in csv_rows(text, delimiter) if any(row))
    else:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert found == trimmed(line.split(delimiter) for line in lines if line.strip(delimiter))


HEAD = "sentence1\tsentence2\tscore\n"
LONE = '"I am, he said\tb\t1\nc\td "big"\t2\ne\tf"\t3\n'


def test_a_lone_quote_swallows_nothing_where_quotes_are_text():
    assert rows_of(HEAD + LONE, "\t")[1:] == [
        ('"I am, he said', "b", "1"),
        ("c", 'd "big"', "2"),
        ("e", 'f"', "3"),
    ]
    assert "quotes mean nothing" in table_of(HEAD + LONE).form.quoting


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_lone_quote_swallows_nothing_between_commas(delimiter: str):
    text = (HEAD + LONE).replace(",", "").replace("\t", delimiter)
    assert rows_of(text)[1] == ('"I am he said', "b", "1")
    text = f'{HEAD}"a, b"\tc\t1\nd\t"e\t2\nf\tg\t3\n'.replace("\t", ",")
    assert refusal(text).startswith("t, line 3: a quote opens here and is never closed")


def test_a_lone_quote_among_quoted_cells_is_an_error():
    quoted = 's1,s2,score\n"a","b",1\n"c","d",2\n"e","f,3\n"g","h",4\n'
    assert refusal(quoted).startswith("t, line 4: text follows the quote that closes a cell")
    assert refusal(quoted.replace("\n", "\r\n")).startswith("t, line 4: text follows")
    inside = 's1\ts2\tscore\n"a"\t"b"\t1\n"c"\t"d"\t2\n"e"\tf"\t3\n'
    assert refusal(inside).startswith("t, line 4: a quote stands inside a cell")
    tabs = 's1\ts2\tscore\n"say ""a"""\tb\t1\nc\t"d\t2\ne\tf\t3\n'
    assert "t, line 3: a quote opens here and is never closed, where cells are quoted" in refusal(
        tabs
    )
    assert "(as in line 2)" in refusal(tabs)


def test_between_commas_a_quote_inside_a_cell_without_quotes_is_text():
    """As the csv module, pandas and spreadsheets read it."""
    text = 's1,s2,score\n"Hello, he said",it is "fine",1\nc,5" pipe,2\n"e",f,3\n'
    assert rows_of(text)[1:] == [
        ("Hello, he said", 'it is "fine"', "1"),
        ("c", '5" pipe', "2"),
        ("e", "f", "3"),
    ]
    assert "and text inside a cell" in table_of(text).form.quoting
    # The same without a comma inside: nothing but a habit says that quotes are quotes.
    assert rows_of(text.replace("Hello, he", "Hello he"))[1][0] == "Hello he said"


def test_backslashes_do_not_escape():
    text = 's1,s2,score\n"say \\"a\\"",b,1\n"c",d,2\n"e",f,3\n'
    assert "line 2: a quote behind a backslash" in refusal(text)


def test_two_lone_quotes_that_could_be_one_cell_are_refused():
    text = 's1\ts2\tscore\n"a\tb\t1\n"\tc\t2\nd\te\t3\n'
    assert refusal(text, "\t") == (
        "t, line 2: a quote opens here and closes on another line, and each of these lines is a "
        "complete row as well; which is meant is not clear: write JSON lines"
    )


def test_one_cell_over_two_lines_that_are_rows_as_well_where_quotes_are_quotes():
    text = 's1,s2,score\n"say ""a""",b,1\n"x,","\n,x",2\nd,e,3\n'
    assert rows_of(text)[1:] == [('say "a"', "b", "1"), ("x,", "\n,x", "2"), ("d", "e", "3")]
    assert "which is meant is not clear" in refusal(text.replace('"say ""a"""', "a"))


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        ('"a"\tb\t1\nc\td\t2\n', '"a"'),  # a sentence in quotes
        ('"a"\t"b"\t1\n"c"\t"d"\t2\n', "a"),  # all are: a program wrote them
        ('"a ""b"" c"\td\t1\ne\tf\t2\n', 'a "b" c'),  # doubled: a program wrote them
        ('"a, b"\tc\t1\n"c, d"\t"d"\t2\n"e, f"\tg\t3\n', "a, b"),  # Excel wrote them
        ('"a, b"\tc\t1\nd\te, f\t2\n"g, h"\ti\t3\n', '"a, b"'),
        ('"a\tb"\tc\t1\nd\te\t2\n', "a\tb"),
        ('"a\nb"\tc\t1\nd\te\t2\n', "a\nb"),
    ],
)
def test_in_tabs_quotes_are_text_unless_they_do_what_quotes_do(cells: str, read: str):
    assert rows_of(HEAD + cells, "\t")[1][0] == read


def test_between_commas_quotes_are_quotes():
    assert rows_of('s1,s2,score\n"a",b,1\n"c, d",e,2\n')[1:] == [
        ("a", "b", "1"),
        ("c, d", "e", "2"),
    ]


def test_rows_know_the_line_on_which_they_begin():
    table = table_of('s1,s2,score\r\n"a\r\nb",c,1\r\n\r\nd,"e\n\nf",2\r\ng,h,x\r\n')
    assert [table.place(row) for row in range(table.rows)] == [
        "line 1",
        "line 2",
        "line 5",
        "line 8",
    ]


# --- what separates columns -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a, b\tc; d\t1\ne, f\tg; h\t2\n", "tab"),
        ("a;b c,d;1\ne;f g,h;2\n", None),  # commas read as well
        ("a;b;1\nc, d;e, f;2\n", "semicolon"),
        ("a; b,c; d,1\ne,f,2\n", "comma"),
        ("sentence1,sentence2;x,score\na,b;c,1\nd,e;f,2\n", None),
        ("sentence1,sentence2,score,x;y\na,b,1,c;d\ne,f,2,g;h\n", "comma"),
        ('"sentence1";"sentence2";"score"\n"a,b";"c,d";1\n"a,b";"c,d";2\n', "semicolon"),
    ],
)
def test_the_delimiter_is_the_one_that_reads_every_row(text: str, delimiter: str | None):
    if delimiter is None:
        assert "with commas and with semicolons" in refusal(text)
    else:
        assert table_of(text).form.delimiter == delimiter


def test_a_bad_row_is_told_by_the_delimiter_of_the_header(tmp_path: Path):
    text = "sentence1;sentence2;score\na, b;c;1\nd;e\nf;g;3\n"
    assert refusal(text).startswith("t, line 3: 2 semicolon-separated columns where line 1 has 3")
