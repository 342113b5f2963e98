from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from encoder_kit import make_renderer, make_rows, quick, read_examples, write_rows
from hypothesis import given
from hypothesis import strategies as st

from stancelib.codebook import Codebook
from stancelib.conflict import Conflict
from stancelib.encoder.examples import SentenceSet, Targets
from stancelib.encoder.fitting import Fitter
from stancelib.encoder.network import HeadLogits
from stancelib.heads import AGAINST, NEITHER
from stancelib.labelled import LabelledCandidate
from stancelib.types import Judgement

RENDERER = make_renderer([row["text"] for row in make_rows()])
MARKED = {"marked": 1.0}


@pytest.fixture(scope="module")
def sentences(examples: list[LabelledCandidate], codebook: Codebook) -> SentenceSet:
    return SentenceSet(examples, codebook, RENDERER)


def _sides(first: str, second: str, codebook: Codebook, *, p: float = 0.75) -> Judgement:
    """Return an answer that is as sure of everything."""
    return Judgement(dict.fromkeys(codebook.type_ids, p), {second: (0.5, 0.25)}, {second: p}, p)


def test_a_sentence_is_one_row(sentences: SentenceSet, examples: list[LabelledCandidate]) -> None:
    assert (len(sentences), len(examples), len(sentences.dataset)) == (60, 120, 60)
    assert sorted(row for rows in sentences.rows for row in rows) == list(range(120))
    assert sentences.dataset[0]["actors"] == ["TALVIA", "MORVIA"]
    assert sentences.dataset[0]["others"] == [["MORVIA"], ["TALVIA"]]


