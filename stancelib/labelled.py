"""Labelled rows as candidates with their labels: what training learns from and evaluation judges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from stancelib.actors import ActorIndex
from stancelib.candidates import article_candidates, row_candidates, row_document
from stancelib.conflict import Conflict
from stancelib.reading import document_agency
from stancelib.records import LabelRow
from stancelib.types import Candidate, Label, LabelledArticle, LabelledSentence

IndexLookup = Callable[[str | None], ActorIndex]
"""From a conflict's id (None: no conflict) to the index of its actors."""


@dataclass(frozen=True, slots=True)
class LabelledCandidate:
    """A candidate with what a coder said of it.

    Attributes:
        text: The text that the candidate's offsets count in.
        sentence_id: The row it came from; of an article, ``id#number of the sentence``.
        document_id: The row's or article's id: what a bootstrap resamples.
        source: Who published it: as the row says, or the agency that an article's dateline names.
    """

    candidate: Candidate
    label: Label
    conflict: Conflict | None
    date: date | None
    text: str
    sentence_id: str
    document_id: str
    phenomena: tuple[str, ...] = ()
    source: str = ""

    def sides_of(self, actor: str) -> tuple[str, ...]:
        """Return the sides that an actor has in the row's conflict on the row's day."""
        return self.conflict.sides_of(actor, self.date) if self.conflict else ()


def label_candidates(rows: Iterable[LabelRow], indices: IndexLookup) -> list[LabelledCandidate]:
    """Return one labelled candidate for each label of each row, in order."""
    labelled: list[LabelledCandidate] = []
    for row in rows:
        index = indices(row.conflict)
        if isinstance(row, LabelledArticle):
            labelled += _from_article(row, index)
        else:
            labelled += _from_sentence(row, index)
    return labelled


def _from_sentence(row: LabelledSentence, index: ActorIndex) -> list[LabelledCandidate]:
    candidates = row_candidates(row, index) if row.labels else []
    text = row_document(row).text
    return [
        LabelledCandidate(candidate, label, index.conflict, row.date, text, row.id, row.id, row.phenomena, row.source)
        for candidate, label in _match(candidates, row.labels)
    ]


def _from_article(article: LabelledArticle, index: ActorIndex) -> list[LabelledCandidate]:
    labelled = []
    source = article.source or document_agency(article.text)
    for number, (sentence, candidates) in enumerate(
        zip(article.sentences, article_candidates(article, index), strict=True)
    ):
        labelled += [
            LabelledCandidate(
                candidate,
                label,
                index.conflict,
                article.date,
                article.text,
                f"{article.id}#{number}",
                article.id,
                source=source,
            )
            for candidate, label in _match(candidates, sentence.labels)
        ]
    return labelled


def _match(candidates: Sequence[Candidate], labels: Sequence[Label]) -> list[tuple[Candidate, Label]]:
    by_actor = {candidate.actor: candidate for candidate in candidates}
    return [(by_actor[label.actor], label) for label in labels]
