"""Files of word vectors: every form gives the same vectors, by the rules that were asked for."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmark import evaluate
from benchmark.encoders import Encoder, build_encoder, parse_reference
from benchmark.errors import ModelError, UsageError
from benchmark.options import EncoderOptions
from tests.checkpoints import SENTENCES
from tests.encoders.static.words import FORMS, VECTORS, WORDS, write_glove, write_word2vec
from tests.oracles import words as oracle

SPOKEN = (*SENTENCES, "", "zzz", "the the the", "A.  b\tc\n", ". . .", "é Straße", "the zzz cat")


def encoder_of(path: Path, **options: Any) -> Encoder:
    return build_encoder(parse_reference(f"words:{path}"), "sts", EncoderOptions(**options))


def means(split: Callable[[str], list[str]]) -> NDArray[np.float64]:
    return np.stack([oracle.plain_mean(split(sentence), VECTORS) for sentence in SPOKEN])


def lowered(sentence: str) -> list[str]:
    return sentence.lower().split()


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_mean_of_its_words(form: str, tmp_path: Path):
    encoder = encoder_of(FORMS[form](tmp_path))
    np.testing.assert_allclose(encoder.encode(SPOKEN), means(lowered), atol=1e-6)
    assert encoder.card.adapter == "word-vectors"
    assert (encoder.card.pooler, encoder.card.rules) == ("avg_words", ("lower",))


@pytest.mark.parametrize("form", FORMS)
def test_gensim_reads_the_same_numbers(form: str, tmp_path: Path):
    """gensim's rule for numbers of text: as Python reads them, then float32."""
    encoder = encoder_of(FORMS[form](tmp_path))
    found = encoder.encode(WORDS)
    theirs = [np.array(VECTORS[word], np.float32) for word in WORDS]
    np.testing.assert_array_equal(found, np.stack(theirs))


