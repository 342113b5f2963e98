"""Labelled candidates as a Hugging Face dataset, a row a sentence, and its rows as batches for the network.

Needs torch and datasets. What was not judged has weight 0 and so teaches nothing.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch import Tensor

from stancelib.codebook import Codebook
from stancelib.encoder.network import Batch
from stancelib.encoder.rendering import N_ROLES, RenderedSentence, RoleRenderer, Style
from stancelib.encoder.rewriting import rename_actors
from stancelib.heads import N_DIRECTIONS
from stancelib.labelled import LabelledCandidate
from stancelib.supervision import ActorLabels, PairLabels, actor_labels, pair_labels
from stancelib.types import Candidate, Judgement


@dataclass(frozen=True, slots=True)
class Targets:
    """What the heads should say of a batch, and how much each answer counts.

    Attributes:
        actors: Rows of the judged actors among the batch's actors.
        types: Probabilities, shape ``(n_judged, n_types)``; ``types_weight`` has shape ``(n_judged,)``.
        status: Shape ``(n_judged,)``, as its weight.
        direction: Probabilities, shape ``(n_pairs, 3)``; its weight has shape ``(n_pairs,)``.
        target: Shape ``(n_pairs,)``, as its weight.
    """

    actors: Tensor
    types: Tensor
    types_weight: Tensor
    status: Tensor
    status_weight: Tensor
    direction: Tensor
    direction_weight: Tensor
    target: Tensor
    target_weight: Tensor

    def to(self, device: torch.device) -> Targets:
        """Return the targets on a device."""
        return Targets(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


class SentenceSet:
    """Labelled sentences, ready to be rendered and batched.

    Args:
        examples: Labelled candidates.
        codebook: Their types.
        renderer: Makes token ids of them.
        names: Names that may stand in for others where sentences are renamed.
        teacher: What a teacher says of the examples, in order; None: there is none.
        trust: How much the teacher's answer counts beside the label, 0 to 1; where nothing was judged it counts alone.
    """

    def __init__(
        self,
        examples: Sequence[LabelledCandidate],
        codebook: Codebook,
        renderer: RoleRenderer,
        *,
        names: Sequence[str] = (),
        teacher: Sequence[Judgement] | None = None,
        trust: float = 0.5,
    ) -> None:
        self.examples = examples
        self._codebook = codebook
        self._renderer = renderer
        self._names = names
        self._candidates, self.rows = _group(examples)
        self.labels = actor_labels(examples, codebook), pair_labels(examples, codebook)
        said = None if teacher is None else _said(examples, teacher, codebook)
        self.dataset = _dataset(examples, self.rows, self.labels, said=said, trust=trust)

    def __len__(self) -> int:
        return len(self._candidates)

    def batches(self, size: int, rng: random.Random | None) -> list[list[int]]:
        """Return the sentences' numbers in batches of about equal length; shuffled where there is a generator."""
        order = list(range(len(self)))
        if rng is None:
            order.sort(key=self._length)
            return [order[k : k + size] for k in range(0, len(order), size)]
        rng.shuffle(order)
        batches: list[list[int]] = []
        pool = size * 20  # sorted by length within pools, so that epochs still differ
        for start in range(0, len(order), pool):
            part = sorted(order[start : start + pool], key=self._length)
            batches += [part[k : k + size] for k in range(0, len(part), size)]
        rng.shuffle(batches)
        return batches

    def batch(
        self, numbers: Sequence[int], *, styles: Mapping[Style, float], rename: float = 0.0, rng: random.Random | None
    ) -> tuple[Batch, Targets]:
        """Render some sentences, and return them with their targets.

        Args:
            numbers: Which sentences.
            styles: How often each style is drawn.
            rename: How often the names of a sentence are exchanged for others.
            rng: Draws styles, roles and names; None: the likeliest style and the roles in order.
        """
        chosen, weights = list(styles), list(styles.values())
        rendered = []
        for number in numbers:
            candidate = self._candidates[number]
            if rng is None:
                style = max(styles, key=lambda style: styles[style])
                rendered.append(self._renderer.render(candidate, style=style))
                continue
            if rename and rng.random() < rename:
                candidate = rename_actors(candidate, self._names, rng)
            style = rng.choices(chosen, weights)[0]
            rendered.append(self._renderer.render(candidate, style=style, order=rng.sample(range(N_ROLES), N_ROLES)))
        return _collate(rendered, self.dataset[list(numbers)], n_types=len(self._codebook.types))

    def _length(self, number: int) -> int:
        return len(self._candidates[number].sentence.text)


def _group(examples: Sequence[LabelledCandidate]) -> tuple[list[Candidate], list[list[int]]]:
    """Return a candidate of each sentence, and the rows of the examples that belong to it."""
    rows: dict[tuple[object, ...], list[int]] = {}
    for row, example in enumerate(examples):
        key = (example.sentence_id, example.candidate.sentence, example.candidate.mentions)
        rows.setdefault(key, []).append(row)
    return [examples[own[0]].candidate for own in rows.values()], list(rows.values())


