from __future__ import annotations

import gc
import re
import weakref
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from conftest import RunCli
from html_pages import Element, PageParser, find_policies

from stancelib.cli import BAD_INPUT, DONE
from stancelib.reading import make_document
from stancelib.tagger import StanceTagger
from stancelib.tallies import N_ACTOR_LOOKS
from stancelib.types import Actor, Document, Explanation, Mention, SideScore, StanceTag, Target, WordScore
from stancelib.viewer import TaggedDocument, render_articles

DAY = date(2016, 5, 1)
TEXT = (
    "Talvia condemned the Red League.\n\n  Rain fell.\r\nTalvia will send weapons to the Blue Front. "
    'Brandt praised the <b>Blue Front</b> & said: "No\tmore."\n'
)


def _texts(page: PageParser) -> list[str]:
    return [element.text for element in page.find("div", class_="text")]


def _marked(page: PageParser, look: str) -> list[Element]:
    """Return the words that are marked as mentions (``m``), targets alone (``t``), or labels (``chip``)."""
    return [element for element in page.elements if look in element.attributes.get("class", "").split()]


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
    assert _texts(PageParser(_page(_tagged(tagger, text, keep_all=keep_all)))) == [text]


def test_every_tag_is_there_with_its_data(tagger: StanceTagger) -> None:
    article = _tagged(tagger, TEXT, keep_all=True)
    page = PageParser(_page(article))
    assert len(article.tags) > 3
    for number, tag in enumerate(article.tags):
        [entry] = page.find("li", id=f"d1t{number}")
        names = ("data-actor", "data-sentence", "data-start", "data-end")
        assert [entry.attributes[name] for name in names] == [
            tag.actor.id,
            *map(str, (tag.sentence, tag.start, tag.end)),
        ]
        [chip] = page.find("button", id=f"d1t{number}c")
        parts = [tag.actor.name, *(f"{type_id} {p:.2f}" for type_id, p in tag.types.items()), tag.status or ""]
        parts += [f"supports {tag.supports.side} {tag.supports.p:.2f}"] if tag.supports else []
        parts += [f"opposes {tag.opposes.side} {tag.opposes.p:.2f}"] if tag.opposes else []
        parts += [f"target {tag.target.actor}"] if tag.target else []
        assert [part for part in parts if part not in chip.attributes["aria-label"]] == []
        sides = [
            f"{side} supports {p['supports']:.2f}, opposes {p['opposes']:.2f}" for side, p in sorted(tag.sides.items())
        ]
        said = [f"{type_id} {p:.2f}" for type_id, p in tag.types.items()]
        assert [part for part in (*said, *sides, tag.mention_text, tag.status or "–") if part not in entry.words] == []


def test_signs_and_not_only_colours_tell_the_sides(article: TaggedDocument) -> None:
    labels = [chip.attributes["data-label"] for chip in _marked(PageParser(_page(article)), "chip")]
    assert "Talvia −reds" in labels
    assert "Talvia +blues" in labels


def test_labels_and_filters_are_reached_by_keyboard(article: TaggedDocument) -> None:
    page = PageParser(_page(article))
    chips = [chip.attributes for chip in _marked(page, "chip")]
    assert len(chips) == len(article.tags)
    assert all(chip["aria-label"] and chip["type"] == "button" and "tabindex" not in chip for chip in chips)
    buttons = [button.attributes for button in page.find("button")]
    pressed = {values["data-filter"]: values["aria-pressed"] for values in buttons if "data-filter" in values}
    assert pressed == {"": "true", **dict.fromkeys((tag.actor.id for tag in article.tags), "false")}


def test_texts_names_and_ids_are_escaped(tagger: StanceTagger) -> None:
    evil = '<script>alert("x")</script> Talvia condemned the Red League </div>&amp;"\'.'
    article = _tagged(tagger, evil, '"><img src=x onerror=alert(1)>')
    document = replace(article.document, source="<i>src</i>")
    tags = [replace(tag, actor=replace(tag.actor, name='<b id="x">T')) for tag in article.tags]
    page = PageParser(_page(TaggedDocument(document, tags, article.conflict)))
    assert tags
    assert _texts(page) == [evil]
    assert len(page.find("script")) == 1
    assert page.find("img") == page.find("b", id="x") == []
    assert page.find("h2")[0].text == '"><img src=x onerror=alert(1)>'


