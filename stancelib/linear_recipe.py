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

from stancelib.calibration import (
    Thresholds,
    fit_sigmoid_temperature,
    fit_softmax_temperature,
    fit_threshold,
    normalise,
    sigmoid,
)
from stancelib.codebook import Codebook
from stancelib.errors import DataError
from stancelib.features import actor_features, pair_features
from stancelib.labelled import LabelledCandidate
from stancelib.linear import AGAINST, FOR, NEITHER, LinearHead, LinearModel, Vocabulary, render_candidates

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
    """Judged candidates as arrays, a row each."""

    bags: list[set[str]]
    types: npt.NDArray[np.bool_]
    judged: npt.NDArray[np.bool_]
    """Whether the types of the row were judged."""
    planned: npt.NDArray[np.int64]
    """1 planned, 0 done, -1 not judged."""
    groups: npt.NDArray[np.int64]
    """What cross-validation keeps together."""


@dataclass(frozen=True)
class _Pairs:
    """Ordered pairs as arrays, a row each."""

    bags: list[set[str]]
    owner: npt.NDArray[np.int64]
    """The row of the actor among the candidates."""
    direction: npt.NDArray[np.int64]
    """FOR, AGAINST, NEITHER; -1 not judged."""
    target: npt.NDArray[np.int64]
    """1 target, 0 not; -1 not judged."""


@dataclass(frozen=True)
class _HeldOut:
    """Logits on examples that the heads which gave them have not seen, and the labels there."""

    types: Array
    status: Array
    direction: Array
    target: Array


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
    if not actors.judged.any():
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
        return _calibrate(model, _predict_logits(model, dev_actors, dev_pairs), dev_actors, dev_pairs)
    return _calibrate(model, crossed, actors, pairs)


