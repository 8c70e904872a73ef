"""Result files of MTEB in every form that its results repository holds.

The figures are those of all-MiniLM-L6-v2 there (public domain, CC0); the structure is written
here, after a census of the repository's files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

REVISION = "8b3219a92973c328a8e22fadcfa821b5dc75636a"
FOLDER = f"results/sentence-transformers__all-MiniLM-L6-v2/{REVISION}"
MINILM = {
    "STS12": 0.7236899998,
    "STS13": 0.8060316722,
    "STS14": 0.7558912408,
    "STS15": 0.8538961998,
    "STS16": 0.7898945344,
    "STSBenchmark": 0.8203247283,
    "SICK-R": 0.7758245525,
}
DATA = {
    "STS12": "a0d554a64d88156834ff5ae9920b964011b16384",
    "STS13": "7e90230a92c190f1bf69ae9002b8cea547a64cca",
    "STS14": "6031580fec1f6af667f0bd2da0a551cf4f0b2375",
    "STS15": "ae752c7c21bf194d8b67fd573edf7ae58183cbe3",
    "STS16": "4d8694f8f0e0100860b497b999b3dbed754a0513",
    "STSBenchmark": "b0fddb56ed78048fa8b90373c8a3cfc37b684831",
    "SICK-R": "20a6d6f312dd54037fe07a32d58e5e168867909d",
}
EARLIER = {
    "STS12": "fdf84275bb8ce4b49c971d02e84dd1abc677a50f",
    "STS13": "1591bfcbe8c69d4bf7fe2a16e2451017832cafb9",
    "STS14": "e2125984e7df8b7871f6ae9949cf6b6795e7c54b",
    "STS15": "1cd7298cac12a96a373b6a2f18738bb3e739a9b6",
    "STS16": "360a0b2dff98700d09e634a01e1cc1624d3e42cd",
    "STSBenchmark": "8913289635987208e6e7c72789e4be2fe94b6abd",
    "SICK-R": "20a6d6f312dd54037fe07a32d58e5e168867909d",
}
PEARSON = 0.8136

Content = dict[str, Any]


def entry_of(score: float) -> Content:
    """An entry as mteb 1.12 and later write it, without the older keys."""
    return {
        "pearson": PEARSON,
        "spearman": score,
        "cosine_pearson": PEARSON,
        "cosine_spearman": score,
        "manhattan_pearson": 0.8,
        "manhattan_spearman": 0.70,
        "euclidean_pearson": 0.8,
        "euclidean_spearman": 0.71,
        "main_score": score,
        "hf_subset": "default",
        "languages": ["eng-Latn"],
    }


def plain(task: str, score: float, **entry: Any) -> Content:
    """The plain form: CO2 and no date."""
    return {
        "dataset_revision": DATA[task],
        "task_name": task,
        "mteb_version": "1.12.75",
        "scores": {"test": [entry_of(score) | entry]},
        "evaluation_time": 2.4,
        "kg_co2_emissions": None,
    }


def without_co2(task: str, score: float) -> Content:
    """280 files."""
    content = plain(task, score)
    del content["kg_co2_emissions"]
    return content


def with_date_and_phases(task: str, score: float) -> Content:
    """18 files, mteb 2.18: a version for each entry, merged into a range."""
    phase = {"name": "Scoring", "start": 0.0, "end": 1.0, "split": "test", "subset": "default"}
    return plain(task, score, mteb_version="2.12.19") | {
        "mteb_version": "2.12.0-2.12.19",
        "date": 1771000000.5,
        "evaluation_phases": [phase],
    }


def with_legacy_keys(task: str, score: float) -> Content:
    """186 files say it twice."""
    return plain(task, score, cos_sim_spearman=score, cos_sim_pearson=PEARSON)


def only_legacy_keys(task: str, score: float) -> Content:
    """The older key alone."""
    content = plain(task, score)
    content["scores"]["test"] = [
        {"cos_sim_spearman": score, "main_score": score, "hf_subset": "default", "languages": []}
    ]
    return content


def only_spearman(task: str, score: float) -> Content:
    """25 files."""
    content = plain(task, score)
    content["scores"]["test"] = [
        {"spearman": score, "main_score": score, "hf_subset": "default", "languages": ["eng-Latn"]}
    ]
    return content


def with_p_values(task: str, score: float) -> Content:
    """mteb 1.12."""
    return plain(task, score, pearson=[PEARSON, 0.0], spearman=[score, 1e-300])


def p_values_alone(task: str, score: float) -> Content:
    """Nothing but a pair."""
    content = plain(task, score)
    content["scores"]["test"] = [{"spearman": [score, 0.0], "hf_subset": "default"}]
    return content


def without_main_score(task: str, score: float) -> Content:
    """Refused by MTEB's validator, read by its historic converter."""
    content = plain(task, score)
    del content["scores"]["test"][0]["main_score"]
    return content


def with_null_main_score(task: str, score: float) -> Content:
    """What that converter makes of a missing one."""
    return plain(task, score, main_score=None)


def main_score_alone(task: str, score: float) -> Content:
    """What mteb's ``only_main_score`` leaves."""
    content = plain(task, score)
    content["scores"]["test"] = [
        {"main_score": score, "hf_subset": "default", "languages": ["eng-Latn"]}
    ]
    return content


def of_2022(task: str, score: float) -> Content:
    """42 files, mteb 0.0.2 to 1.0."""
    return {
        "dataset_revision": EARLIER[task],
        "mteb_dataset_name": task,
        "mteb_version": "0.0.2",
        "test": {
            "cos_sim": {"pearson": PEARSON, "spearman": score},
            "manhattan": {"pearson": 0.8, "spearman": 0.70},
            "euclidean": {"pearson": 0.8, "spearman": 0.71},
            "evaluation_time": 3.5,
        },
    }


def of_2023_by_subset(task: str, score: float) -> Content:
    """The layout of tasks with languages, for one of them."""
    content = of_2022(task, score)
    content["test"] = {"en": content["test"], "evaluation_time": 3.5}
    return content


def hybrid(task: str, score: float) -> Content:
    """Both layouts in one file."""
    return of_2022(task, score) | plain(task, score)


def hybrid_entry(task: str, score: float) -> Content:
    """New layout, old blocks inside."""
    content = plain(task, score)
    content["scores"]["test"] = [
        {"cos_sim": {"spearman": score}, "hf_subset": "default", "languages": ["eng-Latn"]}
    ]
    return content


FORMS = (
    *(plain, without_co2, with_date_and_phases, with_legacy_keys, only_legacy_keys),
    *(only_spearman, with_p_values, p_values_alone, without_main_score, with_null_main_score),
    *(main_score_alone, of_2022, of_2023_by_subset, hybrid, hybrid_entry),
)


def write_result(folder: Path, content: Content, task: str = "", place: str = FOLDER) -> Path:
    """Write a result into MTEB's tree below this folder."""
    name = task or content.get("task_name") or content["mteb_dataset_name"]
    path = folder / place / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2))
    return path
