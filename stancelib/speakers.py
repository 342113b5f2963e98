"""Direct quotations: who speaks them, named in the same sentence or sentences away."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stancelib.attribution_words import load_attribution_words
from stancelib.clauses import Subject, find_subject, read_phrase, reports
from stancelib.coreference import Reading
from stancelib.items import Item
from stancelib.quotes import Quote
from stancelib.types import Document, Mention, Sentence

Speakers = tuple[Mention, ...]
"""The mentions that name who speaks; empty: somebody unknown."""

_LETTER = re.compile(r"[^\W\d_]")
_OPEN_END = (",", "?", "!", "-", "–", "—", "…", "...")
_FIRST_PERSON = re.compile(r"\b(?:[Ww]e|[Oo]ur|[Oo]urs|[Oo]urselves|us|I|[Mm]y|me|[Mm]ine|[Mm]yself)\b(?!\.)")
_COUNTED_I = re.compile(r"(?:War|Phase|Part|Chapter|Article|Act|Volume|Type)\s$")
_WAS_SPEAKING = frozenset(
    {"speaking", "made", "responding", "comments", "remarks", "referring", "addressing", "answering"}
)


@dataclass(frozen=True, slots=True)
class Setting:
    """What the speakers are read from.

    Attributes:
        document: The document.
        sentences: Its sentences.
        readings: The words of each sentence outside of quotations, by sentence index.
        quotes: The quotations that somebody speaks, in order, none inside another.
        paragraphs: Where the paragraphs begin, in order.
    """

    document: Document
    sentences: Sequence[Sentence]
    readings: Mapping[int, Reading]
    quotes: Sequence[Quote]
    paragraphs: Sequence[int]

    def sentence_at(self, position: int) -> int:
        """Return the place of the sentence that a position lies in (or that ends before it)."""
        return max(0, bisect_right(self.sentences, position, key=lambda sentence: sentence.start) - 1)

    def paragraph_at(self, position: int) -> int:
        """Return the number of the paragraph that a position lies in."""
        return bisect_right(self.paragraphs, position)

    def items(self, start: int, end: int) -> list[Item]:
        """Return the items outside of quotations between two positions of one sentence."""
        reading = self.readings.get(self.sentence_at(start if start < end else end))
        return [item for item in reading.items if start <= item.start and item.end <= end] if reading else []


def find_speakers(setting: Setting) -> list[Speakers]:
    """Return for each quotation who speaks it; empty for somebody unknown."""
    named = [_named_in_sentence(setting, number) for number in range(len(setting.quotes))]
    found: list[Speakers] = []
    for number in range(len(setting.quotes)):
        speakers = named[number]
        if speakers is None:
            speakers = _named_further_on(setting, number, named=named)
        if speakers is None:
            speakers = _named_elsewhere(setting, number, found=found)
        found.append(speakers or ())
    return found


def speaker_mentions(setting: Setting, speakers: Sequence[Speakers]) -> Iterator[tuple[int, Mention]]:
    """Yield the sentence and the mention for speakers of whole sentences and for "we", "our", "I" in their words."""
    for number, quote in enumerate(setting.quotes):
        if not speakers[number]:
            continue
        for place in _sentences_of(setting, quote):
            sentence = setting.sentences[place]
            for speaker in speakers[number]:
                outside = speaker.end <= sentence.start or sentence.end <= speaker.start
                if outside and _is_all_quoted(setting, sentence):
                    yield place, Mention(speaker.actor, speaker.start, speaker.end, "quote")
        yield from _first_person(setting, quote, speakers=speakers[number])


def first_person_spans(text: str, start: int, *, end: int) -> Iterator[tuple[int, int]]:
    """Yield where "we", "our", "I" and the like stand between two positions."""
    for match in _FIRST_PERSON.finditer(text, start, end):
        if match.group() != "I" or not _COUNTED_I.search(text, max(0, match.start() - 9), match.start()):
            yield match.span()


def _named_in_sentence(setting: Setting, number: int) -> Speakers | None:
    after = _named_after(setting, number)
    return _named_before(setting, number) if after is None else after


def _named_further_on(setting: Setting, number: int, *, named: Sequence[Speakers | None]) -> Speakers | None:
    """Return who is named with a later paragraph of words that run over several."""
    while number + 1 < len(named) and _runs_on(setting, number):
        number += 1
        if named[number] is not None:
            return named[number]
    return None


def _runs_on(setting: Setting, number: int) -> bool:
    """Say whether a quotation is left open at its paragraph's end and opened anew in the next one."""
    quote, following = setting.quotes[number], setting.quotes[number + 1]
    gap = setting.document.text[quote.end : following.start]
    return not quote.closed and not gap.strip()