class _Fitter:
    """Fits the heads of one model."""

    def __init__(self, config: LinearConfig, codebook: Codebook) -> None:
        self._config = config
        self._codebook = codebook

    def cross_predict(
        self, x_actors: csr_matrix, x_pairs: csr_matrix, actors: _Actors, pairs: _Pairs, bar: tqdm[None]
    ) -> tuple[_HeldOut, Array]:
        """Return cross-validated logits of all heads, and the type probabilities that the pair heads are to see."""
        folds = _folds(actors.groups, self._config.n_folds)
        n_types = len(self._codebook.types)
        types = self._cross(self._fit_types, x_actors, actors.types, actors.judged, folds, n_types, bar)
        proba = self._activate(types)[pairs.owner]
        x_stacked = csr_matrix(hstack([x_pairs, csr_matrix(proba)]))
        pair_folds = folds[pairs.owner]
        status = self._cross(self._fit_binary, x_actors, actors.planned, actors.planned >= 0, folds, 1, bar)
        direction = self._cross(
            self._fit_direction, x_stacked, pairs.direction, pairs.direction >= 0, pair_folds, 3, bar
        )
        target = self._cross(self._fit_binary, x_stacked, pairs.target, pairs.target >= 0, pair_folds, 1, bar)
        return _HeldOut(types, status, direction, target), proba

    def fit_heads(
        self, x_actors: csr_matrix, x_pairs: csr_matrix, actors: _Actors, pairs: _Pairs, stacked: Array, bar: tqdm[None]
    ) -> dict[str, LinearHead]:
        """Fit all heads on all examples; temperatures are 1 until they are calibrated."""
        x_stacked = csr_matrix(hstack([x_pairs, csr_matrix(stacked)]))
        tasks: list[tuple[str, _Fit, csr_matrix, npt.NDArray[np.generic], npt.NDArray[np.bool_], int]] = [
            ("types", self._fit_types, x_actors, actors.types, actors.judged, x_actors.shape[1]),
            ("status", self._fit_binary, x_actors, actors.planned, actors.planned >= 0, x_actors.shape[1]),
            ("direction", self._fit_direction, x_stacked, pairs.direction, pairs.direction >= 0, x_pairs.shape[1]),
            ("target", self._fit_binary, x_stacked, pairs.target, pairs.target >= 0, x_pairs.shape[1]),
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


def _predict_logits(model: LinearModel, actors: _Actors, pairs: _Pairs) -> _HeldOut:
    x_actors = model.actor_vocabulary.vectorise(actors.bags)
    x_pairs = model.pair_vocabulary.vectorise(pairs.bags)
    stacked = model.stacked_proba(x_actors)[pairs.owner]
    heads = model.heads
    return _HeldOut(
        types=heads["types"].logits(x_actors),
        status=heads["status"].logits(x_actors),
        direction=heads["direction"].logits(x_pairs, stacked),
        target=heads["target"].logits(x_pairs, stacked),
    )


def _calibrate(model: LinearModel, held_out: _HeldOut, actors: _Actors, pairs: _Pairs) -> LinearModel:
    """Return the model with temperatures and thresholds that suit held-out logits."""
    judged = actors.judged
    if model.codebook.exclusive:
        types_temperature = _softmax_temperature(held_out.types[judged], actors.types[judged].argmax(axis=1))
        proba = normalise(held_out.types, types_temperature)
    else:
        types_temperature = _sigmoid_temperature(held_out.types[judged], actors.types[judged])
        proba = sigmoid(held_out.types, types_temperature)
    planned, plan_judged = actors.planned == 1, actors.planned >= 0
    status_temperature = _sigmoid_temperature(held_out.status[plan_judged], planned[plan_judged, None])
    direction_judged, target_judged = pairs.direction >= 0, pairs.target >= 0
    direction_temperature = _softmax_temperature(
        held_out.direction[direction_judged], pairs.direction[direction_judged]
    )
    target_temperature = _sigmoid_temperature(held_out.target[target_judged], (pairs.target == 1)[target_judged, None])
    direction = normalise(held_out.direction, direction_temperature)[direction_judged]
    sides = np.concatenate([direction[:, FOR], direction[:, AGAINST]])
    sides_gold = np.concatenate([pairs.direction[direction_judged] == k for k in (FOR, AGAINST)])
    thresholds = Thresholds(
        types={
            type_id: fit_threshold(proba[judged, k], actors.types[judged, k])
            for k, type_id in enumerate(model.codebook.type_ids)
        },
        side=fit_threshold(sides, sides_gold),
        target=fit_threshold(
            sigmoid(held_out.target, target_temperature)[target_judged, 0], (pairs.target == 1)[target_judged]
        ),
        planned=fit_threshold(sigmoid(held_out.status, status_temperature)[plan_judged, 0], planned[plan_judged]),
    )
    temperatures = {
        "types": types_temperature,
        "status": status_temperature,
        "direction": direction_temperature,
        "target": target_temperature,
    }
    heads = {name: replace(head, temperature=temperatures[name]) for name, head in model.heads.items()}
    return replace(model, thresholds=thresholds, heads=heads)


def _sigmoid_temperature(logits: Array, gold: npt.NDArray[np.bool_]) -> float:
    return fit_sigmoid_temperature(logits, gold) if gold.any() and not gold.all() else 1.0


def _softmax_temperature(logits: Array, gold: npt.NDArray[np.int64]) -> float:
    return fit_softmax_temperature(logits, gold) if len(np.unique(gold)) > 1 else 1.0


def _actor_arrays(examples: Sequence[LabelledCandidate], codebook: Codebook) -> _Actors:
    rendered = render_candidates([example.candidate for example in examples])
    columns = {type_id: k for k, type_id in enumerate(codebook.type_ids)}
    types = np.zeros((len(examples), len(columns)), dtype=np.bool_)
    for row, example in enumerate(examples):
        for type_id in example.label.types or ():
            types[row, columns[type_id]] = True
    statuses = {"planned": 1, "done": 0, None: -1}
    judged = [example.label.types is not None for example in examples]
    if codebook.exclusive:
        judged = [bool(example.label.types) for example in examples]
    return _Actors(
        bags=[actor_features(r, example.candidate.actor) for r, example in zip(rendered, examples, strict=True)],
        types=types,
        judged=np.array(judged),
        planned=np.array([statuses[example.label.status] for example in examples], dtype=np.int64),
        groups=_groups(examples),
    )


def _pair_arrays(examples: Sequence[LabelledCandidate], codebook: Codebook) -> _Pairs:
    rendered = render_candidates([example.candidate for example in examples])
    bags, owner, direction, target = [], [], [], []
    for row, example in enumerate(examples):
        actor = example.candidate.actor
        for other in example.candidate.others:
            bags.append(pair_features(rendered[row], actor, other))
            owner.append(row)
            direction.append(pair_direction(example, other, codebook))
            target.append(pair_target(example, other))
    return _Pairs(
        bags,
        owner=np.array(owner, dtype=np.int64),
        direction=np.array(direction, dtype=np.int64),
        target=np.array(target, dtype=np.int64),
    )


def pair_direction(example: LabelledCandidate, other: str, codebook: Codebook) -> int:
    """Read from a label whether the stance is for or against another actor; -1 where the label leaves it open.

    Where several members of the side are there and the label names one of them as target, the side says it of that one.
    A third party is judged by the polarity of the types, where it is the target.
    """
    label = example.label
    sides = set(example.sides_of(other))
    targets = label.target or ()
    if sides and label.supports is not None and label.opposes is not None:
        told = FOR if sides & set(label.supports) else AGAINST if sides & set(label.opposes) else NEITHER
        rivals = [t for t in targets if t != other and sides & set(example.sides_of(t))]
        return -1 if told != NEITHER and rivals and other not in targets else told
    if label.types is None or (label.types and label.target is None):
        return -1
    if other not in targets:
        return NEITHER
    polarities = {codebook[type_id].side for type_id in label.types}
    if polarities <= {"neither"}:
        return NEITHER
    if "supports" in polarities and "opposes" not in polarities:
        return FOR
    return AGAINST if "opposes" in polarities and "supports" not in polarities else -1


def pair_target(example: LabelledCandidate, other: str) -> int:
    """Read from a label whether another actor is the stance's target: 1, 0, or -1 where it was not judged."""
    label = example.label
    if label.target is None:
        return 0 if label.types == () else -1
    return int(other in label.target)


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