def test_the_page_needs_nothing_else(article: TaggedDocument) -> None:
    page = _page(article)
    assert [word for word in ("://", "@import", "url(", "import(", "fetch(") if word in page] == []
    parsed = PageParser(page)
    names = {name for element in parsed.elements for name in element.attributes}
    assert names.isdisjoint({"src", "srcset", "action", "style"} | {name for name in names if name.startswith("on")})
    assert {link.attributes["href"][0] for link in parsed.find("a")} == {"#"}
    assert "prefers-color-scheme: dark" in page
    assert "width=device-width" in page


def test_only_the_page_s_own_style_and_script_are_allowed(article: TaggedDocument) -> None:
    page = PageParser(_page(article))
    said, wanted = find_policies(page)
    assert said == wanted
    assert len(page.find("style")) == len(page.find("script")) == 1


def test_every_value_that_the_script_reads_is_in_the_page(tagger: StanceTagger) -> None:
    page = PageParser(_page(_tagged(tagger, TEXT, keep_all=True)))
    read = {f"data-{name}" for name in re.findall(r"dataset\.([a-z]+)", page.find("script")[0].text)}
    assert read - {name for element in page.elements for name in element.attributes} == set()
    assert len(read) > 4


def test_every_colour_of_the_page_has_a_rule(tagger: StanceTagger) -> None:
    crowd = [_overlapping("So one said.", *((f"A{number}", "one") for number in range(n))) for n in (2, 3)]
    page = PageParser(_page(_tagged(tagger, TEXT, keep_all=True), *crowd))
    classes = {name for element in page.elements for name in element.attributes.get("class", "").split()}
    numbered = {name for name in classes if re.fullmatch(r"[a-z]+\d+", name)}
    style = page.find("style")[0].text
    assert {name for name in numbered if f".{name} {{" not in style and f".{name}," not in style} == set()
    assert set(re.findall(r"var\((--[a-z0-9]+)\)", style)) - set(re.findall(r"(--[a-z0-9]+):", style)) == set()
    assert {re.sub(r"\d", "", name) for name in numbered} == {"a", "b", "c", "f", "l", "n", "x", "side"}


def test_every_mention_and_every_target_is_reached_by_the_arrow_keys(tagger: StanceTagger) -> None:
    article = _tagged(tagger, TEXT, keep_all=True)
    stops = _marked(PageParser(_page(article)), "k")
    assert any(tag.target for tag in article.tags)
    for number, tag in enumerate(article.tags):
        for name, has in (("data-tags", True), ("data-targets", tag.target is not None)):
            own = [mark for mark in stops if f"d1t{number}" in mark.attributes.get(name, "").split()]
            assert bool(own) == has


def test_the_rest_of_a_mention_is_no_stop_of_its_own() -> None:
    page = PageParser(_page(_overlapping("So one two three said.", ("A", "one two three"), ("B", "two"))))
    assert [mark.text for mark in _marked(page, "m")] == ["one ", "two", " three"]
    assert [mark.text for mark in _marked(page, "k")] == ["one ", "two"]


@pytest.mark.parametrize(
    ("n_actors", "looks"),
    [(1, "m k a0"), (2, "m k a0 b1 n2"), (3, "m k a0 b1 c2 n3"), (5, "m k a0 b1 c2 n3")],
)
def test_words_that_name_several_actors_have_up_to_three_lines(n_actors: int, looks: str) -> None:
    page = PageParser(_page(_overlapping("So one said.", *((f"A{number}", "one") for number in range(n_actors)))))
    assert [mark.attributes["class"] for mark in _marked(page, "m")] == [looks]


def test_actors_have_colours_of_their_own_until_there_are_too_many() -> None:
    n_actors = N_ACTOR_LOOKS + 2
    page = PageParser(_page(_overlapping("So one said.", *((f"A{number}", "one") for number in range(n_actors)))))
    looks = [chip.attributes["class"].split()[1] for chip in _marked(page, "chip")]
    assert looks == [*(f"a{number}" for number in range(N_ACTOR_LOOKS)), "a0", "a1"]


