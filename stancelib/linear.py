"""The linear family: logistic heads over sparse features of the rendered actor or pair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from stancelib.calibration import Thresholds, normalise, sigmoid
from stancelib.codebook import Codebook
from stancelib.errors import ModelFormatError
from stancelib.features import actor_features, pair_features
from stancelib.heads import AGAINST, FOR
from stancelib.rendering import RoledSentence, render_sentence
from stancelib.types import Candidate, Judgement

Weights = npt.NDArray[np.float32]
"""Shape ``(n_features, n_classes)``."""

_BATCH = 512


@dataclass(frozen=True)
class Vocabulary:
    """Which feature is which column, and its weight (inverse document frequency) there."""

    features: tuple[str, ...]
    idf: npt.NDArray[np.float32]

    @cached_property
    def columns(self) -> Mapping[str, int]:
        """Return the column of each feature."""
        return {feature: column for column, feature in enumerate(self.features)}

    def vectorise(self, bags: Iterable[set[str]]) -> csr_matrix:
        """Return one row a bag, of unit length; features that the vocabulary lacks are passed over."""
        indices: list[int] = []
        ends = [0]
        columns = self.columns
        for bag in bags:
            indices += [column for column in map(columns.get, bag) if column is not None]
            ends.append(len(indices))
        index = np.array(indices, dtype=np.int32)
        matrix = csr_matrix(
            (self.idf[index].astype(np.float64), index, np.array(ends, dtype=np.int32)),
            shape=(len(ends) - 1, len(self.features)),
        )
        matrix.sort_indices()  # a set has no order of its own; sums are to be the same in every process
        length = np.sqrt(matrix.multiply(matrix).sum(axis=1)).A1
        matrix.data /= np.repeat(np.where(length > 0, length, 1.0), np.diff(matrix.indptr))
        return matrix


@dataclass(frozen=True)
class LinearHead:
    """Weights, bias and temperature of one head.

    Attributes:
        sparse: Weights of the vocabulary's features.
        dense: Weights of the type probabilities; no rows where the head does not see them.
        bias: One a class.
        temperature: What the logits are divided by.
    """

    sparse: Weights
    dense: Weights
    bias: npt.NDArray[np.float32]
    temperature: float

    def logits(
        self, features: csr_matrix, type_proba: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]:
        """Return the logits before the temperature, shape ``(n_rows, n_classes)``."""
        logits = np.asarray(features @ self.sparse.astype(np.float64)) + self.bias
        if type_proba is not None and len(self.dense):
            # einsum and not @: BLAS sums in another order for another batch size; equal input is to give equal output.
            logits = logits + np.einsum("ij,jk->ik", type_proba, self.dense.astype(np.float64))
        return np.asarray(logits, dtype=np.float64)


@dataclass(frozen=True)
class LinearModel:
    """A stance model of the linear family; see ``StanceModel`` for the contract."""

    name: str
    version: int
    codebook: Codebook
    thresholds: Thresholds
    actor_vocabulary: Vocabulary
    pair_vocabulary: Vocabulary
    heads: Mapping[str, LinearHead]
    """``types``, ``status``, ``direction`` and ``target``."""

    family = "linear"

    def __post_init__(self) -> None:
        """Check that vocabularies and heads fit each other.

        Raises:
            ModelFormatError: They do not.
        """
        n_types = len(self.codebook.types)
        expected = {"types": n_types, "status": 1, "direction": 3, "target": 1}
        for vocabulary in (self.actor_vocabulary, self.pair_vocabulary):
            _expect_shape("idf of a vocabulary", vocabulary.idf, (len(vocabulary.features),))
        for name, n_classes in expected.items():
            vocabulary = self.actor_vocabulary if name in ("types", "status") else self.pair_vocabulary
            head = self.heads[name]
            n_dense = n_types if len(head.dense) else 0
            _expect_shape(f"head {name!r}", head.sparse, (len(vocabulary.features), n_classes))
            _expect_shape(f"head {name!r} (dense)", head.dense, (n_dense, n_classes))
            _expect_shape(f"head {name!r} (bias)", head.bias, (n_classes,))

    def predict(self, candidates: Sequence[Candidate]) -> list[Judgement]:
        """Judge candidates: one judgement each, in order."""
        judgements: list[Judgement] = []
        for start in range(0, len(candidates), _BATCH):
            judgements += self._predict_batch(candidates[start : start + _BATCH])
        return judgements

    def _predict_batch(self, candidates: Sequence[Candidate]) -> list[Judgement]:
        rendered = render_candidates(candidates)
        actors = self.actor_vocabulary.vectorise(
            actor_features(r, c.actor) for r, c in zip(rendered, candidates, strict=True)
        )
        type_proba = self.type_proba(actors)
        planned = sigmoid(self.heads["status"].logits(actors), self.heads["status"].temperature)[:, 0]
        owner = [i for i, candidate in enumerate(candidates) for _ in candidate.others]
        pairs = [(i, other) for i, candidate in enumerate(candidates) for other in candidate.others]
        direction, target = self._judge_pairs(
            [pair_features(rendered[i], candidates[i].actor, other) for i, other in pairs],
            self.stacked_proba(actors)[owner],
        )
        directions: list[dict[str, tuple[float, float]]] = [{} for _ in candidates]
        targets: list[dict[str, float]] = [{} for _ in candidates]
        for (i, other), row, p in zip(pairs, direction, target, strict=True):
            directions[i][other] = (float(row[FOR]), float(row[AGAINST]))
            targets[i][other] = float(p)
        return [
            Judgement(
                types=dict(zip(self.codebook.type_ids, map(float, type_proba[i]), strict=True)),
                directions=directions[i],
                targets=targets[i],
                planned=float(planned[i]),
            )
            for i in range(len(candidates))
        ]

    def type_proba(self, actors: csr_matrix) -> npt.NDArray[np.float64]:
        """Return the calibrated probability of every type, one row an actor."""
        head = self.heads["types"]
        activate = normalise if self.codebook.exclusive else sigmoid
        return activate(head.logits(actors), head.temperature)

    def stacked_proba(self, actors: csr_matrix) -> npt.NDArray[np.float64]:
        """Return the type probabilities as the pair heads see them: before calibration, as when they were fitted."""
        activate = normalise if self.codebook.exclusive else sigmoid
        return activate(self.heads["types"].logits(actors), 1.0)

    def _judge_pairs(
        self, bags: Sequence[set[str]], type_proba: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        if not bags:
            return np.zeros((0, 3)), np.zeros(0)
        matrix = self.pair_vocabulary.vectorise(bags)
        direction, target = self.heads["direction"], self.heads["target"]
        return (
            normalise(direction.logits(matrix, type_proba), direction.temperature),
            sigmoid(target.logits(matrix, type_proba), target.temperature)[:, 0],
        )


def _expect_shape(what: str, array: npt.NDArray[np.float32], shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ModelFormatError(f"{what} has weights of shape {array.shape}; expected {shape}")


def render_candidates(candidates: Sequence[Candidate]) -> list[RoledSentence]:
    """Render candidates, a sentence with several of them only once."""
    rendered: list[RoledSentence] = []
    last: Candidate | None = None
    for candidate in candidates:
        if last is not None and candidate.mentions is last.mentions and candidate.sentence is last.sentence:
            rendered.append(rendered[-1])
        else:
            rendered.append(render_sentence(candidate))
        last = candidate
    return rendered
