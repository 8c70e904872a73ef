"""Every format read back by somebody else's reader, with names that try to break it."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest

from benchmark.encoders import EncoderCard
from benchmark.errors import ModelError, UsageError
from benchmark.reports import FORMATS, render
from benchmark.results import Run
from tests.results.samples import CARD, sample_run

TEXT_FORMATS = [form for form in FORMATS if form != "json"]

HOSTILE = {
    "pipes": "a|b||c",
    "backticks": "a`b``c```",
    "HTML": "<script>alert(1)</script>&lt;b>",
    "markdown": "[click](http://127.0.0.1/) **bold** _it_ ![x](y) # ~~s~~",
    "new lines": "first\nsecond\r\nthird\u2028fourth\x0bfifth",
    "escapes": "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J",
    "writing direction": "abc\u202edcba\u2066x",
    "tabs": "\ta\tb",
    "formula": '=HYPERLINK("http://127.0.0.1/","x")',
    "latex": r"\input{/etc/passwd} $x^2$ 100% & #1 {a}_b ~c",
    "quotes": '"a" \'b\', "c',
    "backslash": "a\\b\\",
    "empty": "",
    "blank": "   ",
    "number": "1e5",
}
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1+1", "\n=1"]


def named(name: str) -> Run:
    """A run whose model has this name wherever a name can be."""
    card = replace(CARD, name=name, source=name, revision=name, pooler=name, prompt=name)
    return sample_run({"STS12": 0.5, "DemoSTS": 0.25}, "sts12 sts13 DemoSTS", name=name, card=card)


def acting_characters(text: str) -> set[str]:
    """Characters that a terminal would act on."""
    return {character for character in text if not character.isprintable() and character != "\n"}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_nothing_reaches_the_terminal_that_it_would_act_on(form: str, name: str):
    assert acting_characters(render([named(name)], form)) == set()


@pytest.mark.parametrize("form", TEXT_FORMATS)
@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_name_adds_no_line(form: str, name: str):
    assert len(render([named(name)], form).split("\n")) == len(
        render([named("plain")], form).split("\n")
    )


@pytest.mark.parametrize("form", FORMATS)
def test_an_error_message_adds_nothing_that_a_terminal_would_act_on(form: str):
    failure = ModelError("first\nsecond \x1b[31mred")
    run = sample_run({"STS12": 0.5}, "STS12 STS13", failures={"STS13": failure})
    assert acting_characters(render([run], form)) == set()


# --- table ----------------------------------------------------------------------------------------


def test_table_names_model_signature_and_time():
    text = render([sample_run({"STS12": 0.5})])
    assert text.splitlines()[2].split() == ["tiny-bert", "50.00", "-"]
    assert "tiny-bert = org/tiny-bert at 0123456789abcdef0123456789abcdef01234567" in text
    assert "weights sha256 abababababab…" in text
    assert re.search(
        r"^  signature split:test\|agg:all\|.*\|v:1\|model:org/tiny-bert@", text, re.MULTILINE
    )
    assert text.splitlines()[-1] == "  1,234 distinct sentences (56,789 tokens), 2.5 s"


@pytest.mark.parametrize(
    ("timings", "told"),
    [
        ({"total_seconds": 9.9, "encode_seconds": 9.0}, "9.9 s"),
        (
            {
                "total_seconds": 100.0,
                "look_up_seconds": 0.9,
                "load_seconds": 8.0,
                "encode_seconds": 60.0,
                "score_seconds": 30.04,
            },
            "100.0 s (loading 8.0, encoding 60.0, scoring 30.0, other 1.1)",
        ),
    ],
    ids=["short", "long"],
)
def test_a_long_run_says_what_its_time_went_into(timings: dict[str, float], told: str):
    run = replace(sample_run({"STS12": 0.5}), timings=timings)
    assert render([run]).endswith(f"(56,789 tokens), {told}")


def test_table_is_the_default():
    run = sample_run({"STS12": 0.5})
    assert render([run]) == render([run], "table")


def test_each_model_has_its_own_lines_under_the_table():
    runs = [sample_run({"STS12": 0.5}, name="one"), sample_run({"STS12": 0.6}, name="two")]
    lines = [line for line in render(runs).splitlines() if " = " in line]
    assert [line.split(" = ")[0] for line in lines] == ["one", "two"]


def test_a_model_without_any_score_is_named_too():
    runs = [sample_run({"STS12": 0.5}), sample_run({}, "STS12", name="broken")]
    assert "broken: not scored" in render(runs).splitlines()


def test_signature_of_a_table_does_not_depend_on_what_else_was_asked():
    alone = render([sample_run({"STS12": 0.5, "STS13": 0.5})])
    beside = render([sample_run({"STS12": 0.5, "STS13": 0.5, "DemoSTS": 0.5})])
    [signature] = re.findall(r"  signature (.*)", alone)
    assert re.findall(r"  signature of sts (.*)", beside) == [signature]
    assert len(re.findall(r"  signature of demo (.*)", beside)) == 1


def test_a_model_of_two_checkpoints_has_two_signatures():
    run = sample_run({"STS12": 0.5, "STS13": 0.5})
    other = replace(CARD, source="org/other")
    run.results["STS13"] = sample_run({"STS13": 0.5}, card=other)["STS13"]
    lines = [line for line in render([run]).splitlines() if " = " in line]
    assert [line.split()[2] for line in lines] == ["org/tiny-bert", "org/other"]


def test_a_model_is_named_once_though_a_task_was_taken_from_an_earlier_run():
    """A record that was read back has its fields in another order."""
    run = sample_run({"STS12": 0.5, "STS13": 0.5})
    result = run["STS13"]
    card = dict(sorted(result.model.card.items()))
    assert list(card) != list(result.model.card)
    run.results["STS13"] = replace(result, model=replace(result.model, card=card))
    assert len([line for line in render([run]).splitlines() if " = " in line]) == 1


def test_what_a_reader_must_know_stands_under_the_table():
    run = sample_run({"STSBenchmark/dev": 0.5}, verified=False)
    result = run["STSBenchmark/dev"]
    run.results["STSBenchmark/dev"] = replace(result, counts=result.counts | {"zero_vectors": 3})
    run.counts["truncated"] = 2
    run.resumed.add("STSBenchmark/dev")
    text = render([run])
    assert "2 of them cut at the model's limit, 3 zero vectors, 1 task taken from" in text
    assert "  note: development split" in text
    assert "  note: scored on unverified data" in text


def test_weights_that_nobody_identified_are_said_to_be():
    text = render([sample_run({"STS12": 0.5}, name="mine", card=EncoderCard(name="mine"))])
    assert "mine = mine, weights not identified" in text


# --- markdown -------------------------------------------------------------------------------------


def unescaped_pipes(line: str) -> int:
    return len(re.findall(r"(?<!\\)(?:\\\\)*\|", line))


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_markdown_rows_keep_their_columns(name: str):
    lines = render([named(name)], "markdown").splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert [unescaped_pipes(row) for row in rows] == [5, 5, 5, 3, 3, 3]


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_markdown_cells_hold_no_markup(name: str):
    row = render([named(name)], "markdown").splitlines()[2]
    bare = re.sub(r"\\[\\`*_\[\]|~$]", "", row)
    assert not set(bare) & set("<>`*_[]~$\\")


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_markdown_notes_stay_code(name: str):
    notes = [n for n in render([named(name)], "markdown").splitlines() if n.startswith("- ")]
    assert len(notes) >= 4
    for note in notes:
        fence, inside = re.fullmatch(r"- (`+)(.*?)(?<!`)\1", note).groups()
        assert fence not in re.findall("`+", inside)


# --- latex ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_latex_has_no_command_of_a_name(name: str):
    text = render([named(name)], "latex")
    body = [line for line in text.splitlines() if not line.startswith("%")]
    body = [line for line in body if not re.match(r"\\(centering|caption|label)", line)]
    captions = re.findall(r"^\\caption\{(.*)\}$", text, re.MULTILINE)
    assert len(captions) == 2
    assert all("\\" not in caption for caption in captions)
    known = r"\\(begin|end|toprule|midrule|bottomrule|textbackslash|textasciitilde|[&%$#_{}\\^~<>]|"
    commands = re.sub(
        known + r"textbar|textasciigrave|textless|textgreater|textasciicircum)", "", "\n".join(body)
    )
    assert "\\" not in commands
    assert [line.count("&") - line.count(r"\&") for line in body if line.endswith(r"\\")] == [
        3,
        3,
        1,
        1,
    ]


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_latex_notes_are_comments(name: str):
    text = render([named(name)], "latex")
    notes = text.rpartition("\\end{table*}")[2].strip().splitlines()
    assert len(notes) >= 4
    assert all(note.startswith("% ") for note in notes)


# --- csv ------------------------------------------------------------------------------------------


def test_csv_has_a_line_for_each_model_and_task_in_full_precision():
    score = 0.7236899998421234
    run = sample_run({"STS12": score}, "STS12 STS13")
    rows = list(csv.DictReader(io.StringIO(render([run], "csv"))))
    assert [(row["model"], row["task"]) for row in rows] == [
        ("tiny-bert", "STS12"),
        ("tiny-bert", "STS13"),
    ]
    assert float(rows[0]["score"]) == score
    assert rows[0]["signature"] == run["STS12"].signature
    assert (rows[1]["score"], rows[1]["signature"]) == ("", "")


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_csv_rows_keep_their_columns(name: str):
    rows = list(csv.reader(io.StringIO(render([named(name)], "csv"))))
    assert [len(row) for row in rows] == [4] * 4
    assert [row[1] for row in rows[1:]] == ["STS12", "STS13", "DemoSTS"]


@pytest.mark.parametrize("name", FORMULAS)
def test_csv_has_no_formula(name: str):
    for row in csv.reader(io.StringIO(render([named(name)], "csv"))):
        assert not any(cell.lstrip()[:1] in tuple("=+-@") for cell in row if cell)


# --- json -----------------------------------------------------------------------------------------


def test_json_has_the_documented_shape():
    run = sample_run({"STS12": 0.7236899998421234, "DemoSTS": 0.5}, "sts DemoSTS", name="m")
    document = json.loads(render([run], "json"))
    assert set(document) == {"schema_version", "runs"}
    assert document["schema_version"] == 3
    [told] = document["runs"]
    assert told["model"] == "m"
    assert list(told["tasks"]) == ["STS12", "DemoSTS"]
    assert told["tasks"]["STS12"]["main_score"] == 0.7236899998421234
    assert told["averages"] == {"sts": None}


def test_json_average_is_the_printed_value():
    ids = ("STS12", "STS13", "STS14", "STS15", "STS16", "STSBenchmark", "SICKRelatedness")
    cells = (72.28, 84.43, 76.47, 83.90, 80.54, 80.59, 71.23)
    run = sample_run({task: cell / 100 for task, cell in zip(ids, cells, strict=True)})
    [told] = json.loads(render([run], "json"))["runs"]
    assert told["averages"] == {"sts": 78.49}


def test_json_tells_failures():
    run = sample_run({"STS12": 0.5}, "STS12 STS13", failures={"STS13": ModelError("no weights")})
    [told] = json.loads(render([run], "json"))["runs"]
    assert list(told["tasks"]) == ["STS12"]
    assert told["failures"] == {"STS13": "no weights"}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_json_keeps_a_name_as_it_is(name: str):
    [told] = json.loads(render([named(name)], "json"))["runs"]
    assert told["model"] == name
    assert told["tasks"]["STS12"]["model"]["card"]["prompt"] == name


def test_json_of_no_runs():
    assert json.loads(render([], "json")) == {"schema_version": 3, "runs": []}


# --- the name of a format -------------------------------------------------------------------------


def test_an_unknown_format_is_refused_with_a_suggestion():
    with pytest.raises(UsageError, match=r"'markdwon' \(did you mean markdown\?\); there are"):
        render([], "markdwon")
