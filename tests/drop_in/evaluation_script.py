"""A script as SimCSE's and DiffCSE's evaluation.py are, for an encoder without files.

It knows nothing of this project: it is run with the drop-in's folder as PATH_TO_SENTEVAL.
"""
# ruff: noqa: B006, E402, UP031  (the manners of such scripts)

import argparse
import logging
import sys
import zlib

import numpy as np
import torch

parser = argparse.ArgumentParser()
parser.add_argument("--path_to_senteval", required=True)
parser.add_argument("--path_to_data", required=True)
parser.add_argument("--mode", choices=["dev", "test", "fasttest"], default="test")
parser.add_argument("--tasks", nargs="+", required=True)
parser.add_argument("--unverified_data", action="store_true")
args = parser.parse_args()

logging.basicConfig(format="%(asctime)s : %(message)s", level=logging.DEBUG)
sys.path.insert(0, args.path_to_senteval)
import senteval

STS = ["STS12", "STS13", "STS14", "STS15", "STS16", "STSBenchmark", "SICKRelatedness"]
TRANSFER = ["MR", "CR", "SUBJ", "MPQA", "SST2", "TREC", "MRPC"]


def print_table(names, scores):
    print("| " + " | ".join(names) + " |")
    print("| " + " | ".join(scores) + " |")


def word_vector(word, known={}):
    if word not in known:
        known[word] = np.random.default_rng(zlib.crc32(word.encode())).normal(size=16)
    return known[word]


def prepare(params, samples):
    params.words = {word for sample in samples for word in sample}


def batcher(params, batch):
    assert len(batch) <= params.batch_size
    rows = []
    for sentence in batch:
        total = np.zeros(16)
        for word in sentence:
            assert word in params.words
            total += word_vector(word)
        rows.append(total / max(1, len(sentence)))
    return torch.tensor(np.array(rows), dtype=torch.float32)


if args.mode == "test":
    params = {"task_path": args.path_to_data, "usepytorch": True, "kfold": 10}
    params["classifier"] = {
        "nhid": 0, "optim": "adam", "batch_size": 64, "tenacity": 5, "epoch_size": 4
    }  # fmt: skip
else:
    params = {"task_path": args.path_to_data, "usepytorch": True, "kfold": 5}
    params["classifier"] = {
        "nhid": 0, "optim": "rmsprop", "batch_size": 128, "tenacity": 3, "epoch_size": 2
    }  # fmt: skip
if args.unverified_data:
    params["unverified_data"] = True

results = {}
for task in args.tasks:
    se = senteval.engine.SE(params, batcher, prepare)
    results[task] = se.eval(task)

print("------ %s ------" % args.mode)


def sts_score(task):
    if args.mode == "dev":
        return results[task]["dev"]["spearman"][0]
    if task.startswith("STS1"):
        return results[task]["all"]["spearman"]["all"]
    return results[task]["test"]["spearman"].correlation


accuracy = "devacc" if args.mode == "dev" else "acc"
columns = ["STSBenchmark", "SICKRelatedness"] if args.mode == "dev" else STS
scores = ["%.2f" % (sts_score(task) * 100) if task in results else "0.00" for task in columns]
print_table([*columns, "Avg."], [*scores, "%.2f" % (sum(float(s) for s in scores) / len(scores))])
scores = ["%.2f" % results[task][accuracy] if task in results else "0.00" for task in TRANSFER]
print_table([*TRANSFER, "Avg."], [*scores, "%.2f" % (sum(float(s) for s in scores) / len(scores))])