def _named_after(setting: Setting, number: int) -> Speakers | None:
    """Read "...," X said / said X; None where no such words follow."""
    quote = setting.quotes[number]
    text = setting.document.text
    last = setting.sentence_at(quote.end - 1)
    end = setting.sentences[last].end
    if number + 1 < len(setting.quotes):
        end = min(end, setting.quotes[number + 1].start)
    items = setting.items(quote.end, end) if quote.end < end else []
    if not items:
        return None
    content = text[quote.content_start : quote.content_end].rstrip()
    if not content.endswith(_OPEN_END) and items[0].low not in _OPEN_END and not _is_fragment_said(items):
        return None
    if items[0].low == "," and not content.endswith(_OPEN_END) and _has_clause_before(setting, quote):
        return None
    subject = find_subject(items, inverted=True)
    if subject is not None and subject.reporting:
        return subject.mentions
    verbs = load_attribution_words().say_finite
    return () if any(item.low in verbs and not item.mentions for item in items[:12]) else None


def _is_fragment_said(items: Sequence[Item]) -> bool:
    subject = find_subject(items, inverted=True)
    return subject is not None and subject.reporting


def _has_clause_before(setting: Setting, quote: Quote) -> bool:
    start = setting.sentences[setting.sentence_at(quote.start)].start
    return any(item.low in load_attribution_words().speech for item in setting.items(start, quote.start))


def _named_before(setting: Setting, number: int) -> Speakers | None:
    """Read X said: "..." and X called it "..."; None where the sentence begins with the quotation."""
    quote = setting.quotes[number]
    place = setting.sentence_at(quote.start)
    sentence = setting.sentences[place]
    items = setting.items(sentence.start, quote.start) if sentence.start < quote.start else []
    previous = setting.quotes[number - 1].end if number else 0
    if previous > sentence.start:
        near = [item for item in items if item.start >= previous]
        inverted = find_subject(near, inverted=True)
        if inverted is not None and inverted.reporting and inverted.mentions:
            return inverted.mentions
    if not any(_LETTER.search(item.low) for item in items):
        return None
    reading = setting.readings[place]
    return _ruling_subject(items, reading.subject)


def _ruling_subject(items: Sequence[Item], subject: Subject | None) -> Speakers:
    """Return who says the words that follow the items: the subject of the last verb of speech."""
    words = load_attribution_words()
    main = subject.mentions if subject else ()
    verb = next((i for i in reversed(range(len(items))) if _is_speech(items[i])), -1)
    if verb < 0:
        return main if subject and (subject.reporting or items[-1].low == ":") else ()
    if items[verb].low not in words.finite:
        return main
    if subject and subject.reporting and not any(_is_speech(item) for item in items[subject.first : verb]):
        return main
    for place in reversed(range(verb)):
        if items[place].mentions and not (subject and place >= subject.first and items[place].mentions[0] in main):
            phrase = read_phrase(items, place)
            if phrase.mentions and phrase.end <= verb and reports(items[: verb + 1], phrase.end):
                return phrase.mentions
        elif items[place].mentions:
            return main
    return main if subject and (subject.reporting or main) else ()


def _is_speech(item: Item) -> bool:
    return not item.mentions and item.low in load_attribution_words().speech


