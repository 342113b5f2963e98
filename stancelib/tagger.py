"""The tagger: from text to stance tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path

from stancelib.actors import ActorIndex
from stancelib.answers import make_tag
from stancelib.candidates import find_candidates, row_candidates, row_document
from stancelib.conflict import Conflict, load_conflict
from stancelib.errors import DataError, UnknownNameError
from stancelib.explaining import explain_tags
from stancelib.model import StanceModel
from stancelib.persistence import load_model
from stancelib.reading import make_document
from stancelib.records import ConflictLookup, conflict_lookup
from stancelib.types import Candidate, Document, Example, Explanation, Judgement, Label, LabelledSentence, StanceTag
from stancelib.world import World, load_world

_BATCH = 64
"""Documents judged together by ``pipe``."""


def load(
    model: str | Path | StanceModel | None = None,
    conflict: str | Path | Conflict | None = None,
    *,
    conflicts: Sequence[Conflict] = (),
    threads: int = 0,
) -> StanceTagger:
    """Load a tagger.

    Args:
        model: A shipped model's name, a model folder, or a model; None: the shipped default.
        conflict: The conflict whose sides and local actors count: a shipped id, a conflict file, or a value.
            None: types and targets only, unless a document names its conflict.
        conflicts: Further conflicts that documents may name, beside the shipped ones.
        threads: Batches of sentences that an encoder works on at the same time; 0: one a processor.

    Raises:
        UnknownNameError: There is no such model or conflict.
        DataError: The conflict file is not of the format.
        ModelFormatError: The model folder cannot be trusted or read.
    """
    loaded = load_model(model, threads=threads) if model is None or isinstance(model, str | Path) else model
    chosen = load_conflict(conflict) if isinstance(conflict, str | Path) else conflict
    given = [*conflicts, *([chosen] if chosen else [])]
    return StanceTagger(loaded, conflict=chosen, conflicts=conflict_lookup(given), world=load_world())


class StanceTagger:
    """Says for every sentence which actor takes which stance.

    Args:
        model: What judges the candidates.
        conflict: The conflict of documents that name none.
        conflicts: Finds the conflicts that documents name.
        world: The states and organisations.
    """

    def __init__(
        self, model: StanceModel, *, conflict: Conflict | None, conflicts: ConflictLookup, world: World
    ) -> None:
        self.model = model
        self.conflict = conflict
        self.conflict_lookup = conflicts
        self._world = world
        self._indices: dict[str | None, ActorIndex] = {}

    def tag(
        self,
        text: str,
        date: date | str | None = None,
        *,
        doc_id: str = "",
        keep_all: bool = False,
        any_language: bool = False,
        sure_only: bool = False,
    ) -> list[StanceTag]:
        """Return the stance tags of a text, in reading order.

        Args:
            text: The text as it is; offsets of the tags count its characters.
            date: The day of the text, which says who held which office, also as ISO text; None: its own leading date,
                if it has one.
            doc_id: What the tags call the document.
            keep_all: Whether to return the candidates without a stance too.
            any_language: Whether to tag a text that is not English.
            sure_only: Whether to leave out answers below the model's abstention threshold.

        Raises:
            ValueError: The date is none.
        """
        document = make_document(text, id=doc_id, date=date)
        return next(self.pipe([document], keep_all=keep_all, any_language=any_language, sure_only=sure_only))

    def pipe(
        self,
        documents: Iterable[Document | str],
        *,
        keep_all: bool = False,
        any_language: bool = False,
        sure_only: bool = False,
        explain: bool = False,
    ) -> Iterator[list[StanceTag]]:
        """Yield the tags of each document, in order; only a batch of documents is held at a time.

        Args:
            documents: Documents, or plain texts (called by their number).
            keep_all: Whether to yield the candidates without a stance too.
            any_language: Whether to tag documents that are not English; otherwise they get an empty list.
            sure_only: Whether to leave out answers below the model's abstention threshold.
            explain: Whether each tag is to have its ``explanation``, as ``explain`` gives it.

        Raises:
            DataError: A document names a conflict that is neither shipped nor given.
            TypeError: One text is given instead of several, or something else that is neither document nor text.
        """
        if isinstance(documents, str | Document):
            raise TypeError(f"one {type(documents).__name__} is given; expected several, as in pipe([document])")
        found = self._pipe(enumerate(documents), any_language=any_language)
        kept = ([tag for tag in tags if (keep_all or tag.types) and (tag.sure or not sure_only)] for tags in found)
        return map(self._explained, kept) if explain else kept

    def _pipe(self, stream: Iterator[tuple[int, Document | str]], *, any_language: bool) -> Iterator[list[StanceTag]]:
        while batch := list(islice(stream, _BATCH)):
            ready = [_to_document(document, number) for number, document in batch]
            found = [self._candidates(document, any_language=any_language) for document in ready]
            judgements = iter(self.model.predict([candidate for group in found for candidate in group]))
            for document, group in zip(ready, found, strict=True):
                index = self.index(document.conflict)
                yield [
                    make_tag(
                        candidate,
                        next(judgements),
                        actor=index.actor(candidate.actor),
                        document=document,
                        conflict=index.conflict,
                        model=self.model,
                    )
                    for candidate in group
                ]

    def predict(self, examples: Sequence[Example]) -> list[StanceTag]:
        """Return one tag for each example, in order, also where it takes no stance.

        The offsets of a tag count from the start of the example's text; a mention that stands in the context has
        offsets below zero.

        Raises:
            DataError: An example asks about an actor that it does not mark, or a mark lies outside its text.
        """
        rows = [_to_row(example, number) for number, example in enumerate(examples)]
        candidates = [row_candidates(row, self.index(row.conflict))[0] for row in rows]
        judgements = self.model.predict(candidates)
        return [
            self._example_tag(row, candidate, judgement)
            for row, candidate, judgement in zip(rows, candidates, judgements, strict=True)
        ]

    def explain(self, tag: StanceTag) -> Explanation:
        """Return which words carried the answers of a tag, with spans that count as those of the tag do.

        Every word of the tag's sentence that names no actor is left out in turn, and the model asked again; a word's
        score is the change of the answer's log-odds. This costs as much as judging one candidate for each word.

        Raises:
            DataError: The tag was made by another model or with another conflict than this tagger's, or by hand, and
                so does not hold what the model was asked.
        """
        return explain_tags([tag], model=self.model, conflicts=[self._conflict_of(tag)])[0]

    def unknown(self, documents: Iterable[Document]) -> Counter[str]:
        """Count the capitalised names that neither the world nor the conflict knows."""
        names: Counter[str] = Counter()
        for document in documents:
            index = self.index(document.conflict)
            names.update(index.unknown_names(document, index.find(document)))
        return names

    def index(self, conflict_id: str | None) -> ActorIndex:
        """Return the actors of a conflict, or of the tagger's own; kept for the next document.

        Raises:
            UnknownNameError: There is no such conflict.
        """
        if conflict_id not in self._indices:
            conflict = self.conflict_lookup(conflict_id) if conflict_id else self.conflict
            self._indices[conflict_id] = ActorIndex(self._world, conflict)
        return self._indices[conflict_id]

    def _explained(self, tags: Sequence[StanceTag]) -> list[StanceTag]:
        found = explain_tags(tags, model=self.model, conflicts=[self._conflict_of(tag) for tag in tags])
        return [replace(tag, explanation=explanation) for tag, explanation in zip(tags, found, strict=True)]

    def _conflict_of(self, tag: StanceTag) -> Conflict | None:
        """Return the conflict that a tag names by its label."""
        if tag.conflict is None or (self.conflict and self.conflict.label == tag.conflict):
            return self.conflict if tag.conflict else None
        return self.conflict_lookup(tag.conflict.rpartition("@")[0])

    def _candidates(self, document: Document, *, any_language: bool) -> list[Candidate]:
        if not any_language and document.language not in (None, "en"):
            return []
        try:
            index = self.index(document.conflict)
        except DataError as error:
            raise DataError(f"document {document.id!r}: {error}") from error
        return find_candidates(document, index)

    def _example_tag(self, row: LabelledSentence, candidate: Candidate, judgement: Judgement) -> StanceTag:
        index = self.index(row.conflict)
        tag = make_tag(
            candidate,
            judgement,
            actor=index.actor(candidate.actor),
            document=row_document(row),
            conflict=index.conflict,
            model=self.model,
        )
        return _shift(tag, -candidate.sentence.start)


def _to_document(document: Document | str, number: int) -> Document:
    if isinstance(document, str):
        return make_document(document, id=str(number))
    if not isinstance(document, Document):
        raise TypeError(f"document {number} is a {type(document).__name__}; expected a Document or a str")
    return document


def _to_row(example: Example, number: int) -> LabelledSentence:
    where = f"example {example.id or number}"
    marked = {mark.actor for mark in example.actors}
    if example.actor not in marked:
        raise UnknownNameError("actor", example.actor, marked, where=where)
    for mark in example.actors:
        n = len(example.context if mark.in_context else example.text)
        if not 0 <= mark.start < mark.end <= n:
            raise DataError(
                f"{where}: mark of {mark.actor!r} spans {mark.start}-{mark.end}; expected start < end <= {n}"
            )
    return LabelledSentence(
        id=example.id,
        text=example.text,
        actors=example.actors,
        labels=(Label(example.actor),),
        conflict=example.conflict,
        context=example.context,
        date=example.date,
    )


def _shift(tag: StanceTag, by: int) -> StanceTag:
    mention, target = tag.mention, tag.target
    return replace(
        tag,
        start=tag.start + by,
        end=tag.end + by,
        mention=replace(mention, start=mention.start + by, end=mention.end + by),
        target=None if target is None else replace(target, start=target.start + by, end=target.end + by),
    )
