"""How a linear model is fitted: vocabularies, heads, temperatures and thresholds, with scikit-learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from tqdm import tqdm

from stancelib.calibration import Thresholds, normalise, sigmoid
from stancelib.codebook import Codebook
from stancelib.errors import DataError
from stancelib.features import actor_features, pair_features
from stancelib.labelled import LabelledCandidate
from stancelib.linear import LinearHead, LinearModel, Vocabulary, render_candidates
from stancelib.supervision import ActorLabels, HeldOutLogits, PairLabels, actor_labels, calibrate, pair_labels

_SURE = 8.0
"""The logit of a class that training has always seen; negative: never."""

_MIN_GROUPS = 5

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearConfig:
    """How a linear model is fitted.

    Attributes:
        c_types: Inverse strength of the L2 penalty on the types head.
        c_pairs: The same for direction, target and status.
        min_df: Features that fewer candidates have are left out.
        n_folds: Folds of the cross-validation that temperatures, thresholds and stacked features come from.
        n_jobs: Processes that fit the folds.
        seed: For the solver.
        version: The version that the model carries.
        progress: Whether to show progress on standard error.
    """

    c_types: float = 10.0
    c_pairs: float = 10.0
    min_df: int = 3
    n_folds: int = 5
    n_jobs: int = 1
    seed: int = 0
    version: int = 1
    progress: bool = False


@dataclass(frozen=True)
class _Actors:
    """Judged candidates: features, labels, and what cross-validation keeps together, a row each."""

    bags: list[set[str]]
    labels: ActorLabels
    groups: npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Pairs:
    """Ordered pairs: features and labels, a row each."""

    bags: list[set[str]]
    labels: PairLabels


def fit_linear(
    examples: Sequence[LabelledCandidate],
    dev: Sequence[LabelledCandidate] = (),
    *,
    codebook: Codebook,
    name: str,
    config: LinearConfig,
) -> LinearModel:
    """Fit a linear model.

    Args:
        examples: What it learns from.
        dev: Held-out candidates for temperatures and thresholds; empty: cross-validated predictions are used.
        codebook: The types.
        name: The name that the model carries.
        config: How it is fitted.

    Raises:
        DataError: No example has its types judged.
    """
    actors, pairs = _actor_arrays(examples, codebook), _pair_arrays(examples, codebook)
    if not actors.labels.judged.any():
        raise DataError("no label has the key 'types'; expected at least one judged pair")
    vocabularies = _fit_vocabulary(actors.bags, config.min_df), _fit_vocabulary(pairs.bags, config.min_df)
    fitter = _Fitter(config, codebook)
    x_actors, x_pairs = vocabularies[0].vectorise(actors.bags), vocabularies[1].vectorise(pairs.bags)
    with tqdm(total=4 * (config.n_folds + 1), desc="fitting", disable=not config.progress) as bar:
        crossed, stacked = fitter.cross_predict(x_actors, x_pairs, actors, pairs, bar)
        heads = fitter.fit_heads(x_actors, x_pairs, actors, pairs, stacked, bar)
    model = LinearModel(name, config.version, codebook, Thresholds({}), *vocabularies, heads)
    if dev:
        dev_actors, dev_pairs = _actor_arrays(dev, codebook), _pair_arrays(dev, codebook)
        return _calibrated(model, _predict_logits(model, dev_actors, dev_pairs), dev_actors, dev_pairs)
    return _calibrated(model, crossed, actors, pairs)


class _Fitter:
    """Fits the heads of one model."""

    def __init__(self, config: LinearConfig, codebook: Codebook) -> None:
        self._config = config
        self._codebook = codebook

    def cross_predict(
        self, x_actors: csr_matrix, x_pairs: csr_matrix, actors: _Actors, pairs: _Pairs, bar: tqdm[None]
    ) -> tuple[HeldOutLogits, Array]:
        """Return cross-validated logits of all heads, and the type probabilities that the pair heads are to see."""
        folds = _folds(actors.groups, self._config.n_folds)
        n_types = len(self._codebook.types)
        types = self._cross(self._fit_types, x_actors, actors.labels.types, actors.labels.judged, folds, n_types, bar)
        proba = self._activate(types)[pairs.labels.owner]
        x_stacked = csr_matrix(hstack([x_pairs, csr_matrix(proba)]))
        pair_folds = folds[pairs.labels.owner]
        status = self._cross(
            self._fit_binary, x_actors, actors.labels.planned, actors.labels.planned >= 0, folds, 1, bar
        )
        direction = self._cross(
            self._fit_direction, x_stacked, pairs.labels.direction, pairs.labels.direction >= 0, pair_folds, 3, bar
        )
        target = self._cross(
            self._fit_binary, x_stacked, pairs.labels.target, pairs.labels.target >= 0, pair_folds, 1, bar
        )
        return HeldOutLogits(types, status, direction, target), proba

    def fit_heads(
        self, x_actors: csr_matrix, x_pairs: csr_matrix, actors: _Actors, pairs: _Pairs, stacked: Array, bar: tqdm[None]
    ) -> dict[str, LinearHead]:
        """Fit all heads on all examples; temperatures are 1 until they are calibrated."""
        x_stacked = csr_matrix(hstack([x_pairs, csr_matrix(stacked)]))
        labels, sided = actors.labels, pairs.labels
        n_actors, n_pairs = x_actors.shape[1], x_pairs.shape[1]
        tasks: list[tuple[str, _Fit, csr_matrix, npt.NDArray[np.generic], npt.NDArray[np.bool_], int]] = [
            ("types", self._fit_types, x_actors, labels.types, labels.judged, n_actors),
            ("status", self._fit_binary, x_actors, labels.planned, labels.planned >= 0, n_actors),
            ("direction", self._fit_direction, x_stacked, sided.direction, sided.direction >= 0, n_pairs),
            ("target", self._fit_binary, x_stacked, sided.target, sided.target >= 0, n_pairs),
        ]
        heads = {}
        for name, fit, x, y, judged, n_sparse in tasks:
            weights, bias = fit(x[judged], y[judged])
            heads[name] = LinearHead(
                sparse=weights[:n_sparse].astype(np.float32),
                dense=weights[n_sparse:].astype(np.float32),
                bias=bias.astype(np.float32),
                temperature=1.0,
            )
            bar.update()
        return heads

    def _cross(
        self,
        fit: _Fit,
        x: csr_matrix,
        y: npt.NDArray[np.generic],
        judged: npt.NDArray[np.bool_],
        folds: npt.NDArray[np.int64],
        n_classes: int,
        bar: tqdm[None],
    ) -> Array:
        insides = [folds == fold for fold in range(self._config.n_folds)]
        parts = Parallel(n_jobs=self._config.n_jobs, return_as="generator")(
            delayed(_fit_and_score)(fit, x, y, judged & ~inside, inside, n_classes) for inside in insides
        )
        logits = np.zeros((x.shape[0], n_classes))
        for inside, part in zip(insides, parts, strict=True):
            logits[inside] = part
            bar.update()
        return logits

    def _activate(self, logits: Array) -> Array:
        return normalise(logits, 1.0) if self._codebook.exclusive else sigmoid(logits, 1.0)

    def _fit_types(self, x: csr_matrix, y: npt.NDArray[np.generic]) -> tuple[Array, Array]:
        if self._codebook.exclusive:
            return _fit_softmax(x, y.argmax(axis=1), y.shape[1], c=self._config.c_types, seed=self._config.seed)
        columns = [
            _fit_logistic(x, y[:, k].astype(np.int64), c=self._config.c_types, seed=self._config.seed)
            for k in range(y.shape[1])
        ]
        return np.stack([w for w, _ in columns], axis=1), np.array([b for _, b in columns])

    def _fit_binary(self, x: csr_matrix, y: npt.NDArray[np.generic]) -> tuple[Array, Array]:
        weights, bias = _fit_logistic(x, y.astype(np.int64), c=self._config.c_pairs, seed=self._config.seed)
        return weights[:, None], np.array([bias])

    def _fit_direction(self, x: csr_matrix, y: npt.NDArray[np.generic]) -> tuple[Array, Array]:
        return _fit_softmax(x, y.astype(np.int64), 3, c=self._config.c_pairs, seed=self._config.seed)


def _fit_and_score(
    fit: _Fit,
    x: csr_matrix,
    y: npt.NDArray[np.generic],
    learn: npt.NDArray[np.bool_],
    held_out: npt.NDArray[np.bool_],
    n_classes: int,
) -> Array:
    weights, bias = fit(x[learn], y[learn]) if learn.any() else (np.zeros((x.shape[1], n_classes)), np.zeros(n_classes))
    return np.asarray(x[held_out] @ weights + bias, dtype=np.float64)


class _Fit(Protocol):
    """Fits weights of shape ``(n_features, n_classes)`` and a bias of shape ``(n_classes,)``."""

    def __call__(self, x: csr_matrix, y: npt.NDArray[np.generic], /) -> tuple[Array, Array]: ...


def _fit_logistic(x: csr_matrix, y: npt.NDArray[np.int64], *, c: float, seed: int) -> tuple[Array, float]:
    if len(np.unique(y)) < 2:  # nothing was judged, or always the same was said
        return np.zeros(x.shape[1]), _SURE if len(y) and y[0] else -_SURE
    # liblinear penalises the bias; the scaling makes that negligible.
    head = LogisticRegression(C=c, solver="liblinear", intercept_scaling=20.0, random_state=seed).fit(x, y)
    return np.asarray(head.coef_[0], dtype=np.float64), float(head.intercept_[0])


def _fit_softmax(
    x: csr_matrix, y: npt.NDArray[np.int64], n_classes: int, *, c: float, seed: int
) -> tuple[Array, Array]:
    weights, bias = np.zeros((x.shape[1], n_classes)), np.full(n_classes, -_SURE)
    seen = np.unique(y)
    if len(seen) == 1:
        bias[seen[0]] = _SURE
    elif len(seen) == 2:  # scikit-learn gives two classes one column
        w, b = _fit_logistic(x, (y == seen[1]).astype(np.int64), c=c, seed=seed)
        weights[:, seen[1]], bias[seen] = w, [0.0, b]
    elif len(seen):
        head = LogisticRegression(C=c, solver="lbfgs", max_iter=400, random_state=seed).fit(x, y)
        weights[:, seen], bias[seen] = head.coef_.T, head.intercept_
    return weights, bias


def _predict_logits(model: LinearModel, actors: _Actors, pairs: _Pairs) -> HeldOutLogits:
    x_actors = model.actor_vocabulary.vectorise(actors.bags)
    x_pairs = model.pair_vocabulary.vectorise(pairs.bags)
    stacked = model.stacked_proba(x_actors)[pairs.labels.owner]
    heads = model.heads
    return HeldOutLogits(
        types=heads["types"].logits(x_actors),
        status=heads["status"].logits(x_actors),
        direction=heads["direction"].logits(x_pairs, stacked),
        target=heads["target"].logits(x_pairs, stacked),
    )


def _calibrated(model: LinearModel, logits: HeldOutLogits, actors: _Actors, pairs: _Pairs) -> LinearModel:
    thresholds, temperatures = calibrate(logits, actors.labels, pairs.labels, codebook=model.codebook)
    heads = {name: replace(head, temperature=temperatures[name]) for name, head in model.heads.items()}
    return replace(model, thresholds=thresholds, heads=heads)


def _actor_arrays(examples: Sequence[LabelledCandidate], codebook: Codebook) -> _Actors:
    rendered = render_candidates([example.candidate for example in examples])
    return _Actors(
        bags=[actor_features(r, example.candidate.actor) for r, example in zip(rendered, examples, strict=True)],
        labels=actor_labels(examples, codebook),
        groups=_groups(examples),
    )


def _pair_arrays(examples: Sequence[LabelledCandidate], codebook: Codebook) -> _Pairs:
    rendered = render_candidates([example.candidate for example in examples])
    return _Pairs(
        bags=[
            pair_features(rendered[row], example.candidate.actor, other)
            for row, example in enumerate(examples)
            for other in example.candidate.others
        ],
        labels=pair_labels(examples, codebook),
    )


def _groups(examples: Sequence[LabelledCandidate]) -> npt.NDArray[np.int64]:
    """Number the groups of the cross-validation: by conflict; where there are too few conflicts, by document."""
    conflicts = [example.conflict.id if example.conflict else example.document_id for example in examples]
    names = conflicts if len(set(conflicts)) >= _MIN_GROUPS else [example.document_id for example in examples]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names], dtype=np.int64)


def _folds(groups: npt.NDArray[np.int64], n_folds: int) -> npt.NDArray[np.int64]:
    """Return the fold of each row; rows of a group share one, and with fewer groups than folds some stay empty."""
    folds = np.zeros(len(groups), dtype=np.int64)
    n = min(n_folds, len(np.unique(groups)))
    if n < 2:
        return np.arange(len(groups)) % n_folds
    for fold, (_, inside) in enumerate(GroupKFold(n_splits=n).split(folds, groups=groups)):
        folds[inside] = fold
    return folds


def _fit_vocabulary(bags: Sequence[set[str]], min_df: int) -> Vocabulary:
    counts = Counter(feature for bag in bags for feature in bag)
    # Small label files keep everything: a feature seen once is still better than none.
    floor = min_df if len(bags) >= 200 else 1
    features = tuple(sorted(feature for feature, n in counts.items() if n >= floor))
    n = max(len(bags), 1)
    idf = np.array([np.log((1 + n) / (1 + counts[feature])) + 1 for feature in features], dtype=np.float32)
    return Vocabulary(features, idf)
