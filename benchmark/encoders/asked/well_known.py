"""Hub ids that people leave the organisation out of, for suggestions.

The first models of the hub had none; they moved into organisations, and the short names live on in
papers and scripts. The names of sentence-transformers are short in its own documentation.
"""

from __future__ import annotations

from collections.abc import Mapping

_IDS = """
albert/albert-base-v1 albert/albert-base-v2 albert/albert-large-v2 albert/albert-xlarge-v2
albert/albert-xxlarge-v2 almanach/camembert-base distilbert/distilbert-base-cased
distilbert/distilbert-base-multilingual-cased distilbert/distilbert-base-uncased
distilbert/distilgpt2 distilbert/distilroberta-base FacebookAI/roberta-base
FacebookAI/roberta-large FacebookAI/roberta-large-mnli FacebookAI/xlm-roberta-base
FacebookAI/xlm-roberta-large google-bert/bert-base-cased google-bert/bert-base-chinese
google-bert/bert-base-german-cased google-bert/bert-base-multilingual-cased
google-bert/bert-base-multilingual-uncased google-bert/bert-base-uncased
google-bert/bert-large-cased google-bert/bert-large-uncased
google-bert/bert-large-uncased-whole-word-masking google-t5/t5-base google-t5/t5-large
google-t5/t5-small openai-community/gpt2 openai-community/gpt2-large
openai-community/gpt2-medium openai-community/gpt2-xl openai-community/openai-gpt
sentence-transformers/all-distilroberta-v1 sentence-transformers/all-MiniLM-L12-v2
sentence-transformers/all-mpnet-base-v2 sentence-transformers/all-roberta-large-v1
sentence-transformers/average_word_embeddings_glove.6B.300d sentence-transformers/LaBSE
sentence-transformers/multi-qa-mpnet-base-dot-v1
sentence-transformers/paraphrase-MiniLM-L6-v2
sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2
sentence-transformers/paraphrase-multilingual-mpnet-base-v2 xlnet/xlnet-base-cased
xlnet/xlnet-large-cased
"""

FULL_IDS: Mapping[str, str] = {name.partition("/")[2]: name for name in _IDS.split()}
"""The id by the name without its organisation."""
