"""What an encoder learns from a teacher: its answers on the labelled sentences, and on copies with other words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joblib import Memory
from tokenizers import Tokenizer
from tqdm import tqdm

from stancelib.codebook import Codebook
from stancelib.encoder.config import EncoderConfig
from stancelib.encoder.folders import checkpoint_folder
from stancelib.encoder.rewriting import similar_words, vary_examples
from stancelib.errors import DataError
from stancelib.labelled import LabelledCandidate
from stancelib.model import StanceModel
from stancelib.types import Candidate, Judgement

_PART = 2000
"""Candidates that are asked about before the answers are written."""


@dataclass(frozen=True)
class Lessons:
    """What is learnt from.

    Attributes:
        examples: Labelled candidates, then copies of them in which nothing is judged.
        origins: For each example the row of the labelled one that it is, or is a copy of.
        answers: What the teacher says of each example; None: there is no teacher.
    """

    examples: Sequence[LabelledCandidate]
    origins: Sequence[int]
    answers: Sequence[Judgement] | None = None

    def of(self, rows: Collection[int]) -> Lessons:
        """Return the lessons that are made of some of the labelled rows."""
        chosen = set(rows)
        kept = [k for k, origin in enumerate(self.origins) if origin in chosen]
        return Lessons(
            [self.examples[k] for k in kept],
            [self.origins[k] for k in kept],
            None if self.answers is None else [self.answers[k] for k in kept],
        )


def make_lessons(
    examples: Sequence[LabelledCandidate],
    *,
    teacher: StanceModel | None,
    codebook: Codebook,
    config: EncoderConfig,
    tokenizer: Tokenizer,
    embeddings: np.ndarray,
    folder: Path | None,
    fingerprint: str,
) -> Lessons:
    """Ask a teacher, where there is one, about the examples and about copies of them.

    Args:
        examples: Labelled candidates.
        teacher: Who is asked.
        codebook: What it has to know.
        config: Says how many copies, and how much they differ.
        tokenizer: The learner's, which says with ``embeddings`` what words are similar.
        embeddings: The learner's token embeddings, shape ``(n_tokens, width)``.
        folder: Where answers are kept, so that a killed run need not ask again; None: nowhere.
        fingerprint: Tells these questions from others.

    Raises:
        DataError: The teacher lacks a type of the codebook.
    """
    if teacher is None:
        return Lessons(examples, range(len(examples)))
    unknown = [type_id for type_id in codebook.type_ids if type_id not in teacher.codebook.type_ids]
    if unknown:
        raise DataError(
            f"teacher {teacher.name}: its codebook {teacher.codebook.label} lacks the type {unknown[0]!r}; "
            f"expected one that knows all types of {codebook.label}"
        )
    everything, origins = list(examples), list(range(len(examples)))
    if config.copies:
        similar = similar_words([example.candidate.sentence.text for example in examples], tokenizer, embeddings)
        copies, of = vary_examples(examples, similar, copies=config.copies, share=config.exchange, seed=config.seed)
        everything += copies
        origins += of
    candidates = [example.candidate for example in everything]
    memory = Memory(None if folder is None else checkpoint_folder(folder, "teacher"), verbose=0)
    ask = memory.cache(_ask, ignore=["teacher", "candidates"])
    label = f"{fingerprint} {config.copies} {config.exchange} {config.seed}"
    answers: list[Judgement] = []
    with tqdm(total=len(candidates), desc="asking the teacher", unit="pair", disable=not config.progress) as bar:
        for start in range(0, len(candidates), _PART):
            part = candidates[start : start + _PART]
            answers += ask(teacher, part, label=label, start=start)
            bar.update(len(part))
    return Lessons(everything, origins, answers)


def _ask(teacher: StanceModel, candidates: Sequence[Candidate], *, label: str, start: int) -> list[Judgement]:
    """Return the teacher's answers; ``label`` and ``start`` tell these questions from others."""
    return teacher.predict(candidates)
