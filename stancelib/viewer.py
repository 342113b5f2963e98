"""The article page: documents with their tags as one HTML file that needs nothing else, for people."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from stancelib.conflict import Conflict
from stancelib.types import Document, StanceTag

if TYPE_CHECKING:  # a tenth of a second that only the page needs
    from jinja2 import Template

_TEMPLATE = Path(__file__).parent / "data" / "article.html.jinja"

_GOLDEN_ANGLE = 137.508
"""Degrees between the hues of one actor and the next: neighbours differ much, and no two are the same."""

_LONG_NAME = 16
"""Longer names of actors are told by the id in the labels that stand in the text."""

_SIDE_HUES = (212, 18, 282, 150, 48, 330)


@dataclass(frozen=True, slots=True)
class TaggedDocument:
    """A document, its tags in reading order, and the conflict whose sides they speak of (None: no sides)."""

    document: Document
    tags: Sequence[StanceTag]
    conflict: Conflict | None = None


def render_articles(articles: Iterable[TaggedDocument], *, model: str = "", codebook: str = "") -> Iterator[str]:
    """Yield the pieces of the page, document by document; none is held longer than it takes to write it.

    Args:
        articles: Documents with their tags.
        model: Name and version of the model, for the footer.
        codebook: Name and version of the codebook, for the footer.
    """
    totals = _Totals()
    pages = (totals.add(article) for article in articles)
    return _template().generate(pages=pages, totals=totals, model=model, codebook=codebook)


class Run(NamedTuple):
    """A stretch of the text, the tags whose mention it belongs to, and those that are directed at it."""

    text: str
    mentions: tuple[ShownTag, ...]
    targets: tuple[ShownTag, ...]


class Block(NamedTuple):
    """A sentence with its tags, or the text between two of them, as runs."""

    runs: tuple[Run, ...]
    tags: tuple[ShownTag, ...]

    @property
    def hues(self) -> list[int]:
        """The hues of the sides that the sentence is for or against."""
        return list(dict.fromkeys(score.hue for shown in self.tags for score in shown.scores))

    @property
    def has_stance(self) -> bool:
        """Whether any actor of the sentence takes one."""
        return any(shown.tag.types for shown in self.tags)


class Score(NamedTuple):
    """A side that is supported or opposed."""

    sign: str
    verb: str
    side: str
    p: float
    hue: int


@dataclass(frozen=True, slots=True)
class ShownTag:
    """A tag, its number in the document, and its colours."""

    number: int
    tag: StanceTag
    hue: float
    scores: tuple[Score, ...]

    @property
    def label(self) -> str:
        """What stands beside the sentence: the actor and its sides, or its first type."""
        said = " ".join(f"{score.sign}{score.side}" for score in self.scores) or next(iter(self.tag.types), "no stance")
        return f"{_short(self.tag.actor.id, self.tag.actor.name)} {said}"

    @property
    def summary(self) -> str:
        """All of it in a line, for those who hear the page."""
        tag = self.tag
        parts = [f"{type_id} {p:.2f}" for type_id, p in tag.types.items()] or ["no stance"]
        parts += [f"{score.verb} {score.side} {score.p:.2f}" for score in self.scores]
        parts += [f"target {tag.target.actor}"] if tag.target else []
        parts += [tag.status] if tag.status else []
        return f"{tag.actor.name}: {', '.join(parts)}"


@dataclass(slots=True)
class ActorCounts:
    """How often an actor takes which stance, for and against which side."""

    id: str
    name: str
    hue: float
    n: int = 0
    types: Counter[str] = field(default_factory=Counter)
    supports: Counter[str] = field(default_factory=Counter)
    opposes: Counter[str] = field(default_factory=Counter)

    @property
    def short(self) -> str:
        """What the labels in the text call it."""
        return _short(self.id, self.name)

    def add(self, tag: StanceTag) -> None:
        """Count a tag."""
        self.n += bool(tag.types)
        self.types.update(tag.types.keys())
        self.supports.update([tag.supports.side] if tag.supports else [])
        self.opposes.update([tag.opposes.side] if tag.opposes else [])


@dataclass(slots=True)
class SideCounts:
    """How often a side is supported and opposed."""

    id: str
    name: str
    conflict: str
    hue: int
    supports: int = 0
    opposes: int = 0

    def add(self, tag: StanceTag) -> None:
        """Count a tag."""
        self.supports += tag.supports is not None and tag.supports.side == self.id
        self.opposes += tag.opposes is not None and tag.opposes.side == self.id


@dataclass(frozen=True, slots=True)
class Page:
    """What the template shows of a document."""

    number: int
    document: Document
    conflict: Conflict | None
    blocks: tuple[Block, ...]
    tags: tuple[ShownTag, ...]
    actors: tuple[ActorCounts, ...]
    sides: tuple[SideCounts, ...]


class _Totals:
    """Counts over all documents, which is all that stays of those already shown."""

    def __init__(self) -> None:
        self.n_documents = 0
        self.conflicts: dict[str, str] = {}
        self._actors: dict[str, ActorCounts] = {}
        self._sides: dict[tuple[str, str], SideCounts] = {}

    @property
    def actors(self) -> list[ActorCounts]:
        """Those with most stances first."""
        return sorted(self._actors.values(), key=lambda row: -row.n)

    @property
    def sides(self) -> list[SideCounts]:
        """In the order of the conflict files."""
        return list(self._sides.values())

    def add(self, article: TaggedDocument) -> Page:
        """Count a document and return what the template shows of it."""
        self.n_documents += 1
        conflict = article.conflict
        sides = _make_sides(conflict)
        if conflict is not None:
            self.conflicts[conflict.label] = conflict.name
        for side in _make_sides(conflict).values():
            self._sides.setdefault((side.conflict, side.id), side)
        actors: dict[str, ActorCounts] = {}
        for tag in article.tags:
            total = self._actors.setdefault(tag.actor.id, self._new_actor(tag))
            own = actors.setdefault(tag.actor.id, ActorCounts(tag.actor.id, tag.actor.name, total.hue))
            counted = [side for key, side in self._sides.items() if key[0] == tag.conflict]
            for actor in (total, own):
                actor.add(tag)
            for side in (*sides.values(), *counted):
                side.add(tag)
        shown = tuple(
            ShownTag(number, tag, actors[tag.actor.id].hue, tuple(_scores(tag, sides)))
            for number, tag in enumerate(article.tags)
        )
        return Page(
            number=self.n_documents,
            document=article.document,
            conflict=conflict,
            blocks=tuple(_blocks(article.document.text, shown)),
            tags=shown,
            actors=tuple(sorted(actors.values(), key=lambda row: -row.n)),
            sides=tuple(sides.values()),
        )

    def _new_actor(self, tag: StanceTag) -> ActorCounts:
        hue = round((len(self._actors) * _GOLDEN_ANGLE + 340) % 360, 1)
        return ActorCounts(tag.actor.id, tag.actor.name, hue)


def _short(actor_id: str, name: str) -> str:
    return name if len(name) <= _LONG_NAME else actor_id


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - a tenth of a second that only the page needs

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["exact"] = _exact
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))


def _exact(text: str) -> str:
    """Escape a text so that a browser shows every character of it."""
    from markupsafe import Markup, escape  # noqa: PLC0415 - comes with jinja2

    # "\r" by itself would be read as "\n"; NUL cannot stand in a page at all.
    return Markup(str(escape(text)).replace("\r", "&#13;").replace("\0", "\ufffd"))


def _make_sides(conflict: Conflict | None) -> dict[str, SideCounts]:
    if conflict is None:
        return {}
    return {
        side.id: SideCounts(side.id, side.name, conflict.label, _SIDE_HUES[place % len(_SIDE_HUES)])
        for place, side in enumerate(conflict.sides)
    }


def _scores(tag: StanceTag, sides: dict[str, SideCounts]) -> Iterator[Score]:
    for sign, verb, score in (("+", "supports", tag.supports), ("−", "opposes", tag.opposes)):
        if score is not None:
            hue = sides[score.side].hue if score.side in sides else _SIDE_HUES[0]
            yield Score(sign, verb, score.side, score.p, hue)


def _blocks(text: str, tags: Sequence[ShownTag]) -> Iterator[Block]:
    """Cut a text at its sentences with tags, so that the runs together are the text."""
    sentences: dict[tuple[int, int], list[ShownTag]] = defaultdict(list)
    for shown in tags:
        sentences[shown.tag.start, shown.tag.end].append(shown)
    runs = list(_runs(text, tags))
    place = 0
    for (start, end), own in sorted(sentences.items()):
        before, place = _take(runs, place, start)
        inside, place = _take(runs, place, end)
        yield Block(before, ())
        yield Block(inside, tuple(own))
    yield Block(_take(runs, place, len(text))[0], ())


def _take(runs: Sequence[tuple[int, Run]], place: int, end: int) -> tuple[tuple[Run, ...], int]:
    first = place
    while place < len(runs) and runs[place][0] <= end:
        place += 1
    return tuple(run for _, run in runs[first:place]), place


def _runs(text: str, tags: Sequence[ShownTag]) -> Iterator[tuple[int, Run]]:
    """Yield the runs between all the places where something begins or ends, each after its own end."""
    starts: defaultdict[int, list[tuple[bool, ShownTag]]] = defaultdict(list)
    ends: defaultdict[int, list[tuple[bool, ShownTag]]] = defaultdict(list)
    cuts = {0, len(text)}
    for shown in tags:
        tag = shown.tag
        cuts |= {tag.start, tag.end}
        for is_target, span in ((False, tag.mention), (True, tag.target)):
            if span is not None:
                starts[span.start].append((is_target, shown))
                ends[span.end].append((is_target, shown))
    cuts |= starts.keys() | ends.keys()
    active: list[tuple[bool, ShownTag]] = []
    places = sorted(cuts)
    for start, end in pairwise(places):
        active = [entry for entry in active if entry not in ends[start]] + starts[start]
        mentions = tuple(shown for is_target, shown in active if not is_target)
        yield end, Run(text[start:end], mentions, tuple(shown for is_target, shown in active if is_target))
