"""What figures and sources look like in a table: two decimals at most, and only safe links."""

from __future__ import annotations

from decimal import Decimal

import pytest

from benchmark.leaderboard.table_rows import source_of, to_two_decimals
from benchmark.results import published_sources


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        ("72.36899998", "72.37"),
        ("68.40", "68.40"),
        ("68.4", "68.4"),
        ("-1.7049", "-1.70"),
        ("50", "50"),
        ("0.125", "0.12"),
    ],
)
def test_figures_are_shown_with_two_decimals_at_most(figure: str, text: str):
    assert to_two_decimals(Decimal(figure)) == text


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://arxiv.org/abs/2104.08821", True),
        ("https://github.com/princeton-nlp/SimCSE/issues/87#issuecomment-1", True),
        ("javascript:alert(1)", False),
        ("https://a.b/c)](javascript:alert(1)", False),
        ('https://a.b/"onclick="x', False),
        ("https://a.b/<script>", False),
        ("https://a.b/c d", False),
        ("data:text/html,x", False),
        ("//a.b", False),
    ],
)
def test_only_plain_links_to_the_web_are_kept(url: str, kept: bool):
    entries = {"key": f"@misc{{key,\n    title = {{{{T}}itle of {{X}}}},\n    url = {{{url}}},\n}}"}
    source = source_of("key", entries)
    assert source.url == (url if kept else "")
    assert source.title == "Title of X"


def test_every_source_of_the_project_has_a_title_and_a_link():
    for key, bibtex in published_sources().items():
        source = source_of(key, published_sources())
        assert source.title
        assert source.title != key
        assert source.url
        assert source.bibtex == bibtex
