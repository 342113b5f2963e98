"""Say for each sentence which actors it speaks of: by name, as speakers of its words, by pronoun or description."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stancelib.cast import Cast, Index
from stancelib.coreference import Discourse, Reading
from stancelib.homes import Homes
from stancelib.items import Item, itemize
from stancelib.joint import Company
from stancelib.nationals import reread_nationals
from stancelib.paragraphs import split_paragraphs
from stancelib.quotes import Quote, find_quotes
from stancelib.references import find_references
from stancelib.speakers import Setting, find_speakers, speaker_mentions
from stancelib.transcripts import operative_mentions, transcript_mentions
from stancelib.types import Document, Mention, Sentence

_COUNTRIES = re.compile(
    r"(?:two|[Bb]oth) (?:\w+ )?(?:countries|states|nations|capitals|governments|neighbou?rs|rivals|enemies|armies|"
    r"militaries|sides|parties)\b"
)
_APART = frozenset({"caption", "boilerplate", "byline", "date"})
"""Regions that leave nothing for the running text to refer to."""


def attribute(
    document: Document, sentences: Sequence[Sentence], mentions: Sequence[Mention], *, index: Index
) -> list[tuple[Mention, ...]]:
    """Return for each sentence its mentions: those by name or list, and the speakers and pronouns found here.

    Args:
        document: The document.
        sentences: Its sentences in reading order, not overlapping.
        mentions: Its mentions by name and list, sorted.
        index: Knows the actors.

    Returns:
        One tuple for each sentence, by start, end and kind of mention, without duplicates. A mention with
        ``via="quote"`` lies outside its sentence. Who is not settled by the text is not named.
    """
    if not sentences:
        return []
    cast = Cast(document, mentions, index=index)
    mentions = reread_nationals(document, mentions, cast=cast)
    named = _by_sentence(sentences, mentions)
    quotes = _outermost(find_quotes(document.text))
    pieces = [_pieces(sentence, quotes) for sentence in sentences]
    found = [list(own) for own in named]
    company = Company(cast, _principals(document, mentions, index=index))
    discourse = Discourse(cast, company, homes=Homes(document, mentions, index))
    readings, companies = _read_outside(document, sentences, named=named, pieces=pieces, discourse=discourse)
    for place, reading in readings.items():
        found[place] += reading.found
    if quotes:
        starts = [start for start, _ in split_paragraphs(document.text)]
        setting = Setting(document, sentences, readings, quotes, starts)
        for place, mention in speaker_mentions(setting, find_speakers(setting)):
            if mention.via == "quote" or not _overlaps(mention, named[place]):
                found[place].append(mention)
        for place, mention in _read_inside(document, named, pieces=pieces, companies=companies, outer=discourse):
            found[place].append(mention)
    for place, mention in transcript_mentions(document, sentences, mentions, cast=cast):
        if not _overlaps(mention, named[place]):
            found[place].append(mention)
    for place, mention in operative_mentions(sentences, named, readings=readings):
        found[place].append(mention)
    return [tuple(_in_order(own)) for own in found]


def _principals(document: Document, mentions: Sequence[Mention], *, index: Index) -> tuple[Mention, ...]:
    """Return the first mention of each of the two whose conflict it is.

    Those are the states that are principals of the conflict, or its two principals; without a conflict, the two
    states that the text names far more often than any other.
    """
    if _COUNTRIES.search(document.text) is None:
        return ()
    first: dict[str, Mention] = {}
    for mention in mentions:
        if mention.via == "name":
            first.setdefault(mention.actor, mention)
    if index.conflict is None:
        return tuple(first[actor] for actor in _protagonists(mentions, index=index))
    principals = index.conflict.principals(document.date)
    states = [actor for actor in principals if index.actor(actor).kind == "state"]
    rivals = states if len(states) > 1 else principals
    return tuple(first[actor] for actor in rivals) if all(actor in first for actor in rivals) else ()


def _protagonists(mentions: Sequence[Mention], *, index: Index) -> list[str]:
    """Return the two states that are named far more often than any other; none if there are no such two."""
    counts = Counter(mention.actor for mention in mentions if index.actor(mention.actor).kind == "state")
    ranked = counts.most_common(3)
    if len(ranked) < 2 or ranked[1][1] < 3 or (len(ranked) > 2 and ranked[2][1] * 3 > ranked[1][1] * 2):
        return []
    return [actor for actor, _ in ranked[:2]]


@dataclass(frozen=True, slots=True)
class _Pieces:
    """The stretches of a sentence outside of quotations, and inside of each, by the quotation's number."""

    outside: tuple[tuple[int, int], ...]
    inside: tuple[tuple[int, int, int], ...]


