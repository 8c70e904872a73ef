"""How many rows the tables of methods and models' lists have, and which averages are no means."""

from __future__ import annotations

ROWS_OF_PAPERS = {
    # 2020 and 2021
    "sbert-wk": 7,
    "consert": 12,
    "ct-repository": 12,
    "defsent": 12,
    "mirror-bert": 4,
    # 2022
    "cards": 2,
    "distilcse": 3,
    "ease": 2,
    "ease-multilingual": 2,
    "esimcse": 4,
    "gense": 2,
    "gsinfonce": 4,
    "hyu-reruns": 5 + 2,
    "infocse": 3,
    "mcse": 4,
    "mocose": 1,
    "nonling-cse": 4,
    "pcl": 4,
    "pcl-transfer": 4,
    "promcse": 3,
    "promptbert": 4 + 1,
    "scd": 2,
    "scd-transfer": 2,
    "simple-simcse": 4 * 3,
    "thread-reruns": 6,
    "trans-encoder": 8 + 4,
    # 2023
    "claif": 6,
    "clusterns": 7,
    "distillcse": 16,
    "is-cse": 4,
    "prompteol": 8 + 7,
    "syncse": 3,
    "synwmd": 13 - 1,
    "v-advcse": 1,
    "whitenedcse": 2,
    # 2024 and 2025
    "angle": 4 + 2,
    "bellm": 1,
    "cacse": 4,
    "cot-bert": 2,
    "cot-bert-quotations": 12 - 5,
    "denosent": 1 + 6,
    "denosent-mteb": 6,
    "pcc-tuning": 16,
    "sts-regression": 15 + 2,
    "tncse": 8,
    "tncse-sts17": 10,
    "tncse-sts22": 10 + 1,
    "token-prepending": 19,
    "token-prepending-transfer": 6,
}

NOT_THE_MEAN_OF_PAPERS = {
    # Means over training runs, of the average too.
    ("promptbert", "PromptBERT-base"): ("78.54", "78.52"),
    # A score or the average is printed wrong; which, nobody says.
    ("hyu-reruns", "sup. ConSERT-BERT-base (joint)"): ("76.49", "75.06"),
    ("hyu-reruns", "SimCSE-BERT-base"): ("76.14", "75.62"),
    ("sts-regression", "sup. PromCSE-BERT-base"): ("81.81", "81.66"),
    ("tncse-sts22", "InfoCSE-BERT-base"): ("26.48", "28.06"),
    ("tncse-sts22", "TNCSE-BERT-base (distilled)"): ("38.95", "38.99"),
    # Each column by itself, and the average too.
    ("simple-simcse", "SimCSE-BERT-base (least of 50 seeds)"): ("73.16", "72.51"),
    ("simple-simcse", "SimCSE-BERT-base (greatest of 50 seeds)"): ("76.70", "77.30"),
    ("simple-simcse", "SimCSE-BERT-large (least of 50 seeds)"): ("70.31", "68.91"),
    ("simple-simcse", "SimCSE-BERT-large (greatest of 50 seeds)"): ("77.28", "77.99"),
    ("simple-simcse", "SimCSE-RoBERTa-base (least of 50 seeds)"): ("74.17", "73.77"),
    ("simple-simcse", "SimCSE-RoBERTa-base (greatest of 50 seeds)"): ("75.14", "75.46"),
    ("simple-simcse", "SimCSE-RoBERTa-large (least of 50 seeds)"): ("75.64", "75.00"),
    ("simple-simcse", "SimCSE-RoBERTa-large (greatest of 50 seeds)"): ("77.69", "78.08"),
}
"""By table and label: average as printed, and the mean of the row's scores."""
