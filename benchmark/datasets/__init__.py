"""Where sentences come from: catalogue, places, download, verification, readers."""

from typing import TYPE_CHECKING

from benchmark.deferred import deferred

if TYPE_CHECKING:
    from benchmark.datasets.catalogue import Catalogue, Dataset, Part, load_catalogue
    from benchmark.datasets.files import LoadedData
    from benchmark.datasets.splits import SentencePairs
else:
    __getattr__ = deferred(
        __name__,
        catalogue="Catalogue Dataset Part load_catalogue",
        files="LoadedData",
        splits="SentencePairs",
    )

__all__ = ["Catalogue", "Dataset", "LoadedData", "Part", "SentencePairs", "load_catalogue"]
