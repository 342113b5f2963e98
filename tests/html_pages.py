"""HTML pages as the tests read them."""

from __future__ import annotations

import base64
import hashlib
from html.parser import HTMLParser

VOID = {"meta", "br", "link", "hr", "img", "input"}


class PageParser(HTMLParser):
    """Reads a page: its elements, their attributes and the text inside each; refuses wrong nesting."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[Element] = []
        self.elements: list[Element] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        assert len(values) == len(attrs)
        self.elements.append(Element(tag, values, [element for element in self.open if element.tag != "body"]))
        if tag not in VOID:
            self.open.append(self.elements[-1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def find(self, tag: str, *, within: str = "", **wanted: str) -> list[Element]:
        """Return elements by tag and attributes (``class_``, ``http_equiv``), of an element with some id."""
        attributes = {name.rstrip("_").replace("_", "-"): value for name, value in wanted.items()}.items()
        return [
            element
            for element in self.elements
            if element.tag == tag
            and attributes <= element.attributes.items()
            and (not within or any(outer.attributes.get("id") == within for outer in element.outer))
        ]

    @property
    def sections(self) -> list[str]:
        return [element.attributes["id"] for element in self.find("section")]

    @property
    def shape(self) -> list[tuple[str, frozenset[str]]]:
        """The elements and the names of their attributes: what a text must not change."""
        return [(element.tag, frozenset(element.attributes)) for element in self.elements]


class Element:
    """An element of a page and the text in it."""

    def __init__(self, tag: str, attributes: dict[str, str], outer: list[Element]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.outer = outer
        self.text = ""

    @property
    def words(self) -> str:
        """The text with single blanks."""
        return " ".join(self.text.split())


def find_policies(page: PageParser) -> tuple[str, str]:
    """Return the policy of a page, and the one that allows its style and its script and nothing else."""
    [meta] = page.find("meta", http_equiv="Content-Security-Policy")
    style, script = (
        f"sha256-{base64.b64encode(hashlib.sha256(page.find(tag)[0].text.encode()).digest()).decode()}"
        for tag in ("style", "script")
    )
    wanted = f"default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'"
    return meta.attributes["content"], wanted