def _explained(text: str, *words: WordScore) -> TaggedDocument:
    """Return a document of one sentence whose tag has these words for its type, and spans "One" as its mention."""
    explanation = Explanation({"threat": words})
    tag = replace(_TAG, end=len(text), text=text, mention=Mention("A", 0, 3), explanation=explanation)
    return TaggedDocument(Document("d", text), [tag])


def test_words_that_carried_an_answer_are_told_and_marked() -> None:
    text = "One <will> not strike."
    words = (WordScore(5, 9, "will", 2.04), WordScore(11, 14, "not", -1.5), WordScore(15, 21, "strike", 0.01))
    page = PageParser(_page(_explained(text, *words)))
    assert _texts(page) == [text]
    assert [(mark.text, mark.attributes["data-words"]) for mark in _marked(page, "w")] == [("will", "d1t0")]
    [entry] = page.find("li", id="d1t0")
    assert "threat: will +2.0 not −1.5" in entry.words
    assert "strike" not in entry.words
    assert [mark.text for mark in _marked(page, "k")] == ["One"]
    for name in ("data-words", '"carried"'):
        assert name in page.find("script")[0].text
    assert ".carried {" in page.find("style")[0].text


def test_a_word_may_be_part_of_another_tag_s_mention() -> None:
    text = "One two struck."
    article = _explained(text, WordScore(4, 7, "two", 1.0))
    other = replace(article.tags[0], actor=Actor("B", "B"), mention=Mention("B", 4, 14), explanation=None)
    page = PageParser(_page(replace(article, tags=[*article.tags, other])))
    assert _texts(page) == [text]
    both = [mark.attributes for mark in _marked(page, "m") if "data-words" in mark.attributes]
    assert [(values["data-tags"], values["data-words"]) for values in both] == [("d1t1", "d1t0")]
    assert [mark.text for mark in _marked(page, "k")] == ["One", "two"]


def test_only_a_page_with_explanations_says_how_to_read_them(article: TaggedDocument) -> None:
    assert "log-odds" not in _page(article)
    assert "words</dt>" not in _page(article)
    assert "log-odds" in "".join(render_articles([article], explained=True))


def test_an_actor_keeps_its_colour_from_document_to_document(tagger: StanceTagger) -> None:
    texts = ["Talvia condemned the Red League.", "Brandt praised Talvia. Talvia condemned the Red League."]
    page = PageParser(_page(*(_tagged(tagger, text, f"{n}.txt") for n, text in enumerate(texts))))
    looks = {chip.attributes["class"].split()[1] for chip in page.find("button", data_actor="TALVIA")}
    assert looks == {"a0"}


def test_a_label_and_its_sentence_have_the_colour_of_the_side(article: TaggedDocument) -> None:
    page = PageParser(_page(article))
    [legend] = page.find("ul", class_="legend")
    names = [bold.text for bold in page.find("b") if legend in bold.outer]
    for label, sign in (("Talvia −reds", "−"), ("Talvia +blues", "+")):
        look = names.index(label.partition(sign)[2])
        chips = page.find("button", data_label=label)
        assert {chip.attributes["class"].split()[-1] for chip in chips} == {f"x{look}"}
    sentences = [mark.attributes["class"] for mark in _marked(page, "sided")]
    assert sentences[:2] == ["s on sided f0 l0", "s on sided f1 l1"]


def test_a_sentence_about_two_sides_has_both_colours(article: TaggedDocument) -> None:
    """Sides in the order of the tag: the one that is supported, then the one that is opposed."""
    tags = [replace(article.tags[0], supports=SideScore("blues", 0.5), opposes=SideScore("reds", 0.5))]
    page = PageParser(_page(replace(article, tags=tags)))
    assert [mark.attributes["class"] for mark in _marked(page, "sided")] == ["s on sided f1 l0"]


def test_a_text_knows_its_language() -> None:
    page = PageParser(_page(TaggedDocument(Document("d", "Il pleut.", language="fr"), [])))
    assert [text.attributes["lang"] for text in page.find("div", class_="text")] == ["fr"]