def test_the_first_of_two_counts(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    path = tmp_path / "v.txt"
    path.write_text("the 1 2\ncat 3 4\nthe 5 6\n")
    with caplog.at_level("INFO"):
        found = encoder_of(path).encode(["the", "cat"])
    assert found.tolist() == [[1, 2], [3, 4]]
    assert "1 words come again" in caplog.text


def test_words_with_blanks_are_no_words_of_a_sentence(tmp_path: Path):
    path = tmp_path / "v.txt"
    path.write_text("the 1 2\n. . . 3 4\nat name@domain.com 5 6\n. 7 8\n")
    assert encoder_of(path).encode(["the", ". . .", "at"]).tolist() == [[1, 2], [7, 8], [0, 0]]


def test_other_spaces_are_letters_of_a_word(tmp_path: Path):
    """Lines end at line feeds and words at blanks: U+0085 and U+00A0 stand in real vocabularies."""
    path = tmp_path / "v.txt"
    path.write_text("a\x85b 1 2\nc\xa0d 3 4\nthe 5 6\r\n", "utf-8", newline="")
    assert encoder_of(path).encode(["the"]).tolist() == [[5, 6]]


# --- rules ----------------------------------------------------------------------------------------


def test_case_goes_by_the_vocabulary(tmp_path: Path):
    path = tmp_path / "v.txt"
    path.write_text("the 1 2\nThe 3 4\n")
    cased = encoder_of(path)
    assert cased.card.rules == ("as_is",)
    assert cased.encode(["The", "THE", "the"]).tolist() == [[3, 4], [0, 0], [1, 2]]
    lower = encoder_of(path, word_rules="lower")
    assert lower.encode(["The", "THE", "the"]).tolist() == [[1, 2]] * 3
    assert lower.card.fingerprint != cased.card.fingerprint


def test_rules_leave_words_out(tmp_path: Path):
    path, stop = write_glove(tmp_path), tmp_path / "stop.txt"
    stop.write_text("the\na\n\n")
    encoder = encoder_of(path, word_rules=f"lower, drop_punctuation,stop:{stop}")
    left = {"the", "a", ".", ",", "!", "?"}
    wanted = means(lambda text: [word for word in lowered(text) if word not in left])
    np.testing.assert_allclose(encoder.encode(SPOKEN), wanted, atol=1e-6)
    assert encoder.card.rules[:2] == ("lower", "drop_punctuation")
    before = encoder.card.fingerprint
    stop.write_text("the\n")
    assert (
        encoder_of(path, word_rules=f"lower,drop_punctuation,stop:{stop}").card.fingerprint
        != before
    )


def test_a_vocabulary_that_knows_few_words(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    path = write_glove(tmp_path)
    known, unknown = ["the cat"] * 400, ["zzz"] * 300
    encoder = encoder_of(path)
    encoder.encode(["zzz"] * 10 + ["the"] * 90)
    encoder.encode(["the"] * 1000)
    assert not caplog.records
    for _ in range(2):
        encoder_of(path).encode(["zzz"])
    encoder = encoder_of(path)
    for _ in range(2):
        encoder.encode(known + unknown)
    said = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert len(said) == 1
    assert said[0].startswith("glove.txt: 27% of 1,100 words have no vector and are left out")


# --- weights --------------------------------------------------------------------------------------

COUNTS = {"the": 1000, "a": 700, ".": 650, "cat": 12, "guitar": 3, "unknown": 9, "man": 2.5}


def weighted(name: str, parameter: float, probability: dict[str, float]) -> NDArray[np.float64]:
    formula = {"sif": oracle.sif, "usif": oracle.usif}[name]
    rows = [formula(lowered(text), VECTORS, probability, parameter) for text in SPOKEN]
    return np.stack(rows)


@pytest.mark.parametrize("weights", ["sif:0.001", "sif:1e-1", "usif:2", "usif:3"])
@pytest.mark.parametrize("listed", [False, True])
def test_weights_are_those_of_the_papers(weights: str, listed: bool, tmp_path: Path):
    counts = tmp_path / "counts.txt"
    counts.write_text("".join(f"{word} {count}\n" for word, count in COUNTS.items()))
    path = write_glove(tmp_path)
    encoder = encoder_of(path, word_weights=f"{weights}:{counts}" if listed else weights)
    name, _, number = weights.partition(":")
    probability = oracle.counted(COUNTS) if listed else oracle.zipf(WORDS)
    wanted = weighted(name, float(number), probability)
    found = encoder.encode(SPOKEN)
    np.testing.assert_allclose(found, wanted, atol=1e-5 * np.abs(wanted).max())
    assert encoder.card.pooler is not None
    assert encoder.card.pooler.startswith(f"{name}:{float(number):g}@")
    assert encoder.card.pooler.endswith("@zipf") != listed
    alone = np.concatenate([encoder.encode([text]) for text in SPOKEN])
    np.testing.assert_array_equal(found, alone)


def test_lists_are_known_by_their_content(tmp_path: Path):
    path, counts = write_glove(tmp_path), tmp_path / "counts.txt"
    prints = set()
    for text in ("the 5\ncat 1\n", "the\t5\ncat\t2\n"):
        counts.write_text(text)
        prints.add(encoder_of(path, word_weights=f"sif:0.001:{counts}").card.fingerprint)
    prints |= {encoder_of(path, word_weights=f"sif:{a}").card.fingerprint for a in (0.001, 0.01)}
    assert len({*prints, encoder_of(path).card.fingerprint}) == 5


# --- bags -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [None, "sif:0.001", "usif:3"])
def test_one_bag_has_one_vector(weights: str | None, tmp_path: Path):
    encoder = encoder_of(write_glove(tmp_path), word_weights=weights)
    words = SENTENCES[2].split()
    turned = [" ".join(words[place:] + words[:place]) for place in range(len(words))]
    assert len({row.tobytes() for row in encoder.encode(turned)}) == 1


# --- the road -------------------------------------------------------------------------------------


def test_a_run_and_its_signature(tmp_path: Path):
    path = write_word2vec(tmp_path, "v.bin", binary=True)
    run = evaluate(f"words:{path}", "DemoSTS", word_weights="sif:0.001", word_rules="lower")
    signature = run["DemoSTS"].signature
    assert "adapter:word-vectors/1|pool:sif:0.001@zipf|" in signature
    assert "rules:lower" in signature


def test_the_file_changed_while_it_was_used(tmp_path: Path):
    path = write_glove(tmp_path)
    encoder = encoder_of(path)
    encoder.encode(["the cat"])
    path.write_text(path.read_text().replace("the ", "teh "))
    with pytest.raises(ModelError, match="changed while it was being read"):
        encoder.encode(["a man"])


# --- refused --------------------------------------------------------------------------------------

LINE = "the 1 2\n"
TEXTS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no file of word vectors"),
    "marked": (b"\xef\xbb\xbfa 1 2\nb 3 4\n", "begins with a byte order mark"),
    "marked, with a head": (b"\xef\xbb\xbf1 2\na 1 2\n", "begins with a byte order mark"),
    "in 16 bits": ("a 1 2\n".encode("utf-16"), "begins with a byte order mark"),
    "prose": (b"Once\nupon a time\n", "no file of word vectors"),
    "short": (b"the 1 2\ncat 3\n", "line 2: holds 1 numbers behind its word, where 2 are expected"),
    "short, with a header": (b"2 2\nthe 1 2\ncat 3\n", "line 3: holds 1 numbers"),
    "two lines in one": (b"the 1 2\ncat 3 4 dog 5 6\n", "line 2: holds 5 numbers"),
    "cut": (b"3 2\nthe 1 2\ncat 3 4\n", "its first line says 3 words, and there are 2"),
    "longer": (b"1 2\nthe 1 2\ncat 3 4\n", "its first line says 1 words, and there are 2"),
    "blanks behind a header": (b"1 2\nthe the 1 2\n", "line 2: holds 3 numbers"),
    "no number": (b"a 1 2\nthe 1 x\n", "line 2: "),
    "not a number": (b"a 1 2\nthe 1 nan\n", "line 2: not all of its numbers are finite"),
    "infinite": (b"a 1 2\nthe 1 1e999\n", "line 2: not all of its numbers are finite"),
    "beyond float32": (b"a 1 2\nthe 1 1e39\n", "line 2: not all of its numbers are finite"),
    "empty line": (b"a 1 2\n\nthe 1 2\n", "line 2: is empty"),
    "another encoding": (b"a 1 2\ncaf\xe9 1 2\n", r"line 2: its word .* is not UTF-8"),
    "fastText's own": (b"\xba\x16\x4f\x2f\x0c\0\0\0", "give its text form"),
    "too wide": (b"1 999999999\na 1\n", "no file of word vectors"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_damage_is_one_line_that_says_where(name: str, tmp_path: Path):
    content, words = TEXTS[name]
    (tmp_path / "v.txt").write_bytes(content)
    with pytest.raises(ModelError, match=words) as caught:
        encoder_of(tmp_path / "v.txt").encode(["the"])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [5, 30, -2, -50])
def test_a_binary_file_that_was_cut(size: int, tmp_path: Path):
    path = write_word2vec(tmp_path, "v.bin", binary=True)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ModelError, match=r"ends there|no file of word vectors"):
        encoder_of(path).encode(["the"])


def test_a_binary_file_with_more(tmp_path: Path):
    path = write_word2vec(tmp_path, "v.bin", binary=True)
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(ModelError, match="goes on behind"):
        encoder_of(path).encode(["the"])


def test_a_last_line_without_an_end_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """It may be a number that was cut: 0.1 of 0.123."""
    path = write_glove(tmp_path)
    encoder_of(path).encode([])
    assert not caplog.records
    path.write_bytes(path.read_bytes()[:-2])
    encoder_of(path).encode([])
    assert "its last line has no end" in caplog.text


def test_archives_that_are_none(tmp_path: Path):
    whole = gzip.compress(write_glove(tmp_path).read_bytes())
    (tmp_path / "cut.txt.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "odd.txt.gz").write_bytes(b"the 1 2\n")
    (tmp_path / "odd.zip").write_bytes(b"the 1 2\n")
    for name in ("cut.txt.gz", "odd.txt.gz", "odd.zip"):
        with pytest.raises(ModelError, match=f"{name}: cannot be read"):
            encoder_of(tmp_path / name).encode(["the"])


def test_an_archive_of_several_files(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
        archive.writestr("v.50d.txt", LINE)
        archive.writestr("v.100d.txt", LINE)
    with pytest.raises(ModelError, match=r"holds 2 files \(v.50d.txt, v.100d.txt\)"):
        encoder_of(tmp_path / "v.zip")


def test_a_small_file_that_becomes_a_large_one(tmp_path: Path):
    (tmp_path / "v.txt.gz").write_bytes(gzip.compress(LINE.encode() * 10**6))
    with pytest.raises(ModelError, match="more than 30 times as large"):
        encoder_of(tmp_path / "v.txt.gz").encode(["the"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"word_rules": "upper"}, "there is no rule 'upper'; choose from lower, as_is"),
        ({"word_rules": ""}, "there is no rule ''"),
        ({"word_rules": "lower,as_is"}, "lower and as_is are opposites"),
        ({"word_rules": "stop:nowhere"}, "`word_rules` stop:nowhere: cannot be read"),
        ({"word_weights": "tfidf"}, "`word_weights` tfidf: sif:A or usif:N"),
        ({"word_weights": "sif"}, "sif:A or usif:N"),
        ({"word_weights": "sif:-1"}, "sif:A or usif:N"),
        ({"word_weights": "sif:nan"}, "sif:A or usif:N"),
        ({"word_weights": "sif:0.1:nowhere"}, "cannot be read"),
        ({"pooler": "avg"}, "`pooler` avg: words:"),
        ({"max_length": 5}, "`max_length` 5: words:"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], words: str, tmp_path: Path):
    path = write_glove(tmp_path)
    with pytest.raises(UsageError, match=words):
        encoder_of(path, **options)


@pytest.mark.parametrize(
    "text", ["the\n", "the x\n", "the -1\n", "the 0\n", "5\n", "\n", "the inf"]
)
def test_a_list_that_is_none(text: str, tmp_path: Path):
    (tmp_path / "counts.txt").write_text(text)
    with pytest.raises(UsageError, match=r"a word and its count|holds no counts"):
        encoder_of(write_glove(tmp_path), word_weights=f"sif:1:{tmp_path / 'counts.txt'}")


def test_too_few_words_for_usif(tmp_path: Path):
    (tmp_path / "v.txt").write_text(LINE)
    with pytest.raises(UsageError, match="too few words for uSIF"):
        encoder_of(tmp_path / "v.txt", word_weights="usif:11").encode(["the"])


def test_other_encoders_have_no_words():
    with pytest.raises(UsageError, match="`word_weights` sif:1: glove-6b-50d has no such setting"):
        build_encoder(parse_reference("glove-6b-50d"), "sts", EncoderOptions(word_weights="sif:1"))
