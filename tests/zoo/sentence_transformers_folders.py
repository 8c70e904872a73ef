"""What sentence-transformers saves: transformers with modules behind them, and bags of words."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from tests.checkpoints import HIDDEN, SENTENCES
from tests.zoo.animals import Animal
from tests.zoo.architectures import write_architecture, write_causal, write_t5
from tests.zoo.owners import of_sentence_transformers
from tests.zoo.vocabularies import write_tokenizer

Modules = Callable[[Path], Sequence[Any]]
OWNER = "sentence-transformers"


def _drawn(module: Any) -> Any:
    """Fill a module's weights with numbers that say something."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator) * 0.3 + 0.1)
    return module


def _transformer(
    folder: Path, model_type: str = "bert", kind: Any = "wordpiece", **asked: Any
) -> Any:
    from sentence_transformers.sentence_transformer.modules import Transformer

    write_architecture(folder / "base", model_type, kind)
    return Transformer(str(folder / "base"), **asked)


def _pooled(folder: Path, pooling: Any = "mean", **asked: Any) -> list[Any]:
    from sentence_transformers.sentence_transformer.modules import Pooling

    transformer = _transformer(folder, **asked)
    return [transformer, Pooling(transformer.get_embedding_dimension(), pooling)]


def _save(folder: Path, modules: Modules, **settings: Any) -> None:
    from sentence_transformers import SentenceTransformer

    made = list(modules(folder.parent / f"{folder.name}-made"))
    SentenceTransformer(modules=made, device="cpu", **settings).save(str(folder))


def _edit(folder: Path, file: str, **changes: Any) -> None:
    path = folder / file
    content = json.loads(path.read_text("utf-8")) if path.exists() else {}
    path.write_text(json.dumps(content | changes), "utf-8")


def _animal(said: str, modules: Modules, by: str = "transformers", **settings: Any) -> Animal:
    return Animal(
        said,
        OWNER,
        partial(_save, modules=modules, **settings),
        of_sentence_transformers,
        by=by,
    )


def _edited(said: str, write: Callable[[Path], object], **asked: Any) -> Animal:
    vectors = asked.pop("vectors", of_sentence_transformers)
    return Animal(said, OWNER, write, vectors, **asked)


def _dense(folder: Path, activation: Any, width: int = 16, **asked: Any) -> list[Any]:
    from sentence_transformers.base.modules import Dense

    return [*_pooled(folder), _drawn(Dense(HIDDEN, width, activation_function=activation, **asked))]


def _behind(*kinds: str) -> Modules:
    def modules(folder: Path) -> list[Any]:
        from sentence_transformers.base.modules import Dense, Normalize
        from sentence_transformers.sentence_transformer.modules import Dropout, LayerNorm

        made = {
            "norm": Normalize,
            "layer": lambda: _drawn(LayerNorm(HIDDEN)),
            "drop": lambda: Dropout(0.3),
            "dense": lambda: _drawn(Dense(HIDDEN, HIDDEN)),
        }
        return [*_pooled(folder), *(made[kind]() for kind in kinds)]

    return modules


def _with_settings(folder: Path, file: str, **changes: Any) -> None:
    _save(folder, _pooled)
    _edit(folder, file, **changes)


def _with_prompt(folder: Path, *, include: bool, pooling: str = "mean") -> None:
    _save(
        folder,
        partial(_pooled, pooling=pooling),
        prompts={"query": "a man is : ", "STS": "the dog "},
        default_prompt_name="STS",
    )
    _edit(folder, "1_Pooling/config.json", include_prompt=include)


def _limits(
    folder: Path, model_type: str, kind: Any, stated: int | None, tokenizer: int | None
) -> None:
    _save(folder, partial(_pooled, model_type=model_type, kind=kind))
    if stated is not None:
        _edit(folder, "sentence_bert_config.json", max_seq_length=stated)
    if tokenizer is not None:
        _edit(folder, "tokenizer_config.json", model_max_length=tokenizer)


def _old_layout(folder: Path) -> None:
    """As version 0.x and 1.x wrote: the transformer in a folder of its own, older class names."""
    write_architecture(folder / "0_Transformer", "bert", "wordpiece")
    modules = [
        {
            "idx": 0,
            "name": "0",
            "path": "0_Transformer",
            "type": "sentence_transformers.models.Transformer",
        },
        {
            "idx": 1,
            "name": "1",
            "path": "1_Pooling",
            "type": "sentence_transformers.models.Pooling",
        },
    ]
    (folder / "modules.json").write_text(json.dumps(modules), "utf-8")
    flags = {"word_embedding_dimension": HIDDEN, "pooling_mode_mean_tokens": True}
    flags |= {"pooling_mode_cls_token": False, "pooling_mode_max_tokens": False}
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(flags), "utf-8")
    _edit(folder, "0_Transformer/sentence_bert_config.json", max_seq_length=20, do_lower_case=True)


