"""The leaderboards as one HTML page that needs nothing but itself: no server and no network."""

from benchmark.reports.page.assets import require_libraries
from benchmark.reports.page.page import PAGE_FILE, PageOptions, render_page

__all__ = ["PAGE_FILE", "PageOptions", "render_page", "require_libraries"]
