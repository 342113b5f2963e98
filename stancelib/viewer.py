"""The article page: documents with their tags as one HTML file that needs nothing else, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from stancelib.conflict import Conflict
from stancelib.pages import load_assets, make_environment
from stancelib.runs import Block, Score, ShownTag, cut_blocks
from stancelib.tallies import N_ACTOR_LOOKS, ActorCounts, SideCounts, Tally
from stancelib.types import Document, StanceTag

if TYPE_CHECKING:  # a tenth of a second that only the page needs
    from jinja2 import Template

_GOLDEN_ANGLE = 137.508
"""Degrees between the hues of one actor and the next: neighbours differ much, and no two are the same."""

_FIRST_HUE = 340


@dataclass(frozen=True, slots=True)
class TaggedDocument:
    """A document, its tags in reading order, and the conflict whose sides they speak of (None: no sides)."""

    document: Document
    tags: Sequence[StanceTag]
    conflict: Conflict | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What the template shows of a document."""

    number: int
    document: Document
    conflict: Conflict | None
    blocks: tuple[Block, ...]
    tags: tuple[ShownTag, ...]
    actors: Sequence[ActorCounts]
    sides: Sequence[SideCounts]


def render_articles(
    articles: Iterable[TaggedDocument], *, model: str = "", codebook: str = "", explained: bool = False
) -> Iterator[str]:
    """Yield the pieces of the page, document by document; none is held longer than it takes to write it.

    Args:
        articles: Documents with their tags.
        model: Name and version of the model, for the footer.
        codebook: Name and version of the codebook, for the footer.
        explained: Whether the tags have explanations, which the page then says how to read.
    """
    totals = Tally()
    pages = (_make_page(article, totals) for article in articles)
    assets = load_assets("article", rules=_palette())
    return _template().generate(
        pages=pages, totals=totals, model=model, codebook=codebook, explained=explained, assets=assets
    )


@cache
def _template() -> Template:
    return make_environment().get_template("article.html.jinja")


def _palette() -> str:
    """Return the rules that give an actor its colour: as the first, second or third that some words name."""
    hues = [round((number * _GOLDEN_ANGLE + _FIRST_HUE) % 360, 1) for number in range(N_ACTOR_LOOKS)]
    return "".join(
        f".a{n} {{ --h: {hue}; }} .b{n} {{ --h2: {hue}; }} .c{n} {{ --h3: {hue}; }}\n" for n, hue in enumerate(hues)
    )


def _make_page(article: TaggedDocument, totals: Tally) -> Page:
    """Count a document and return what the template shows of it."""
    actors, sides = totals.add(article.tags, article.conflict)
    actor_looks = {row.id: row.look for row in actors}
    side_looks = {row.id: row.look for row in sides}
    shown = tuple(
        ShownTag(number, tag, actor_looks[tag.actor.id], tuple(_scores(tag, side_looks)))
        for number, tag in enumerate(article.tags)
    )
    return Page(
        number=totals.n_documents,
        document=article.document,
        conflict=article.conflict,
        blocks=tuple(cut_blocks(article.document.text, shown)),
        tags=shown,
        actors=actors,
        sides=sides,
    )


def _scores(tag: StanceTag, looks: Mapping[str, int]) -> Iterator[Score]:
    for sign, verb, score in (("+", "supports", tag.supports), ("−", "opposes", tag.opposes)):
        if score is not None:
            yield Score(sign, verb, score.side, score.p, looks.get(score.side, 0))