def _words(folder: Path, *behind: str) -> list[Any]:
    from sentence_transformers.sentence_transformer import modules as library
    from sentence_transformers.sentence_transformer.modules.tokenizer import WhitespaceTokenizer

    vocabulary = sorted({word for text in SENTENCES for word in text.lower().split()})
    weights = torch.randn(len(vocabulary), 12, generator=torch.Generator().manual_seed(2)).numpy()
    words = library.WordEmbeddings(WhitespaceTokenizer(vocabulary, do_lower_case=True), weights)
    made: list[Any] = [words]
    width = 12
    for kind in behind:
        if kind == "weights":
            given = {word: 1 / (1 + place) for place, word in enumerate(vocabulary)}
            made.append(library.WordWeights(vocabulary, given, 0.5))
        elif kind == "cnn":
            made.append(_drawn(library.CNN(width, 8, [1, 3])))
            width = 16
        elif kind == "lstm":
            made.append(_drawn(library.LSTM(width, 8)))
            width = 16
        else:
            made.append(library.Pooling(width, kind))
    return made


def _bag(_folder: Path) -> list[Any]:
    from sentence_transformers.sentence_transformer.modules import BoW

    vocabulary = sorted({word for text in SENTENCES for word in text.lower().split()})
    return [BoW(vocabulary, dict.fromkeys(vocabulary[::3], 1.5))]


def _static(folder: Path, *, normalized: bool = False) -> list[Any]:
    from sentence_transformers.base.modules import Normalize
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    write_tokenizer(folder / "words", "wordpiece")
    tokenizer = Tokenizer.from_file(str(folder / "words" / "tokenizer.json"))
    rows = torch.randn(tokenizer.get_vocab_size(), 24, generator=torch.Generator().manual_seed(3))
    return [
        StaticEmbedding(tokenizer, embedding_weights=rows),
        *([Normalize()] if normalized else []),
    ]


def _layers(folder: Path) -> list[Any]:
    from sentence_transformers.sentence_transformer.modules import Pooling, WeightedLayerPooling

    transformer = _transformer(folder, config_kwargs={"output_hidden_states": True})
    weighted = WeightedLayerPooling(HIDDEN, num_hidden_layers=3, layer_start=1)
    return [transformer, _drawn(weighted), Pooling(HIDDEN, "mean")]


def _router(folder: Path) -> list[Any]:
    from sentence_transformers.base.modules import Dense, Router

    query = _pooled(folder / "query")
    document = [*_pooled(folder / "document"), _drawn(Dense(HIDDEN, HIDDEN))]
    return [Router.for_query_document(query, document)]


def _t5(folder: Path) -> list[Any]:
    from sentence_transformers.base.modules import Dense, Normalize
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    write_t5(folder / "base", "t5", "EncoderModel")
    dense = _drawn(Dense(HIDDEN, 24, bias=False, activation_function=torch.nn.Identity()))
    return [Transformer(str(folder / "base")), Pooling(HIDDEN, "mean"), dense, Normalize()]


def _decoder(folder: Path, model_type: str, kind: Any) -> list[Any]:
    from sentence_transformers.base.modules import Normalize
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    write_causal(folder / "base", model_type, kind)
    return [Transformer(str(folder / "base")), Pooling(HIDDEN, "lasttoken"), Normalize()]


