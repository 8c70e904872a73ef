"""A page as Python's own HTML parser reads it."""

from __future__ import annotations

from html.parser import HTMLParser

LOADING = {"src", "srcset", "data", "poster", "action", "formaction", "background", "ping"}
"""Attributes that make a browser ask for something."""


class Page(HTMLParser):
    """What the tests ask of a page.

    Attributes:
        policy: the content security policy.
        scripts: text of scripts that run.
        styles: text of style elements.
        json: text of data elements, by class.
        text: all text that is shown.
        loads: elements with an attribute that loads, and ``link`` elements.
        handlers: attributes that hold code or style.
        ids: of all elements.
        targets: of links within the page.
        links: that leave the page.
    """

    def __init__(self, content: bytes) -> None:
        """Parse a page."""
        super().__init__()
        self.policy = ""
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.json: dict[str, list[str]] = {}
        self.loads: list[str] = []
        self.handlers: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.links: list[str] = []
        self._text: list[str] = []
        self._into: list[str] | None = None
        self.feed(content.decode("utf-8"))
        self.text = " ".join(" ".join(self._text).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element asks for."""
        found = {name: value or "" for name, value in attrs}
        self.loads += [tag] if tag in ("link", "iframe", "object", "embed") else []
        self.loads += [f"{tag}[{name}]" for name in found if name in LOADING]
        self.handlers += [name for name in found if name.startswith("on") or name == "style"]
        self.ids += [found["id"]] if "id" in found else []
        self._note_link(found.get("href", ""))
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]
        if tag == "style":
            self._into = self.styles
        if tag == "script":
            data = found.get("type") == "application/json"
            self._into = self.json.setdefault(found["class"], []) if data else self.scripts

    def handle_endtag(self, tag: str) -> None:
        """Leave a script or style."""
        if tag in ("script", "style"):
            self._into = None

    def handle_data(self, data: str) -> None:
        """Keep text where it belongs."""
        (self._text if self._into is None else self._into).append(data)

    def _note_link(self, address: str) -> None:
        if address.startswith("#"):
            self.targets.append(address[1:])
        elif address:
            self.links.append(address)
