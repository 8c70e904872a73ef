"""Options as SentEval, SimCSE, MTEB, sentence-transformers and others call them; what is ours."""

from __future__ import annotations

_BATCH = "--batch-tokens N, which counts tokens, not sentences"
_LENGTH = "--max-length N"
_DIMENSIONS = "--steps truncate:N, which keeps the first N dimensions"
_POOLER = "--pooler NAME (cls, avg, max, last_token ...)"
_OUTPUT = "--output-dir FOLDER for records; the table is on standard output"
_PRECISION = "--precision NAME (float32, bfloat16, float16, int8, 8bit, 4bit)"
_TASKS = "--tasks NAMES; --list-tasks has them all"
_MODEL = "--model NAME, FOLDER or ORG/NAME; several are separated by blanks"
_PART = "--tasks demo for a quick try; a score on a part of a task would be another score"
_SEED = "nothing, the protocol fixes what is drawn"
_SAYS = "nothing, progress is on standard error; --quiet leaves it out, --debug adds tracebacks"
_LANGUAGE = "--tasks with the tasks of that language; --list-tasks has them all"
_WORKERS = "--workers N, a copy of the encoder each"
_CUDA = "--device cuda (cuda:1 for the second GPU)"
_CPU = "--device cpu"
_CACHE = "BENCHMARK_CACHE_DIR=FOLDER in the environment"
_DATA = "--data-dir FOLDER, or --tasks FILE for a table of your own"
_PROMPT = "--prompt TEXT, or --prompt-name NAME of one that the model brings"
_MODE = (
    "--protocol NAME (senteval-fast is SimCSE's fasttest); a development set is a task, --tasks "
    "sts-dev"
)
_AGAIN = "--overwrite"
_NORMALIZE = "--steps normalize; no cosine changes by it"
_SPLIT = "--tasks: another split is another task (sts-dev); --list-tasks has them all"
_METRIC = "nothing, the protocol has one; records hold others beside it"
_TOKEN = "hf auth login, or HF_TOKEN=TOKEN in the environment"  # noqa: S105 - no token
_KEY = "the key in the environment, see docs/add-a-service-encoder.md"
_ADDRESS = "--model openai:MODEL@http://host:port/v1, tei:http://host:port or ollama:MODEL"
_KEPT = "nothing, what each pair or sample got is kept beside its record"
_ADAPTER = "--model FOLDER of the adapter, which names its base"

_GROUPS: dict[str, str] = {
    "batch-size eval-batch-size encode-batch-size bs per-device-eval-batch-size": _BATCH,
    "max-seq-length max-seq-len max-sequence-length max-len max-tokens seq-length": _LENGTH,
    "dimensions dimension dim dims truncate truncate-dim embedding-dim matryoshka": _DIMENSIONS,
    "pooling pooling-mode pooling-method pooling-strategy pooling-type pooler-type pool": _POOLER,
    "output out output-path output-folder output-file results results-dir save-dir o": _OUTPUT,
    "fp16 bf16 half float16 bfloat16 dtype torch-dtype amp int8 quantize": _PRECISION,
    "quantization load-in-8bit load-in-4bit model-dtype": _PRECISION,
    "task task-name task-names task-set task-type task-types benchmark benchmarks t": _TASKS,
    "dataset datasets transfer-tasks": _TASKS,
    "models model-name model-path model-id model-name-or-path model-args m": _MODEL,
    "checkpoint checkpoints encoder pretrained": _MODEL,
    "limit max-samples num-samples max-examples sample subset": _PART,
    "seed seeds random-seed": _SEED,
    "verbose verbosity log-level loglevel v": _SAYS,
    "language languages lang langs eval-langs": _LANGUAGE,
    "num-workers num-proc nproc gpus num-gpus n-gpu multi-gpu processes": _WORKERS,
    "cuda gpu gpu-id use-cuda use-gpu": _CUDA,
    "cpu no-cuda no-gpu use-cpu": _CPU,
    "cache-dir cache-folder cache": _CACHE,
    "data data-path path-to-data dataset-path task-path path": _DATA,
    "instruction instructions instruct prefix query-prefix query-prompt query-instruction": _PROMPT,
    "prompts": _PROMPT,
    "prompt-template": "--template TEXT",
    "mode": _MODE,
    "classifier nhid kfold optim tenacity epoch-size": _MODE,
    "force overwrite-results overwrite-strategy overwrite-output-dir no-resume": _AGAIN,
    "normalize normalize-embeddings normalise": _NORMALIZE,
    "whiten whitening": "--steps whiten, or whiten:N",
    "json csv latex markdown output-format": "--format NAME (table, markdown, latex, csv, json)",
    "split splits eval-split eval-splits": _SPLIT,
    "metric metrics similarity similarity-fn similarity-fn-name score-function": _METRIC,
    "list list-benchmarks ls": "--list-tasks or --list-models",
    "token hf-token auth-token use-auth-token": _TOKEN,
    "api-key key": _KEY,
    "api-base base-url url endpoint": _ADDRESS,
    "log-samples save-predictions predictions": _KEPT,
    "peft lora adapter-path adapter-name": _ADAPTER,
    "layer layers": "--pooler NAME@LAYERS (avg@-2, avg@1,-1)",
    "tokenizer tokenizer-name": "nothing, a checkpoint has its own",
}
"""Names without dashes in front, and what to type instead."""

_OURS = {name: ours for names, ours in _GROUPS.items() for name in names.split()}

_VALUES = {
    **dict.fromkeys(("fp16", "half", "f16"), "float16"),
    "bf16": "bfloat16",
    **dict.fromkeys(("fp32", "f32", "full"), "float32"),
    **dict.fromkeys(("gpu", "nvidia"), "cuda"),
    **dict.fromkeys(("md", "github"), "markdown"),
    "tex": "latex",
    "text": "table",
}
"""Values of options, as others call them."""


def ours_for(option: str) -> str | None:
    """Return what to type instead of an option of others; None for one that is not known.

    >>> ours_for("--max_seq_length=128")
    '--max-length N'
    """
    name = option.partition("=")[0].strip("-").lower().replace("_", "-")
    return _OURS.get(name)


def ours_for_value(value: str) -> str | None:
    """Return what we call a value that others call so; None for one that is not known."""
    return _VALUES.get(value.lower())
