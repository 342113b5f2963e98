from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import RunCli

from stancelib.cli import BAD_INPUT, DONE
from stancelib.reading import make_document
from stancelib.tagger import StanceTagger
from stancelib.types import Actor, Document, Mention, StanceTag, Target
from stancelib.viewer import TaggedDocument, render_articles

VOID = {"meta", "br", "link", "hr", "input", "img"}
DAY = date(2016, 5, 1)
TEXT = (
    "Talvia condemned the Red League.\n\n  Rain fell.\r\nTalvia will send weapons to the Blue Front. "
    'Brandt praised the <b>Blue Front</b> & said: "No\tmore."\n'
)


class PageParser(HTMLParser):
    """Reads a page: its elements with their attributes, and the text of each ``div.text``; refuses wrong nesting."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.words: list[str] = []
        self._text_depth = 0
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        assert len(values) == len(attrs)
        self.elements.append((tag, values))
        if tag in VOID:
            return
        self.open.append(tag)
        if values.get("class") == "text":
            self._text_depth = len(self.open)
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if len(self.open) < self._text_depth:
            self._text_depth = 0

    def handle_data(self, data: str) -> None:
        if self._text_depth:
            self.texts[-1] += data
        if "script" not in self.open and "style" not in self.open:
            self.words.append(data)

    def find(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        wanted = attributes.items()
        return [values for name, values in self.elements if name == tag and values.items() >= wanted]


def _page(*articles: TaggedDocument) -> str:
    return "".join(render_articles(articles, model="tiny@1", codebook="book@2"))


def _tagged(tagger: StanceTagger, text: str, doc_id: str = "a.txt", *, keep_all: bool = False) -> TaggedDocument:
    document = make_document(text, id=doc_id, date=DAY)
    return TaggedDocument(document, next(tagger.pipe([document], keep_all=keep_all)), tagger.conflict)


@pytest.fixture
def article(tagger: StanceTagger) -> TaggedDocument:
    return _tagged(tagger, TEXT)


@pytest.mark.parametrize(
    "text", [TEXT, TEXT * 3, "", "\n\nRain fell.\n", "\r\rTalvia condemned the Red League.\r\n", "“Ünïcode” 🙂 Rain."]
)
@pytest.mark.parametrize("keep_all", [False, True])
def test_the_text_stays_as_given(text: str, keep_all: bool, tagger: StanceTagger) -> None:
    assert PageParser(_page(_tagged(tagger, text, keep_all=keep_all))).texts == [text]


def test_every_tag_is_there_with_its_data(tagger: StanceTagger) -> None:
    article = _tagged(tagger, TEXT, keep_all=True)
    page = PageParser(_page(article))
    assert len(article.tags) > 3
    words = " ".join(page.words)
    for number, tag in enumerate(article.tags):
        [entry] = page.find("li", id=f"d1t{number}")
        assert (entry["data-actor"], entry["data-sentence"]) == (tag.actor.id, str(tag.sentence))
        assert (entry["data-start"], entry["data-end"]) == (str(tag.start), str(tag.end))
        [chip] = page.find("button", **{"data-tag": f"d1t{number}"})
        parts = [tag.actor.name, *(f"{type_id} {p:.2f}" for type_id, p in tag.types.items()), tag.status or ""]
        parts += [f"supports {tag.supports.side} {tag.supports.p:.2f}"] if tag.supports else []
        parts += [f"opposes {tag.opposes.side} {tag.opposes.p:.2f}"] if tag.opposes else []
        parts += [f"target {tag.target.actor}"] if tag.target else []
        assert [part for part in parts if part not in chip["aria-label"]] == []
        assert all(type_id in words for type_id in tag.types)


def test_signs_and_not_only_colours_tell_the_sides(article: TaggedDocument) -> None:
    labels = [chip["data-label"] for chip in PageParser(_page(article)).find("button", **{"class": "chip"})]
    assert "Talvia −reds" in labels
    assert "Talvia +blues" in labels


def test_labels_and_filters_are_reached_by_keyboard(article: TaggedDocument) -> None:
    page = PageParser(_page(article))
    chips = page.find("button", **{"class": "chip"})
    assert len(chips) == len(article.tags)
    assert all(chip["aria-label"] and chip["type"] == "button" and "tabindex" not in chip for chip in chips)
    pressed = {
        values["data-filter"]: values["aria-pressed"] for values in page.find("button") if "data-filter" in values
    }
    assert pressed == {"": "true", **dict.fromkeys((tag.actor.id for tag in article.tags), "false")}


def test_texts_names_and_ids_are_escaped(tagger: StanceTagger) -> None:
    evil = '<script>alert("x")</script> Talvia condemned the Red League </div>&amp;"\'.'
    article = _tagged(tagger, evil, '"><img src=x onerror=alert(1)>')
    document = replace(article.document, source="<i>src</i>")
    tags = [replace(tag, actor=replace(tag.actor, name='<b id="x">T')) for tag in article.tags]
    page = PageParser(_page(TaggedDocument(document, tags, article.conflict)))
    assert tags
    assert page.texts == [evil]
    assert len(page.find("script")) == 1
    assert page.find("img") == page.find("b", id="x") == []
    assert '"><img src=x onerror=alert(1)>' in page.words


def test_the_page_needs_nothing_else(article: TaggedDocument) -> None:
    page = _page(article)
    assert "://" not in page
    assert "@import" not in page
    assert "url(" not in page
    names = {name for _, values in PageParser(page).elements for name in values}
    assert names.isdisjoint({"src", "href", "srcset", "action", "onclick"})
    assert "default-src 'none'" in page
    assert "prefers-color-scheme: dark" in page
    assert "width=device-width" in page


def _overlapping(text: str, *spans: tuple[str, str]) -> TaggedDocument:
    """Return a document of one sentence with a tag for each actor and the words that name it."""
    tags = []
    for actor, words in spans:
        start = text.index(words)
        mention = Mention(actor, start, start + len(words))
        tags.append(replace(_TAG, end=len(text), text=text, actor=replace(_TAG.actor, id=actor), mention=mention))
    return TaggedDocument(Document("d", text), tags)


_TAG = StanceTag(
    doc_id="d",
    date=None,
    sentence=0,
    start=0,
    end=0,
    text="",
    actor=Actor("A", "Actor"),
    mention=Mention("A", 0, 1),
    mention_text="",
    types={"threat": 0.5},
    type_proba={},
    supports=None,
    opposes=None,
    sides={},
    target=None,
    status="done",
    conflict=None,
    model="m@1",
    codebook="c@1",
)


@pytest.mark.parametrize(
    ("spans", "runs"),
    [
        ([("A", "one two three"), ("B", "two")], ["A", "A B", "A"]),
        ([("A", "one two"), ("B", "two three")], ["A", "A B", "B"]),
        ([("A", "one"), ("B", "one"), ("C", "one")], ["A B C"]),
        ([("A", "one"), ("B", "two")], ["A", "B"]),
    ],
)
def test_mentions_that_overlap_are_all_there(spans: list[tuple[str, str]], runs: list[str]) -> None:
    text = "So one two three said."
    page = PageParser(_page(_overlapping(text, *spans)))
    assert page.texts == [text]
    assert [values["data-actors"].strip() for values in page.find("span", **{"class": "m"})] == runs
    assert len(page.find("button", **{"class": "chip"})) == len(spans)


def test_a_mention_outside_its_sentence_is_marked_where_it_stands() -> None:
    text = "One spoke. We will strike."
    tag = replace(_TAG, start=11, end=len(text), mention=Mention("A", 0, 3, "quote"), target=Target("A", 4, 9))
    page = PageParser(_page(TaggedDocument(Document("d", text), [tag])))
    assert page.texts == [text]
    assert [values["data-tags"].strip() for values in page.find("span", **{"class": "m"})] == ["d1t0"]
    assert [values["data-targets"].strip() for values in page.find("span", **{"class": "t"})] == ["d1t0"]


def test_a_document_without_a_stance_is_shown(tagger: StanceTagger) -> None:
    page = PageParser(_page(_tagged(tagger, "Rain fell.")))
    assert page.texts == ["Rain fell."]
    assert "No stance found." in page.words
    assert page.find("button") == []


def test_several_documents_share_a_page_and_totals(tagger: StanceTagger, article: TaggedDocument) -> None:
    articles = [article, _tagged(tagger, "Rain fell.", "b.txt"), replace(article, conflict=None)]
    page = PageParser(_page(*articles))
    assert page.texts == [entry.document.text for entry in articles]
    assert [values["id"] for values in page.find("article")] == ["d1", "d2", "d3"]
    assert "All 3 documents" in page.words
    ids = [values["id"] for _, values in page.elements if "id" in values]
    assert len(ids) == len(set(ids))


def test_the_footer_names_what_gave_the_answers(article: TaggedDocument) -> None:
    words = " ".join(PageParser(_page(article)).words)
    assert "1 document · model tiny@1 · codebook book@2 · conflict" in words
    assert "veldmark@3 War of the Veldmark" in words
    assert "2016-05-01" in words


def test_documents_are_written_as_they_come(article: TaggedDocument) -> None:
    taken = []

    def stream() -> Iterator[TaggedDocument]:
        for number in range(3):
            taken.append(number)
            yield article

    pieces = render_articles(stream())
    assert any("</article>" in piece for piece in pieces)
    assert taken == [0]
    assert "".join(pieces).count("</article>") == 2


def test_the_command_writes_a_page(tmp_path: Path, model_dir: Path, conflict_path: Path, run_cli: RunCli) -> None:
    for name, text in {"a.txt": TEXT, "b.txt": "Rain fell."}.items():
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    command = ["tag", str(tmp_path), "--model", str(model_dir), "--conflict", str(conflict_path), "--format", "html"]
    out = tmp_path / "page.html"
    result = run_cli(*command, "--date", "2016-05-01", "--output", out)
    assert (result.code, result.out, result.err) == (DONE, "", "")
    written = out.read_bytes().decode("utf-8")
    assert PageParser(written).texts == [TEXT, "Rain fell."]
    assert run_cli(*command, "--date", "2016-05-01").out == written


def test_the_command_leaves_no_half_page(tmp_path: Path, model_dir: Path, run_cli: RunCli) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "Rain fell."}\n' * 70 + '{"text": 1}\n', encoding="utf-8")
    result = run_cli("tag", path, "--model", model_dir, "--format", "html", "--output", tmp_path / "page.html")
    assert result.code == BAD_INPUT
    assert "a.jsonl:71" in result.err
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.jsonl"]
