"""Results that print themselves: as text, and as tables in a notebook."""

from __future__ import annotations


class Printable:
    """What `benchmark.render` has a form for.

    ``print`` shows it as the command line does, a notebook its Markdown, in which every name is
    escaped. No room imports the reports for that: a result asks the front door, as a user does.
    """

    __slots__ = ()

    def __str__(self) -> str:
        """Return what the command line would print."""
        import benchmark

        return benchmark.render(self)

    def _repr_markdown_(self) -> str:
        import benchmark

        return benchmark.render(self, "markdown")