def _named_elsewhere(setting: Setting, number: int, *, found: Sequence[Speakers]) -> Speakers | None:
    """Find the speaker of a quotation that has no words of attribution in its own sentence."""
    quote = setting.quotes[number]
    place = setting.sentence_at(quote.start)
    paragraph = setting.paragraph_at(quote.start)
    before = setting.sentences[place - 1] if place else None
    if number and setting.paragraph_at(setting.quotes[number - 1].start) == paragraph:
        return _going_on(setting, number, found=found)
    if before is not None and setting.paragraph_at(before.start) == paragraph:
        return _announced(setting, place - 1)
    after = _spoken_of_after(setting, quote, paragraph=paragraph)
    if after is not None:
        return after
    if number and _runs_on(setting, number - 1):
        return found[number - 1]
    if before is None:
        return None
    if number and _is_all_quoted(setting, before):
        return found[number - 1]
    return _announced(setting, place - 1)


def _going_on(setting: Setting, number: int, *, found: Sequence[Speakers]) -> Speakers:
    """Return who goes on speaking after the quotation before in the same paragraph."""
    quote, previous = setting.quotes[number], setting.quotes[number - 1]
    first = setting.sentence_at(previous.end - 1) + 1
    between = range(first, setting.sentence_at(quote.start))
    speakers = found[number - 1]
    for place in between:
        subject = setting.readings[place].subject if place in setting.readings else None
        if subject is None:
            continue
        same = {name.actor for name in subject.mentions} == {name.actor for name in speakers}
        if not same:
            speakers = subject.mentions if subject.reporting else ()
    return speakers


def _announced(setting: Setting, place: int) -> Speakers | None:
    """Return who speaks in the sentence before a quotation, if its words say that somebody does."""
    reading = setting.readings.get(place)
    subject = reading.subject if reading else None
    if reading is None or subject is None:
        return None
    ends_open = reading.items[-1].low == ":"
    return subject.mentions if subject.reporting or ends_open else None


def _spoken_of_after(setting: Setting, quote: Quote, *, paragraph: int) -> Speakers | None:
    """Read the sentence after a quotation: "X was speaking in ...", "X made the remarks"."""
    place = setting.sentence_at(quote.end - 1) + 1
    if place >= len(setting.sentences) or setting.paragraph_at(setting.sentences[place].start) != paragraph:
        return None
    reading = setting.readings.get(place)
    if reading is None or reading.subject is None or not reading.subject.mentions:
        return None
    near = [item.low for item in reading.items[reading.subject.first : reading.subject.first + 7]]
    return reading.subject.mentions if not _WAS_SPEAKING.isdisjoint(near) else None


def _sentences_of(setting: Setting, quote: Quote) -> range:
    return range(setting.sentence_at(quote.content_start), setting.sentence_at(quote.content_end - 1) + 1)


def _is_all_quoted(setting: Setting, sentence: Sentence) -> bool:
    """Say whether a sentence has no words outside of quotations."""
    reading = setting.readings.get(setting.sentence_at(sentence.start))
    return reading is None or not any(_LETTER.search(item.low) for item in reading.items)


def _first_person(setting: Setting, quote: Quote, *, speakers: Speakers) -> Iterator[tuple[int, Mention]]:
    text = setting.document.text
    nested = _nested_spans(text, quote)
    for start, end in first_person_spans(text, quote.content_start, end=quote.content_end):
        if any(first <= start < last for first, last in nested):
            continue
        place = setting.sentence_at(start)
        for actor in dict.fromkeys(speaker.actor for speaker in speakers):
            yield place, Mention(actor, start, end, "pronoun")


def _nested_spans(text: str, quote: Quote) -> list[tuple[int, int]]:
    inside = re.finditer(
        r"[‘“„«][^‘’“”„«»\n]*[’”»]|(?<=\s)'[^'\n]+'(?!\w)", text[quote.content_start : quote.content_end]
    )
    return [(quote.content_start + match.start(), quote.content_start + match.end()) for match in inside]
