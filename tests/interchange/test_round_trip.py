"""Out and in again: the same six decimals, and MTEB's own program in between."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.interchange import mteb_files, quoted_files, read_tree, write_files
from tests.interchange import mteb_results
from tests.interchange.mteb_results import FORMS, MINILM, write_result
from tests.interchange.stored import MEASURED, publication

REFUSED_BY_MTEB = (
    mteb_results.p_values_alone,
    mteb_results.without_main_score,
    mteb_results.hybrid_entry,
)
"""Forms without a main score, which mteb 2.26 asks for unless the layout is that of 2022."""

SAME = ["STS12", "STS13", "STS14", "STS15", "STS16"]
RAW = ["STS-B/mteb", "SICK-R/mteb", "STS17/en-en", "STS17/en-ar", "STSB-multi/de", "STSB-multi/zh"]


def exported(folder: Path, scores: dict[str, float], named: str | None = None) -> Path:
    """Return the folder of one model in a tree that was written from records."""
    files, _ = mteb_files(publication(folder / "records", scores, named))
    return write_files(folder / "tree", files)[0].parent


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.sampled_from(SAME + RAW), st.floats(-1, 1), min_size=1))
def test_what_goes_out_comes_back_at_six_decimals(
    tmp_path_factory: pytest.TempPathFactory, scores: dict[str, float]
):
    folder = tmp_path_factory.mktemp("round")
    exported(folder, scores)
    tree = read_tree([folder / "tree"])
    assert not tree.errors
    assert not tree.omissions
    [file], _ = quoted_files(tree)
    table = tomllib.loads(file.content.decode(), parse_float=Decimal)
    [row] = table["rows"]
    assert row["model"] == "org/tiny-bert"
    assert row["revision"] == "0123456789abcdef0123456789abcdef01234567"
    back = dict(zip(table["columns"], row["scores"], strict=True))
    assert back.keys() == scores.keys()
    for task, score in scores.items():
        assert abs(float(back[task]) - 100 * score) <= 0.51e-4
        assert back[task] == Decimal(repr(round(score, 6))).scaleb(2)


@pytest.mark.mteb
class TestMteb:
    """MTEB's own loader reads what we write, and reads the forms as we do."""

    @pytest.fixture(autouse=True)
    def _mteb(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        pytest.importorskip("mteb")

    def test_a_file_is_valid_and_complete_for_its_task(self, tmp_path: Path):
        from mteb.results import TaskResult

        folder = exported(tmp_path, MEASURED)
        for task in SAME:
            result = TaskResult.from_disk(folder / f"{task}.json", load_historic_data=False)
            assert result.validate_and_filter_scores().get_score() == round(MEASURED[task], 6)
            assert result.task.metadata.main_score == "cosine_spearman"
            assert result.task.metadata.revision == result.dataset_revision
            assert result.get_missing_evaluations(result.task) == {}

    def test_subsets_are_valid_too(self, tmp_path: Path):
        from mteb.results import TaskResult

        folder = exported(
            tmp_path, {"STS17/en-ar": -0.04, "STS17/es-es": 0.76, "STSB-multi/de": 0.6}
        )
        for task, expected in {
            "STS17": {"en-ar": -0.04, "es-es": 0.76},
            "STSBenchmarkMultilingualSTS": {"de": 0.6},
        }.items():
            result = TaskResult.from_disk(folder / f"{task}.json", load_historic_data=False)
            assert result.task.metadata.revision == result.dataset_revision
            known = result.task.metadata.hf_subsets_to_langscripts
            for entry in result.scores["test"]:
                assert entry["languages"] == known[entry["hf_subset"]]
            assert {e["hf_subset"]: e["main_score"] for e in result.scores["test"]} == expected

    def test_the_tree_is_one_of_its_result_caches(self, tmp_path: Path):
        from mteb.cache import ResultCache

        exported(tmp_path, MEASURED)
        cache = ResultCache(cache_path=tmp_path / "tree")
        loaded = cache.load_results(include_remote=False, validate_and_filter=True)
        [model] = loaded.model_results
        assert model.model_name == "org/tiny-bert"
        assert model.model_revision == "0123456789abcdef0123456789abcdef01234567"
        shown = loaded.to_dataframe().set_index("task_name")["org/tiny-bert"]
        assert dict(shown) == {task: round(MEASURED[task], 6) for task in SAME}

    def test_the_description_is_a_valid_one(self, tmp_path: Path):
        from mteb.models.model_meta import ModelMeta

        folder = exported(tmp_path, {"STS12": 0.5}, named="org/tiny-bert")
        meta = ModelMeta.model_validate_json_resolved((folder / "model_meta.json").read_bytes())
        assert (meta.name, meta.max_tokens, meta.framework) == ("org/tiny-bert", 512, ["PyTorch"])

    def test_what_it_writes_again_is_read_by_us(self, tmp_path: Path):
        from mteb.results import TaskResult

        folder = exported(tmp_path, MEASURED)
        for task in SAME:
            TaskResult.from_disk(folder / f"{task}.json").to_disk(folder / f"{task}.json")
        found = read_tree([tmp_path / "tree"]).results
        assert {entry.score.task: float(entry.score.spearman) for entry in found} == {
            task: round(MEASURED[task], 6) for task in SAME
        }

    @pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
    def test_it_reads_the_forms_as_we_do(self, tmp_path: Path, form):
        from mteb.results import TaskResult

        path = write_result(tmp_path, form("STS15", MINILM["STS15"]), "STS15")
        [ours] = read_tree([path]).results
        if form in REFUSED_BY_MTEB:
            with pytest.raises(ValueError, match="main_score"):
                TaskResult.from_disk(path)
            return
        main = TaskResult.from_disk(path).scores["test"][0]["main_score"]
        assert main is None or main == pytest.approx(float(ours.score.spearman), abs=1e-12)
