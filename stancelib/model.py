"""The contract of a stance model, whatever its family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from stancelib.calibration import Thresholds
from stancelib.codebook import Codebook
from stancelib.types import Candidate, Judgement


class StanceModel(Protocol):
    """Says which stance an actor takes in a sentence, and towards which other actors of it."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def version(self) -> int:
        """The version of its weights."""

    @property
    def codebook(self) -> Codebook:
        """The types that it tells apart."""

    @property
    def thresholds(self) -> Thresholds:
        """From which probability on an answer is given."""

    def predict(self, candidates: Sequence[Candidate]) -> list[Judgement]:
        """Return one judgement for each candidate, in order.

        The same candidate gets the same judgement whatever stands beside it in the sequence.
        """
