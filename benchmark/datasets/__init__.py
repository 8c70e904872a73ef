"""Where sentences come from: catalogue, places, download, verification, readers."""

from benchmark.datasets.catalogue import Catalogue, Dataset, Part, load_catalogue
from benchmark.datasets.load import LoadedData
from benchmark.datasets.pairs import SentencePairs

__all__ = ["Catalogue", "Dataset", "LoadedData", "Part", "SentencePairs", "load_catalogue"]
