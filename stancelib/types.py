"""The values that the rooms hand to each other.

One coordinate system for all: characters of the document's text as given, half-open intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

Via = Literal["name", "list", "pronoun", "quote"]
"""How a mention names its actor: by a name or description, as a member of a list or group ("both sides"), by a pronoun
or definite description, or as the speaker of a quotation."""

VIA_ORDER: tuple[Via, ...] = ("name", "list", "pronoun", "quote")
"""Which mention stands for an actor that a sentence has several times: the first kind, then the first in the text."""

RegionKind = Literal["date", "dateline", "byline", "caption", "boilerplate"]

Status = Literal["done", "planned"]

Direction = Literal["supports", "opposes"]

_SLIGHT = 0.05
"""A word that does less to the log-odds of an answer is not shown: it moves no probability by more than 0.0125."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who may take a stance: a state, an organisation, an armed group."""

    id: str
    name: str
    kind: str = "unknown"


@dataclass(frozen=True, slots=True)
class Alias:
    """A surface form of an actor, and when it holds (``from`` included, ``to`` excluded; None: open)."""

    text: str
    actor: str
    start: date | None = None
    end: date | None = None

    def holds(self, on: date) -> bool:
        """Say whether the alias names its actor on a day."""
        return (self.start is None or self.start <= on) and (self.end is None or on < self.end)


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of a document that is not running text; ``kind`` says what it is."""

    kind: RegionKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """A text as given, and what is known of it.

    ``language`` is an ISO 639-1 code, or None where it was not looked for.
    """

    id: str
    text: str
    date: date | None = None
    source: str = ""
    conflict: str | None = None
    regions: tuple[Region, ...] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a document; ``index`` counts from 0 in reading order."""

    doc_id: str
    index: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of the document that names an actor."""

    actor: str
    start: int
    end: int
    via: Via = "name"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence and one actor that may take a stance in it: the unit that a model answers.

    ``mentions`` holds every mention of every actor that the sentence has, in document coordinates. A mention with
    ``via="quote"`` that lies outside the sentence is the speaker of the words in it. Candidates of one sentence share
    the tuple, so that a model can encode the sentence once. ``kinds`` says of which kind each actor is ("state",
    "armed_group"), where a file does.
    """

    sentence: Sentence
    actor: str
    mentions: tuple[Mention, ...]
    kinds: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def mention(self) -> Mention:
        """The mention that stands for the actor: the first by name, list, pronoun, quote."""
        return self.mention_of(self.actor)

    def mention_of(self, actor: str) -> Mention:
        """Return the mention that stands for an actor of the sentence; ValueError if it has none."""
        own = [mention for mention in self.mentions if mention.actor == actor]
        return min(own, key=lambda mention: (VIA_ORDER.index(mention.via), mention.start))

    @property
    def inside(self) -> tuple[Mention, ...]:
        """The mentions that stand in the sentence."""
        start, end = self.sentence.start, self.sentence.end
        return tuple(mention for mention in self.mentions if start <= mention.start and mention.end <= end)

    @property
    def speakers(self) -> tuple[str, ...]:
        """The actors that are named outside of the sentence alone, in order of first mention."""
        covered = {mention.actor for mention in self.inside}
        return tuple(dict.fromkeys(mention.actor for mention in self.mentions if mention.actor not in covered))

    @property
    def others(self) -> tuple[str, ...]:
        """The other actors of the sentence, in order of first mention: those a stance may be directed at."""
        return tuple(dict.fromkeys(m.actor for m in self.mentions if m.actor != self.actor))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a model says of a candidate: probabilities only, no thresholds and no sides.

    Attributes:
        types: Probability of every type of the codebook.
        directions: For each other actor of the sentence, the probabilities that the stance is for and against it.
        targets: For each other actor of the sentence, the probability that the stance is directed at it or benefits it.
        planned: Probability that the stance is announced or decided and not yet done.
    """

    types: Mapping[str, float]
    directions: Mapping[str, tuple[float, float]]
    targets: Mapping[str, float]
    planned: float


@dataclass(frozen=True, slots=True)
class SideScore:
    """A side and the probability that it is supported (or opposed)."""

    side: str
    p: float


@dataclass(frozen=True, slots=True)
class Target:
    """The other actor that a stance is directed at or benefits, and where it stands in the document."""

    actor: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class StanceTag:
    """A candidate with a model's answer: what one actor does in one sentence.

    ``text`` is ``document.text[start:end]``. ``types`` holds the types over their thresholds; empty: no stance.
    ``confidence`` is the probability that every type is right, those not said included; ``sure`` whether it reaches the
    model's abstention threshold.
    ``candidate`` is what the model was asked, so that it can be asked why; no file holds it. ``explanation`` is there
    where it was asked for.
    """

    doc_id: str
    date: date | None
    sentence: int
    start: int
    end: int
    text: str
    actor: Actor
    mention: Mention
    mention_text: str
    types: Mapping[str, float]
    type_proba: Mapping[str, float] = field(repr=False)
    supports: SideScore | None
    opposes: SideScore | None
    sides: Mapping[str, Mapping[Direction, float]] = field(repr=False)
    target: Target | None
    status: Status | None
    conflict: str | None
    model: str
    codebook: str
    confidence: float = 1.0
    sure: bool = True
    candidate: Candidate | None = field(default=None, repr=False, compare=False)
    explanation: Explanation | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the tag as its JSON line has it; the key ``explanation`` is there only where the tag has one."""
        row = {
            "doc_id": self.doc_id,
            "date": self.date.isoformat() if self.date else None,
            "sentence": self.sentence,
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "actor": self.actor.id,
            "actor_name": self.actor.name,
            "mention": {
                "text": self.mention_text,
                "start": self.mention.start,
                "end": self.mention.end,
                "via": self.mention.via,
            },
            "types": dict(self.types),
            "supports": _side_to_dict(self.supports),
            "opposes": _side_to_dict(self.opposes),
            "sides": {side: dict(scores) for side, scores in self.sides.items()},
            "target": None
            if self.target is None
            else {"actor": self.target.actor, "start": self.target.start, "end": self.target.end},
            "status": self.status,
            "conflict": self.conflict,
            "model": self.model,
            "codebook": self.codebook,
            "confidence": self.confidence,
            "sure": self.sure,
        }
        return row if self.explanation is None else {**row, "explanation": self.explanation.to_dict()}


