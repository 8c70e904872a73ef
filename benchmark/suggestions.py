"""What somebody probably meant by a name that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean X?)"`` for the closest known name, or an empty string.

    Comparison ignores case; the suggestion is spelled as known.
    """
    spelled = {candidate.lower(): candidate for candidate in known}
    closest = difflib.get_close_matches(name.lower(), spelled, n=1, cutoff=0.6)
    return f" (did you mean {spelled[closest[0]]}?)" if closest else ""
