"""Do we get the figures that were printed, and if not, by which pooler or aggregation does one?

`reproduce` runs a model as it is documented and holds its scores against the rows that others
published of it (`quotations`). Where they differ, it tries what costs one pass over the layers and
nothing else (`trials`): every pooler, the aggregations of subsets, the correlations. `verdict` says
what came out.
"""

from typing import TYPE_CHECKING

from benchmark.deferred import deferred

if TYPE_CHECKING:
    from benchmark.reproduction.asked import Asked, asked_about
    from benchmark.reproduction.inquiry import Inquiry, ReproductionReport
    from benchmark.reproduction.models import ReproductionOptions, inquire, reproduce
    from benchmark.reproduction.quotations import Quotation
    from benchmark.reproduction.trials import Setting, Trial
else:
    __getattr__ = deferred(
        __name__,
        asked="Asked asked_about",
        inquiry="Inquiry ReproductionReport",
        models="ReproductionOptions inquire reproduce",
        quotations="Quotation",
        trials="Setting Trial",
    )

__all__ = [
    "Asked",
    "Inquiry",
    "Quotation",
    "ReproductionOptions",
    "ReproductionReport",
    "Setting",
    "Trial",
    "asked_about",
    "inquire",
    "reproduce",
]