def _save_clip(folder: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Transformer
    from transformers import (
        CLIPConfig,
        CLIPImageProcessor,
        CLIPModel,
        CLIPProcessor,
        PreTrainedTokenizerFast,
    )

    base = folder.parent / "clip-base"
    write_tokenizer(base, "bytes-eos")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(base)
    text = {"vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 64}
    text |= {"num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 77}
    text |= {"eos_token_id": tokenizer.eos_token_id, "bos_token_id": 5, "pad_token_id": 0}
    seen = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    seen |= {"num_attention_heads": 4, "image_size": 32, "patch_size": 16}
    config = CLIPConfig(text_config=text, vision_config=seen, projection_dim=24)
    torch.manual_seed(0)
    CLIPModel(config).save_pretrained(base)
    CLIPProcessor(CLIPImageProcessor(size=32, crop_size=32), tokenizer).save_pretrained(base)
    SentenceTransformer(modules=[Transformer(str(base))], device="cpu").save(str(folder))


FOLDERS: list[Animal] = [
    *(
        _animal(f"pooling by {mode}", partial(_pooled, pooling=mode))
        for mode in ("mean", "cls", "max", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
    ),
    _animal("pooling by cls and mean", partial(_pooled, pooling=("cls", "mean"))),
    _animal(
        "pooling by lasttoken, max and weightedmean",
        partial(_pooled, pooling=("lasttoken", "max", "weightedmean")),
    ),
    *(
        _animal(f"Dense, {kind}", partial(_dense, activation=getattr(torch.nn, kind)()))
        for kind in ("Tanh", "Identity", "ReLU", "GELU", "Sigmoid", "SiLU", "LeakyReLU", "Softplus")
    ),
    _animal("Dense without bias", partial(_dense, activation=torch.nn.Identity(), bias=False)),
    _animal("Normalize", _behind("norm")),
    _animal("LayerNorm", _behind("layer")),
    _animal("Dropout, Dense", _behind("drop", "dense")),
    _animal("Normalize, Dense, Normalize", _behind("norm", "dense", "norm")),
    _animal("Dense, Dense, LayerNorm", _behind("dense", "dense", "layer")),
    _animal("truncate_dim", _behind("norm"), truncate_dim=8),
    _animal("truncate_dim behind Dense", _behind("dense"), truncate_dim=5),
    _animal("prompts without a default", _pooled, prompts={"query": "a man ", "STS": "dogs "}),
    _animal("a default prompt", _pooled, prompts={"STS": "dogs : "}, default_prompt_name="STS"),
    _edited("a prompt left out of the mean", partial(_with_prompt, include=False)),
    _edited("a prompt left out of cls", partial(_with_prompt, include=False, pooling="cls")),
    _edited(
        "a prompt left out of weightedmean",
        partial(_with_prompt, include=False, pooling="weightedmean"),
    ),
    _edited("similarity by dot product", partial(_save, modules=_pooled, similarity_fn_name="dot")),
    _edited("0_Transformer, lower case, 20 tokens", _old_layout),
    _edited(
        "max_seq_length 12",
        partial(_limits, model_type="bert", kind="wordpiece", stated=12, tokenizer=None),
    ),
    _edited(
        "max_seq_length 30, tokenizer 12",
        partial(_limits, model_type="bert", kind="wordpiece", stated=30, tokenizer=12),
    ),
    _edited(
        "max_seq_length 9999 of learned positions",
        partial(_limits, model_type="bert", kind="wordpiece", stated=9999, tokenizer=None),
    ),
    _edited(
        "tokenizer 12, nothing stated",
        partial(_limits, model_type="bert", kind="wordpiece", stated=None, tokenizer=12),
    ),
    _edited(
        "max_seq_length 9999 of rotary positions",
        partial(_limits, model_type="modernbert", kind="bytes", stated=9999, tokenizer=40),
    ),
    _edited(
        "max_seq_length 12 of relative positions",
        partial(_limits, model_type="xlnet", kind="unigram", stated=12, tokenizer=None),
    ),
    _animal("Qwen3, last token, Normalize", partial(_decoder, model_type="qwen3", kind="qwen2")),
    _animal("Llama, last token, Normalize", partial(_decoder, model_type="llama", kind="spm-bos")),
    _animal("sentence-t5", _t5),
    _animal(
        "ModernBERT, cls", partial(_pooled, pooling="cls", model_type="modernbert", kind="bytes")
    ),
    _animal("StaticEmbedding", _static, by="static-embedding"),
    _animal("StaticEmbedding, Normalize", partial(_static, normalized=True), by="static-embedding"),
    _animal("WeightedLayerPooling", _layers, by=OWNER),
    _animal("Router", _router, by=OWNER),
    _animal("bag of words", _bag, by=OWNER),
    *(
        _animal(
            f"word embeddings, {' and '.join(behind)}",
            lambda folder, behind=behind: _words(folder, *behind),
            by=OWNER,
        )
        for behind in (
            ("mean",),
            ("mean_sqrt_len_tokens",),
            ("weights", "mean"),
            ("cnn", "mean"),
            ("lstm", "mean"),
        )
    ),
    _edited("CLIP", _save_clip, by=OWNER),
    _edited(
        "config_kwargs",
        partial(
            _with_settings,
            file="sentence_bert_config.json",
            config_kwargs={"position_embedding_type": "absolute"},
        ),
        by=OWNER,
    ),
    _edited(
        "processor_kwargs",
        partial(
            _with_settings,
            file="sentence_bert_config.json",
            processor_kwargs={"model_max_length": 10},
        ),
    ),
]