@dataclass(frozen=True, slots=True)
class WordScore:
    """A word of a tag's sentence, and what it did for an answer: positive carried it, negative spoke against it.

    ``score`` is the log-odds of the answer with the word less those without it (natural logarithm): where the answer
    falls from 0.9 to 0.5 without the word, 2.2. ``start`` and ``end`` count as those of the tag do.
    """

    start: int
    end: int
    text: str
    score: float

    def to_dict(self) -> dict[str, Any]:
        """Return the word as a JSON line has it."""
        return {"start": self.start, "end": self.end, "text": self.text, "score": self.score}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which words of its sentence carried the answers of a tag; for each answer all words, in reading order.

    Attributes:
        types: For each type of the tag; of a tag without a type, for the likeliest one.
        supports: For the side that the tag supports; None: it supports none.
        opposes: For the side that it opposes; None: it opposes none.
        target: For its target; None: it has none.
    """

    types: Mapping[str, tuple[WordScore, ...]]
    supports: tuple[WordScore, ...] | None = None
    opposes: tuple[WordScore, ...] | None = None
    target: tuple[WordScore, ...] | None = None

    def strongest(self, n: int) -> list[tuple[str, tuple[WordScore, ...]]]:
        """Return for each answer its name and up to ``n`` words, the strongest first, for or against it.

        Words that change the log-odds by less than 0.05 are left out, and answers without a word.
        """
        sides = {"supports": self.supports, "opposes": self.opposes, "target": self.target}
        answers = [*self.types.items(), *((name, words or ()) for name, words in sides.items())]
        ranked = [(name, sorted(words, key=lambda word: -abs(word.score))[:n]) for name, words in answers]
        kept = [(name, tuple(word for word in words if abs(word.score) >= _SLIGHT)) for name, words in ranked]
        return [(name, words) for name, words in kept if words]

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as a JSON line has it."""
        return {
            "types": {type_id: _words_to_list(words) for type_id, words in self.types.items()},
            "supports": _words_to_list(self.supports),
            "opposes": _words_to_list(self.opposes),
            "target": _words_to_list(self.target),
        }


@dataclass(frozen=True, slots=True)
class Mark:
    """A mention that a label file marks; offsets count from the start of the text, or of the context."""

    actor: str
    start: int
    end: int
    in_context: bool = False
    via: Via | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """What a coder says of one actor of a sentence. None: that key was not judged; empty: judged, and nothing there."""

    actor: str
    types: tuple[str, ...] | None = None
    supports: tuple[str, ...] | None = None
    opposes: tuple[str, ...] | None = None
    target: tuple[str, ...] | None = None
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """One row of a label file: a sentence, its marked mentions and the labels of the actors that were judged.

    ``where`` is the ``file:line`` it came from, for messages.
    """

    id: str
    text: str
    actors: tuple[Mark, ...]
    labels: tuple[Label, ...] = ()
    conflict: str | None = None
    context: str = ""
    date: date | None = None
    split: str | None = None
    phenomena: tuple[str, ...] = ()
    source: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class LabelledArticle:
    """A whole article with every sentence labelled; the marks of its sentences count from the article's start."""

    id: str
    text: str
    sentences: tuple[ArticleSentence, ...]
    conflict: str | None = None
    date: date | None = None
    split: str | None = None
    source: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class ArticleSentence:
    """A sentence of a labelled article: its span, the marks in it and the labels."""

    start: int
    end: int
    actors: tuple[Mark, ...]
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence with its marked actors and the one actor that is asked about.

    Attributes:
        text: The sentence.
        actors: The marked mentions; those of the ``context`` say so.
        actor: The id of the actor to judge; one of the marked ones.
        context: The text before the sentence, which resolves pronouns and speakers; may be empty.
        conflict: The conflict whose sides count; None: the tagger's own.
    """

    text: str
    actors: tuple[Mark, ...]
    actor: str
    context: str = ""
    date: date | None = None
    conflict: str | None = None
    id: str = ""


def _side_to_dict(score: SideScore | None) -> dict[str, Any] | None:
    return None if score is None else {"side": score.side, "p": score.p}


def _words_to_list(words: Sequence[WordScore] | None) -> list[dict[str, Any]] | None:
    return None if words is None else [word.to_dict() for word in words]
