"""What a page says of a BibTeX entry: its title in plain text, and a link safe to follow."""

from __future__ import annotations

import re
from collections.abc import Mapping

from benchmark.leaderboard.board import Source

_FIELD = re.compile(r"^\s*(\w+)\s*=\s*\{(.*)\},?\s*$", re.MULTILINE)
_LINK = re.compile(r"https?://[\w.-]+(:\d+)?(/[\w./~%?=&+#:@-]*)?", re.ASCII)


def source_of(key: str, entries: Mapping[str, str]) -> Source:
    """Return a source by its key.

    A link is kept only if it is plainly one to the web.

    Args:
        key: may be empty: it is not known where a figure was printed first.
        entries: BibTeX by key.
    """
    bibtex = entries.get(key, "")
    fields = {name.lower(): value for name, value in _FIELD.findall(bibtex)}
    url = fields.get("url", "")
    return Source(
        key,
        title=re.sub(r"[{}\\]", "", fields.get("title", key)),
        url=url if _LINK.fullmatch(url) else "",
        bibtex=bibtex,
    )