def test_a_document_with_tags_has_a_way_past_its_text(article: TaggedDocument) -> None:
    page = PageParser(_page(article))
    [link] = page.find("a", class_="skip")
    [target] = page.find("div", id=link.attributes["href"][1:])
    assert page.elements.index(target) > page.elements.index(page.find("div", class_="text")[0])


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
    assert _texts(page) == [text]
    actors = {f"d1t{number}": actor for number, (actor, _) in enumerate(spans)}
    named = [" ".join(actors[tag] for tag in mark.attributes["data-tags"].split()) for mark in _marked(page, "m")]
    assert named == runs
    assert len(_marked(page, "chip")) == len(spans)


def test_a_mention_outside_its_sentence_is_marked_where_it_stands() -> None:
    text = "One spoke. We will strike."
    tag = replace(_TAG, start=11, end=len(text), mention=Mention("A", 0, 3, "quote"), target=Target("A", 4, 9))
    page = PageParser(_page(TaggedDocument(Document("d", text), [tag])))
    assert _texts(page) == [text]
    assert [(mark.text, mark.attributes["data-tags"]) for mark in _marked(page, "m")] == [("One", "d1t0")]
    assert [(mark.text, mark.attributes["data-targets"]) for mark in _marked(page, "t")] == [("spoke", "d1t0")]


def test_a_document_without_a_stance_is_shown(tagger: StanceTagger) -> None:
    page = PageParser(_page(_tagged(tagger, "Rain fell.")))
    assert _texts(page) == ["Rain fell."]
    assert [p.text for p in page.find("p", class_="empty")] == ["No stance found."]
    assert page.find("button") == []


def test_several_documents_share_a_page_and_totals(tagger: StanceTagger, article: TaggedDocument) -> None:
    articles = [article, _tagged(tagger, "Rain fell.", "b.txt"), replace(article, conflict=None)]
    page = PageParser(_page(*articles))
    assert _texts(page) == [entry.document.text for entry in articles]
    assert [element.attributes["id"] for element in page.find("article")] == ["d1", "d2", "d3"]
    assert "All 3 documents" in [heading.text for heading in page.find("h2")]
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    assert {link.attributes["href"][1:] for link in page.find("a")} <= set(ids)


def test_the_footer_names_what_gave_the_answers(article: TaggedDocument) -> None:
    page = PageParser(_page(article))
    assert page.find("footer")[0].words == (
        "1 document · model tiny@1 · codebook book@2 · conflict veldmark@3 War of the Veldmark · written by stancelib"
    )
    assert [day.text for day in page.find("time")] == ["2016-05-01"]


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


def test_a_document_that_was_shown_is_not_kept(tagger: StanceTagger) -> None:
    class Text(str):
        pass

    kept: list[weakref.ref[Text]] = []
    alive: list[int] = []

    def stream() -> Iterator[TaggedDocument]:
        for _ in range(4):
            gc.collect()
            alive.append(sum(text() is not None for text in kept))
            article = _tagged(tagger, "Talvia condemned the Red League.")
            text = Text(article.document.text)
            kept.append(weakref.ref(text))
            document = replace(article.document, text=text)
            del text
            yield replace(article, document=document)
            del article, document

    assert "".join(render_articles(stream())).count("</article>") == 4
    assert max(alive) <= 1


def test_the_command_writes_a_page(tmp_path: Path, model_dir: Path, conflict_path: Path, run_cli: RunCli) -> None:
    for name, text in {"a.txt": TEXT, "b.txt": "Rain fell."}.items():
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    command = ["tag", str(tmp_path), "--model", str(model_dir), "--conflict", str(conflict_path), "--format", "html"]
    out = tmp_path / "page.html"
    result = run_cli(*command, "--date", "2016-05-01", "--output", out)
    assert (result.code, result.out, result.err) == (DONE, "", "")
    written = out.read_bytes().decode("utf-8")
    assert _texts(PageParser(written)) == [TEXT, "Rain fell."]
    assert run_cli(*command, "--date", "2016-05-01").out == written


def test_the_command_leaves_no_half_page(tmp_path: Path, model_dir: Path, run_cli: RunCli) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "Rain fell."}\n' * 70 + '{"text": 1}\n', encoding="utf-8")
    result = run_cli("tag", path, "--model", model_dir, "--format", "html", "--output", tmp_path / "page.html")
    assert result.code == BAD_INPUT
    assert "a.jsonl:71" in result.err
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.jsonl"]
