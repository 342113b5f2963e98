"""Make candidates: each sentence of a document, or of a label file, with each actor that may take a stance in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from stancelib.attribution import attribute
from stancelib.cast import PRONOUNS, Index
from stancelib.reading import make_document
from stancelib.sentences import split_sentences
from stancelib.speakers import first_person_spans
from stancelib.types import (
    Candidate,
    Document,
    Label,
    LabelledArticle,
    LabelledSentence,
    Mark,
    Mention,
    Sentence,
    Via,
)

SEPARATOR = " "
"""Stands between a row's context and its text."""

_UNTAGGED = frozenset({"boilerplate", "byline", "date"})


def find_candidates(
    document: Document, index: Index, *, sentences: Sequence[Sentence] | None = None
) -> list[Candidate]:
    """Return one candidate for each sentence and actor.

    Args:
        document: The document.
        index: Finds its actors.
        sentences: Its sentences; None: they are split here.

    Returns:
        Candidates in reading order, within a sentence by the actor's first mention. Those of one sentence share the
        sentence and the tuple of mentions. Bylines, dates and boilerplate give none.
    """
    if sentences is None:
        sentences = split_sentences(document)
    apart = [region for region in document.regions if region.kind in _UNTAGGED]
    mentions = attribute(document, sentences, index.find(document), index=index)
    return [
        Candidate(sentence, actor, own, kinds)
        for sentence, own in zip(sentences, mentions, strict=True)
        if not any(region.start <= sentence.start and sentence.end <= region.end for region in apart)
        for kinds in [_kinds_of(own, index)]
        for actor in _actors_of(own)
    ]


def row_candidates(row: LabelledSentence, index: Index) -> list[Candidate]:
    """Return one candidate for each labelled actor of a row, or for each marked one where nothing is labelled.

    The marks hold; what else is found must not overlap them. Offsets count in the row's context, the separator and
    its text, so that ``mention.start - sentence.start`` is the place in the row's text. An actor that is marked in the
    context alone and not found in the text is the speaker of the text.
    """
    document = row_document(row)
    context = document.text[: len(document.text) - len(row.text)]
    before = split_sentences(replace(document, text=row.context, regions=())) if row.context.strip() else []
    sentence = Sentence(row.id, len(before), len(context), len(document.text), row.text)
    marks = [_to_mention(mark, document.text, offset=0 if mark.in_context else len(context)) for mark in row.actors]
    found = attribute(document, [*before, sentence], _with_found(document, marks, index=index), index=index)
    return _judged_candidates(sentence, found[-1], marks=marks, labels=row.labels, index=index)


def row_document(row: LabelledSentence) -> Document:
    """Return the document that a row makes: its context, the separator and its text."""
    context = row.context + SEPARATOR if row.context else ""
    return _running_text(make_document(context + row.text, id=row.id, date=row.date, conflict=row.conflict))


def article_candidates(article: LabelledArticle, index: Index) -> list[list[Candidate]]:
    """Return for each sentence of a labelled article one candidate for each labelled (or else marked) actor.

    The article's own sentences and marks hold. A mark outside of its sentence names who speaks in the sentence.
    """
    document = _running_text(make_document(article.text, id=article.id, date=article.date, conflict=article.conflict))
    order = sorted(range(len(article.sentences)), key=lambda number: article.sentences[number].start)
    sentences = [
        Sentence(article.id, number, entry.start, entry.end, article.text[entry.start : entry.end])
        for number, entry in enumerate(article.sentences)
    ]
    marks = [[_to_mention(mark, article.text, offset=0) for mark in entry.actors] for entry in article.sentences]
    inside = sorted({mark for own in marks for mark in own}, key=lambda mark: (mark.start, mark.end, mark.actor))
    mentions = _with_found(document, inside, index=index)
    found = attribute(document, [sentences[number] for number in order], mentions, index=index)
    by_number = dict(zip(order, found, strict=True))
    return [
        _judged_candidates(sentence, by_number[number], marks=marks[number], labels=entry.labels, index=index)
        for number, (sentence, entry) in enumerate(zip(sentences, article.sentences, strict=True))
    ]


def _running_text(document: Document) -> Document:
    """Keep only the datelines: what looks like a caption or boilerplate was labelled as running text."""
    return replace(document, regions=tuple(region for region in document.regions if region.kind == "dateline"))


def _to_mention(mark: Mark, text: str, *, offset: int) -> Mention:
    start, end = mark.start + offset, mark.end + offset
    via: Via = mark.via or ("pronoun" if text[start:end].lower() in PRONOUNS else "name")
    return Mention(mark.actor, start, end, via)


def _with_found(document: Document, marks: Sequence[Mention], *, index: Index) -> list[Mention]:
    """Return the given mentions and those found where none is given, sorted."""
    found = [
        mention
        for mention in index.find(document)
        if not any(mark.start < mention.end and mention.start < mark.end for mark in marks)
    ]
    return sorted({*marks, *found}, key=lambda mention: (mention.start, mention.end, mention.via, mention.actor))


def _judged_candidates(
    sentence: Sentence, found: Sequence[Mention], *, marks: Sequence[Mention], labels: Sequence[Label], index: Index
) -> list[Candidate]:
    judged = [label.actor for label in labels] or [mark.actor for mark in marks]
    actors = list(dict.fromkeys(judged))
    speakers = [_speaking(actor, marks) for actor in actors if all(mention.actor != actor for mention in found)]
    words = list(_own_words(sentence, found, speaker=speakers[0].actor)) if len(speakers) == 1 else []
    mentions = tuple(sorted([*found, *speakers, *words], key=lambda m: (m.start, m.end, m.via, m.actor)))
    kinds = _kinds_of(mentions, index)
    return [Candidate(sentence, actor, mentions, kinds) for actor in actors]


def _speaking(actor: str, marks: Iterable[Mention]) -> Mention:
    """Return the last mark of an actor, a name rather than a pronoun, as the mention of a speaker.

    Raises:
        ValueError: The actor is labelled and has no mark.
    """
    own = [mark for mark in marks if mark.actor == actor]
    if not own:
        raise ValueError(
            f"actor {actor!r} is labelled and not marked; expected one of {sorted({m.actor for m in marks})}"
        )
    last = max(own, key=lambda mark: (mark.via != "pronoun", mark.start))
    return replace(last, via="quote")


def _own_words(sentence: Sentence, found: Sequence[Mention], *, speaker: str) -> Iterator[Mention]:
    """Yield "we" and "our" of a text whose only speaker the context names, where they are nobody else's."""
    for first, last in first_person_spans(sentence.text, 0, end=len(sentence.text)):
        start, end = first + sentence.start, last + sentence.start
        if not any(mention.start < end and start < mention.end for mention in found):
            yield Mention(speaker, start, end, "pronoun")


def _kinds_of(mentions: Iterable[Mention], index: Index) -> dict[str, str]:
    return {actor: index.actor(actor).kind for actor in dict.fromkeys(mention.actor for mention in mentions)}


def _actors_of(mentions: Iterable[Mention]) -> list[str]:
    return list(dict.fromkeys(mention.actor for mention in sorted(mentions, key=lambda m: (m.start, m.end))))