def _dataset(
    examples: Sequence[LabelledCandidate],
    groups: Sequence[Sequence[int]],
    labels: tuple[ActorLabels, PairLabels],
    *,
    said: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None,
    trust: float,
) -> Dataset:
    actors, pairs = labels
    types, direction = actors.types.astype(np.float32), np.eye(N_DIRECTIONS, dtype=np.float32)[pairs.direction]
    status, target = (actors.planned == 1).astype(np.float32), (pairs.target == 1).astype(np.float32)
    weights = [
        part.astype(np.float32)
        for part in (actors.judged, actors.planned >= 0, pairs.direction >= 0, pairs.target >= 0)
    ]
    if said is not None:
        for k, gold in enumerate((types, status, direction, target)):
            share = np.where(weights[k] > 0, trust, 1.0).astype(np.float32)
            gold += (said[k] - gold) * share.reshape(-1, *[1] * (gold.ndim - 1))
            weights[k][:] = 1.0
    counts = np.bincount(pairs.owner, minlength=len(examples))
    starts = np.concatenate([[0], np.cumsum(counts)])
    columns: dict[str, list[Any]] = {
        name: []
        for name in (
            *("sentence_id", "document_id", "actors", "others", "types", "types_weight", "status", "status_weight"),
            *("direction", "direction_weight", "target", "target_weight"),
        )
    }
    for own in groups:
        span = [pair for row in own for pair in range(starts[row], starts[row + 1])]
        columns["sentence_id"].append(examples[own[0]].sentence_id)
        columns["document_id"].append(examples[own[0]].document_id)
        columns["actors"].append([examples[row].candidate.actor for row in own])
        columns["others"].append([list(examples[row].candidate.others) for row in own])
        for name, values in (("types", types), ("types_weight", weights[0]), ("status", status)):
            columns[name].append(values[list(own)].tolist())
        columns["status_weight"].append(weights[1][list(own)].tolist())
        for name, values in (("direction", direction), ("direction_weight", weights[2]), ("target", target)):
            columns[name].append(values[span].tolist())
        columns["target_weight"].append(weights[3][span].tolist())
    return Dataset.from_dict(columns)


def _said(
    examples: Sequence[LabelledCandidate], teacher: Sequence[Judgement], codebook: Codebook
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    types = np.array([[said.types[type_id] for type_id in codebook.type_ids] for said in teacher], dtype=np.float32)
    status = np.array([said.planned for said in teacher], dtype=np.float32)
    pairs = [
        (*said.directions[other], 1.0 - sum(said.directions[other]), said.targets[other])
        for example, said in zip(examples, teacher, strict=True)
        for other in example.candidate.others
    ]
    table = np.array(pairs, dtype=np.float32).reshape(-1, 4)
    return types, status, table[:, :3], table[:, 3]


def _collate(rendered: Sequence[RenderedSentence], rows: Mapping[str, Any], *, n_types: int) -> tuple[Batch, Targets]:
    length = max(len(sentence.ids) for sentence in rendered)
    ids, mask = torch.zeros(len(rendered), length, dtype=torch.long), torch.zeros(len(rendered), length)
    pool: list[Tensor] = []
    owner: list[int] = []
    number: dict[tuple[int, str], int] = {}
    for row, sentence in enumerate(rendered):
        ids[row, : len(sentence.ids)] = torch.tensor(sentence.ids)
        mask[row, : len(sentence.ids)] = 1
        for actor, places in sentence.places.items():
            number[row, actor] = len(owner)
            owner.append(row)
            weights = torch.zeros(length)
            weights[list(places)] = 1 / len(places)
            pool.append(weights)
    asked = [(row, actor) for row, actors in enumerate(rows["actors"]) for actor in actors]
    others = iter(others for group in rows["others"] for others in group)
    pairs = [
        (number[row, actor], number[row, other])
        for (row, actor), own in zip(asked, islice(others, len(asked)), strict=True)
        for other in own
    ]
    batch = Batch(
        ids,
        mask.long(),
        torch.stack(pool),
        torch.tensor(owner, dtype=torch.long),
        torch.tensor(pairs, dtype=torch.long).reshape(-1, 2),
    )
    widths = {"types": n_types, "direction": N_DIRECTIONS}
    names = [name for name in Targets.__dataclass_fields__ if name != "actors"]
    actors = torch.tensor([number[key] for key in asked], dtype=torch.long)
    return batch, Targets(actors, **{name: _joined(rows[name], widths.get(name)) for name in names})


def _joined(groups: Sequence[Sequence[Any]], width: int | None = None) -> Tensor:
    values = torch.tensor([value for group in groups for value in group], dtype=torch.float32)
    return values if width is None else values.reshape(-1, width)
