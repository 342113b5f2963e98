"""Who speaks where no quotation marks say so: the turns of an interview, the operative paragraphs of a resolution."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from stancelib.attribution_words import load_attribution_words
from stancelib.cast import Cast
from stancelib.coreference import Reading
from stancelib.speakers import first_person_spans
from stancelib.types import Document, Mention, Sentence

_LABEL = re.compile(
    r"^(?:(?P<asks>Q|QUESTION|Question|REPORTER|MODERATOR)|(?P<answers>A|ANSWER|Answer)"
    r"|(?P<name>[A-Z][^\W\d_]*(?:[ .'’-]{1,2}[A-Z(][^\W\d_]*[).]?){0,5}))\s?(?:\([^)\n]{1,40}\)\s?)?:[ \t]+(?=\S)",
    re.MULTILINE,
)
_NUMBERED = re.compile(r"(?:\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]|[-–•*])\s*", re.IGNORECASE)
_STEM_ENDS = (":", ",", ";")


class _Turn(NamedTuple):
    """What somebody says from a label to the next one; without speaker: somebody unknown."""

    start: int
    end: int
    speaker: Mention | None


def transcript_mentions(
    document: Document, sentences: Sequence[Sentence], mentions: Sequence[Mention], *, cast: Cast
) -> Iterator[tuple[int, Mention]]:
    """Yield the sentence and the mention for the speakers of an interview's or a briefing's turns.

    Args:
        document: The document; "Q:" and "A:" or a speaker's name with a colon begin its turns.
        sentences: Its sentences.
        mentions: Its mentions by name, sorted.
        cast: Its actors.
    """
    for turn in _turns(document, mentions, cast=cast):
        if turn.speaker is None:
            continue
        first = bisect_left(sentences, turn.start, key=lambda sentence: sentence.end - 1)
        for place in range(first, len(sentences)):
            sentence = sentences[place]
            if sentence.start >= turn.end:
                break
            speaker = turn.speaker
            if speaker.end <= sentence.start or sentence.end <= speaker.start:
                yield place, Mention(speaker.actor, speaker.start, speaker.end, "quote")
            start = max(sentence.start, turn.start)
            for span in first_person_spans(document.text, start, end=min(sentence.end, turn.end)):
                yield place, Mention(speaker.actor, *span, "pronoun")


def _turns(document: Document, mentions: Sequence[Mention], *, cast: Cast) -> Iterator[_Turn]:
    labels = list(_LABEL.finditer(document.text))
    if not labels:
        return
    answering = _answering(mentions, before=labels[0].start(), cast=cast)
    dialogue = {"asks", "answers"} <= {label.lastgroup for label in labels}
    for place, label in enumerate(labels):
        named = label.lastgroup == "name"
        if not named and not dialogue:
            continue
        end = labels[place + 1].start() if place + 1 < len(labels) else len(document.text)
        speaker = _named(label, mentions, cast=cast) if named else answering if label.lastgroup == "answers" else None
        if named or not dialogue:
            end = min(end, _paragraph_end(document.text, label.end(), shouted=label.group().isupper()))
        yield _Turn(label.end(), end, speaker)


def _paragraph_end(text: str, start: int, *, shouted: bool) -> int:
    """Return where a turn by name ends; one whose label is in capitals goes on to the next label."""
    end = text.find("\n", start)
    return len(text) if shouted or end < 0 else end


def _answering(mentions: Sequence[Mention], *, before: int, cast: Cast) -> Mention | None:
    """Return the person who is introduced before the first turn, if it is one alone."""
    persons = [mention for mention in mentions if mention.end <= before and cast.traits(mention).person]
    return persons[-1] if len({person.actor for person in persons}) == 1 else None


def _named(label: re.Match[str], mentions: Sequence[Mention], *, cast: Cast) -> Mention | None:
    """Return whom a label names: a person."""
    inside = [mention for mention in mentions if label.start() <= mention.start and mention.end <= label.end()]
    shouted = label["name"].isupper()
    persons = [mention for mention in inside if shouted or cast.traits(mention).person]
    return persons[0] if len({mention.actor for mention in inside}) == 1 and persons else None


def operative_mentions(
    sentences: Sequence[Sentence], named: Sequence[Sequence[Mention]], *, readings: Mapping[int, Reading]
) -> Iterator[tuple[int, Mention]]:
    """Yield the sentence and the mention for who demands in "1. Demands that ...": the subject of the stem before.

    Args:
        sentences: The document's sentences.
        named: The mentions by name of each sentence.
        readings: The sentences as understood.
    """
    issuer: Mention | None = None
    for place, sentence in enumerate(sentences):
        if _is_operative(sentence.text):
            if issuer is not None:
                yield place, Mention(issuer.actor, issuer.start, issuer.end, "quote")
        elif sentence.text.endswith(_STEM_ENDS):
            if issuer is None or sentence.text.endswith(":"):
                issuer = _issuer(named[place], readings.get(place))
        else:
            issuer = None


def _issuer(named: Sequence[Mention], reading: Reading | None) -> Mention | None:
    if reading is not None and reading.subject is not None and reading.subject.mentions:
        return reading.subject.mentions[0]
    return named[0] if named else None


def _is_operative(text: str) -> bool:
    """Say whether a sentence begins with what a resolution does: "2. Calls upon", "Recalling", "Deeply concerned"."""
    words = load_attribution_words()
    label = _NUMBERED.match(text)
    for word in text[label.end() if label else 0 :].split(maxsplit=5)[:5]:
        low = word.lower().rstrip(",")
        if low not in words["operative_adverbs"]:
            return low in words["operative"]
    return False
