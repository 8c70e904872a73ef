"""Plots of the page, as Vega-Lite specifications that the page's own script draws."""

from benchmark.reports.page.plots.intervals import interval_plot
from benchmark.reports.page.plots.pairs import PairPlot, pair_plot
from benchmark.reports.page.plots.plot import Choice, Option, Plot
from benchmark.reports.page.plots.speed import speed_plot
from benchmark.reports.page.plots.vectors import vector_plot

__all__ = [
    "Choice",
    "Option",
    "PairPlot",
    "Plot",
    "interval_plot",
    "pair_plot",
    "speed_plot",
    "vector_plot",
]
