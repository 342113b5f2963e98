from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import RunCli

from stancelib.reading import make_document
from stancelib.tagger import StanceTagger
from stancelib.viewer import TaggedDocument, render_articles

TEXT = (
    "OSTREL - <script>alert('x')</script> & Talvia condemned the Red League.\r\n\r\n"
    "The Red League and Talvia, “rivals”, shelled\tBlue Front posts.\n"
    "Nothing happened in the market."
)
VOID = {"meta", "link", "br", "input", "hr", "img"}


class _Page(HTMLParser):
    """Collects the tree's errors, the scripts, and the text of the article."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _render(tagger: StanceTagger, *texts: str, keep_all: bool = True) -> str:
    documents = [make_document(text, id=f"d{n}") for n, text in enumerate(texts)]
    found = tagger.pipe(documents, keep_all=keep_all)
    articles = [TaggedDocument(d, tags, tagger.conflict) for d, tags in zip(documents, found, strict=True)]
    return "".join(render_articles(articles, model="tiny@1", codebook="book@1"))


@pytest.fixture
def page(tagger: StanceTagger) -> str:
    return _render(tagger, TEXT)


def _parse(html: str) -> _Page:
    parsed = _Page()
    parsed.feed(html)
    parsed.close()
    return parsed


def test_the_page_is_well_formed(page: str) -> None:
    parsed = _parse(page)
    assert (parsed.wrong, parsed.open) == ([], [])
    assert page.lower().startswith("<!doctype html>")


def test_the_page_needs_nothing_else(page: str) -> None:
    assert "http://" not in page
    assert "https://" not in page
    for tag, attributes in _parse(page).attributes:
        assert "src" not in attributes, tag
        assert tag != "link"


def test_what_an_article_holds_is_text_and_never_code(page: str) -> None:
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_the_words_of_the_text_are_all_there_in_order(tagger: StanceTagger) -> None:
    sentence = "Talvia condemned the Red League and its guns near Kem yesterday"
    words = sentence.split()
    html = _render(tagger, f"{sentence}.")
    text = " ".join(_parse(html).text)
    assert re.search(r"\W+".join(words), text)


def test_every_tag_is_on_the_page_with_its_types_and_its_probability(tagger: StanceTagger, page: str) -> None:
    tags = [tag for tag in tagger.tag(TEXT) if tag.types]
    assert tags
    for tag in tags:
        for type_id, p in tag.types.items():
            assert f"{type_id} {p:.2f}" in page or (type_id in page and f"{p:.2f}" in page)
        assert tag.actor.name in page
    assert "tiny@1" in page
    assert "book@1" in page


def test_labels_are_reached_by_keyboard(page: str) -> None:
    assert any(tag == "button" or "tabindex" in attributes for tag, attributes in _parse(page).attributes)


def test_several_documents_share_a_page_and_one_without_stance_is_shown(tagger: StanceTagger) -> None:
    html = _render(tagger, TEXT, "Nothing at all happened.", keep_all=False)
    assert "Nothing at all happened." in html
    assert _parse(html).wrong == []
    assert "d0" in html
    assert "d1" in html


def test_no_document_gives_a_page_all_the_same() -> None:
    html = "".join(render_articles([], model="tiny@1", codebook="book@1"))
    assert _parse(html).wrong == []


def test_the_command_writes_the_page(tmp_path: Path, model_dir: Path, conflict_path: Path, run_cli: RunCli) -> None:
    source, out = tmp_path / "a.txt", tmp_path / "page.html"
    source.write_text(TEXT, encoding="utf-8")
    common = ("tag", source, "--model", model_dir, "--conflict", conflict_path, "--format", "html")
    result = run_cli(*common, "--output", out)
    assert (result.code, result.out) == (0, "")
    html = out.read_text(encoding="utf-8")
    assert _parse(html).wrong == []
    assert "Red League" in html
    assert run_cli(*common).out == html