@given(st.integers(1, 70), st.one_of(st.none(), st.randoms(use_true_random=False)))
def test_batches_hold_every_sentence_once(sentences: SentenceSet, size: int, rng: random.Random | None) -> None:
    batches = sentences.batches(size, rng)
    assert sorted(number for batch in batches for number in batch) == list(range(len(sentences)))
    assert all(1 <= len(batch) <= size for batch in batches)
    assert len(batches) == -(-len(sentences) // size)


def test_passes_differ_and_a_seed_repeats_them(sentences: SentenceSet) -> None:
    assert sentences.batches(8, random.Random(1)) == sentences.batches(8, random.Random(1))
    assert sentences.batches(8, random.Random(1)) != sentences.batches(8, random.Random(2))


def test_targets_are_what_the_labels_say(sentences: SentenceSet, codebook: Codebook) -> None:
    """Row 0: Talvia condemned Morvia's attack; of Morvia only that it takes no stance was judged."""
    batch, targets = sentences.batch([0], styles=MARKED, rng=None)
    condemns = torch.zeros(2, len(codebook.types))
    condemns[0, codebook.type_ids.index("condemnation")] = 1
    assert torch.equal(targets.types, condemns)
    assert targets.types_weight.tolist() == [1, 1]
    assert (targets.status.tolist(), targets.status_weight.tolist()) == ([0, 0], [1, 0])
    assert targets.direction.argmax(1).tolist() == [AGAINST, NEITHER]
    assert (targets.target.tolist(), targets.target_weight.tolist()) == ([1, 0], [1, 1])
    assert (batch.pairs.tolist(), batch.owner.tolist()) == ([[0, 1], [1, 0]], [0, 0])


def test_actors_are_pooled_from_their_roles(sentences: SentenceSet) -> None:
    batch, targets = sentences.batch([3, 40], styles={"marked": 0.5, "masked": 0.5}, rng=random.Random(0))
    assert torch.allclose(batch.pool.sum(1), torch.ones(len(batch.pool)))
    roles = set(RENDERER._roles)
    for weights, row in zip(batch.pool, batch.owner, strict=True):
        assert {int(number) for number in batch.ids[row][weights > 0]} <= roles
    assert (batch.mask.sum(1) == (batch.ids != 0).sum(1)).all()
    assert targets.actors.tolist() == [0, 1, 2, 3]


def _answer(n: int, n_types: int, n_pairs: int) -> HeadLogits:
    draw = torch.Generator().manual_seed(0)
    return HeadLogits(
        *(torch.randn(*shape, generator=draw) for shape in ((n, n_types), (n,), (n_pairs, 3), (n_pairs,)))
    )


def _loss(targets: Targets, *, exclusive: bool = False) -> float:
    """Return the loss of fixed logits."""
    n_types = targets.types.shape[1]
    fitter = Fitter(torch.nn.Linear(1, 1), quick("b"), folder=None, fingerprint="", exclusive=exclusive)  # type: ignore[arg-type]
    n_actors = int(targets.actors.max()) + 1
    return float(fitter._loss(_answer(n_actors, n_types, len(targets.target)), targets, torch.ones(n_types)))


@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize("name", ["types", "status", "direction", "target"])
def test_what_was_not_judged_teaches_nothing(name: str, exclusive: bool, sentences: SentenceSet) -> None:
    _, targets = sentences.batch([0, 1, 45], styles=MARKED, rng=None)
    values, weights = getattr(targets, name).clone(), getattr(targets, f"{name}_weight").clone()
    weights[1] = 0
    before = replace(targets, **{name: values, f"{name}_weight": weights})
    changed = values.clone()
    changed[1] = 1 - changed[1]
    assert _loss(replace(before, **{name: changed}), exclusive=exclusive) == _loss(before, exclusive=exclusive)
    weights = torch.ones_like(weights)
    before = replace(before, **{f"{name}_weight": weights})
    assert _loss(replace(before, **{name: changed}), exclusive=exclusive) != _loss(before, exclusive=exclusive)


def test_a_batch_without_any_judgement_has_no_loss(sentences: SentenceSet) -> None:
    _, targets = sentences.batch([0], styles=MARKED, rng=None)
    nothing = {name: torch.zeros_like(getattr(targets, name)) for name in targets.__slots__ if name.endswith("_weight")}
    assert _loss(replace(targets, **nothing)) == 0


def test_keys_that_were_not_judged_have_no_weight(codebook: Codebook, conflict: Conflict, tmp_path: Path) -> None:
    row = {**make_rows()[0], "labels": [{"actor": "TALVIA", "types": ["condemnation"]}, {"actor": "MORVIA"}]}
    examples = read_examples(write_rows(tmp_path / "l.jsonl", [row]), codebook, conflict)
    _, targets = SentenceSet(examples, codebook, RENDERER).batch([0], styles=MARKED, rng=None)
    assert targets.types_weight.tolist() == [1, 0]
    for weight in (targets.status_weight, targets.direction_weight, targets.target_weight):
        assert weight.tolist() == [0, 0]


@pytest.mark.parametrize("trust", [0.0, 0.4, 1.0])
def test_a_teacher_is_trusted_in_part_beside_a_label_and_wholly_without(
    trust: float, examples: list[LabelledCandidate], codebook: Codebook
) -> None:
    """Of row 0: type condemnation, done and target are labelled for Talvia; Morvia's status is not."""
    teacher = [_sides("TALVIA", "MORVIA", codebook), _sides("MORVIA", "TALVIA", codebook)]
    found = SentenceSet(examples[:2], codebook, RENDERER, teacher=teacher, trust=trust)
    _, targets = found.batch([0], styles=MARKED, rng=None)
    k = codebook.type_ids.index("condemnation")
    assert targets.types[0, k] == pytest.approx(1 + trust * (0.75 - 1))
    assert targets.types[0, k - 1] == pytest.approx(trust * 0.75)
    assert targets.status.tolist() == pytest.approx([trust * 0.75, 0.75])
    assert targets.target.tolist() == pytest.approx([1 + trust * (0.75 - 1), trust * 0.75])
    gold = np.eye(3)[[AGAINST, NEITHER]]
    assert targets.direction.numpy() == pytest.approx(gold + trust * (np.array([0.5, 0.25, 0.25]) - gold))
    for name in ("types", "status", "direction", "target"):
        assert getattr(targets, f"{name}_weight").tolist() == [1, 1]


def test_labels_are_left_as_they_are_where_a_teacher_speaks(
    examples: list[LabelledCandidate], codebook: Codebook
) -> None:
    teacher = [_sides("TALVIA", "MORVIA", codebook), _sides("MORVIA", "TALVIA", codebook)]
    found = SentenceSet(examples[:2], codebook, RENDERER, teacher=teacher)
    plain = SentenceSet(examples[:2], codebook, RENDERER)
    assert np.array_equal(found.labels[0].types, plain.labels[0].types)
    assert np.array_equal(found.labels[1].target, plain.labels[1].target)


def test_renaming_changes_what_is_rendered_and_no_target(examples: list[LabelledCandidate], codebook: Codebook) -> None:
    found = SentenceSet(examples, codebook, RENDERER, names=["Ulmia", "Ostland", "Ender"])
    options: dict[str, Any] = {"styles": MARKED, "rng": None}
    plain, expected = found.batch([0, 1], **options)
    renamed, targets = found.batch([0, 1], **{**options, "rng": random.Random(0)}, rename=1.0)
    assert renamed.ids.shape != plain.ids.shape or not torch.equal(renamed.ids, plain.ids)
    for name in targets.__slots__:
        assert torch.equal(getattr(targets, name), getattr(expected, name))