def _by_sentence(sentences: Sequence[Sentence], mentions: Sequence[Mention]) -> list[list[Mention]]:
    starts = [sentence.start for sentence in sentences]
    named: list[list[Mention]] = [[] for _ in sentences]
    for mention in mentions:
        place = bisect_right(starts, mention.start) - 1
        if place >= 0 and mention.end <= sentences[place].end:
            named[place].append(mention)
    return named


def _outermost(quotes: Sequence[Quote]) -> list[Quote]:
    """Return the quotations that somebody speaks and that lie in no other."""
    outer: list[Quote] = []
    for quote in quotes:
        if quote.is_speech and (not outer or quote.start >= outer[-1].end):
            outer.append(quote)
    return outer


def _pieces(sentence: Sentence, quotes: Sequence[Quote]) -> _Pieces:
    first = bisect_right(quotes, sentence.start, key=lambda quote: quote.end)
    outside: list[tuple[int, int]] = []
    inside: list[tuple[int, int, int]] = []
    position = sentence.start
    for number in range(first, len(quotes)):
        quote = quotes[number]
        if quote.start >= sentence.end:
            break
        if position < quote.start:
            outside.append((position, quote.start))
        start, end = max(quote.content_start, sentence.start), min(quote.content_end, sentence.end)
        if start < end:
            inside.append((start, end, number))
        position = min(quote.end, sentence.end)
    if position < sentence.end:
        outside.append((position, sentence.end))
    return _Pieces(tuple(outside), tuple(inside))


def _read_outside(
    document: Document,
    sentences: Sequence[Sentence],
    *,
    named: Sequence[Sequence[Mention]],
    pieces: Sequence[_Pieces],
    discourse: Discourse,
) -> tuple[dict[int, Reading], dict[int, Company]]:
    """Read the words outside of quotations, by the place of their sentence; and whom a quotation finds joined."""
    readings: dict[int, Reading] = {}
    companies: dict[int, Company] = {}
    apart = [region for region in document.regions if region.kind in _APART]
    for place, sentence in enumerate(sentences):
        if any(region.start < sentence.end and sentence.start < region.end for region in apart):
            continue
        outside = pieces[place].outside
        items = _itemize(document.text, outside, mentions=named[place])
        if items:
            inverted = bool(pieces[place].inside) and outside[0][0] > sentence.start
            readings[place] = discourse.read(items, inverted=inverted)
        if pieces[place].inside:
            companies[place] = discourse.company.copy()
    return readings, companies


def _read_inside(
    document: Document,
    named: Sequence[Sequence[Mention]],
    *,
    pieces: Sequence[_Pieces],
    companies: Mapping[int, Company],
    outer: Discourse,
) -> Iterator[tuple[int, Mention]]:
    """Yield what the pronouns inside of quotations stand for, as far as their own quotation settles it."""
    current = -1
    for place, company in companies.items():
        for start, end, number in pieces[place].inside:
            if number != current:
                discourse, current = outer.inside(company), number
            reading = discourse.read(_itemize(document.text, [(start, end)], mentions=named[place]))
            for mention in reading.found:
                yield place, mention


def _itemize(text: str, spans: Sequence[tuple[int, int]], *, mentions: Sequence[Mention]) -> list[Item]:
    references: dict[int, tuple[int, str]] = {}
    for start, end in spans:
        references |= find_references(text, start, end=end, mentions=mentions)
    items = itemize(text, spans, mentions=mentions, references=references)
    return items if any(item.low[:1].isalpha() for item in items) else []


def _overlaps(mention: Mention, others: Sequence[Mention]) -> bool:
    return any(other.start < mention.end and mention.start < other.end for other in others)


def _in_order(mentions: Sequence[Mention]) -> list[Mention]:
    """Sort by start, end and kind; of the same actor on the same span keep the first."""
    unique: dict[tuple[str, int, int], Mention] = {}
    for mention in sorted(mentions, key=lambda m: (m.start, m.end, m.via, m.actor)):
        unique.setdefault((mention.actor, mention.start, mention.end), mention)
    return list(unique.values())
