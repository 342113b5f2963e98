from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from stancelib.codebook import Codebook, load_codebook
from stancelib.conflict import Conflict
from stancelib.errors import DataError
from stancelib.heads import AGAINST, FOR, NEITHER
from stancelib.labelled import LabelledCandidate, label_candidates
from stancelib.linear import LinearModel
from stancelib.linear_recipe import LinearConfig, fit_linear
from stancelib.records import conflict_lookup, read_labels
from stancelib.supervision import pair_direction, pair_target
from stancelib.training import index_lookup
from stancelib.types import Label, LabelledSentence, Mark

OPEN = -1


@pytest.fixture(scope="module")
def examples(labels_path: Path, codebook: Codebook, conflict: Conflict) -> list[LabelledCandidate]:
    look_up = conflict_lookup([conflict])
    return label_candidates(read_labels(labels_path, codebook=codebook, conflicts=look_up), index_lookup(look_up))


def _fit(examples: Sequence[LabelledCandidate], codebook: Codebook, **options: int) -> LinearModel:
    return fit_linear(examples, codebook=codebook, name="m", config=LinearConfig(n_folds=2, **options))  # type: ignore[arg-type]


def _example(label: Label, conflict: Conflict) -> LabelledCandidate:
    text = "Talvia named Morvia, the Red League and the Blue Front."
    marks = [("TALVIA", "Talvia"), ("MORVIA", "Morvia"), ("RED", "Red League"), ("BLUE", "Blue Front")]
    actors = tuple(Mark(actor, text.index(name), text.index(name) + len(name)) for actor, name in marks)
    row = LabelledSentence("r", text, actors, (label,), conflict=conflict.id)
    return label_candidates([row], index_lookup(conflict_lookup([conflict])))[0]


@pytest.mark.parametrize(
    ("label", "other", "direction"),
    [
        (Label("TALVIA", ("condemnation",), (), ("reds",), ("RED",)), "RED", AGAINST),
        (Label("TALVIA", ("endorsement",), ("reds",), (), ("RED",)), "RED", FOR),
        (Label("TALVIA", ("endorsement",), ("reds",), (), ("RED",)), "BLUE", NEITHER),
        (Label("TALVIA", ("endorsement",), ("reds",), ("blues",), ()), "BLUE", AGAINST),
        (Label("TALVIA", (), (), (), ()), "RED", NEITHER),
        (Label("TALVIA", ("condemnation",), (), None, ("RED",)), "RED", AGAINST),
        (Label("TALVIA", ("condemnation",), None, None, ("MORVIA",)), "MORVIA", AGAINST),
        (Label("TALVIA", ("economic_aid",), None, None, ("MORVIA",)), "MORVIA", FOR),
        (Label("TALVIA", ("diplomacy",), None, None, ("MORVIA",)), "MORVIA", NEITHER),
        (Label("TALVIA", ("diplomacy", "condemnation", "endorsement"), None, None, ("MORVIA",)), "MORVIA", OPEN),
        (Label("TALVIA", ("condemnation",), None, None, ("RED",)), "MORVIA", NEITHER),
        (Label("TALVIA", ("condemnation",)), "MORVIA", OPEN),
        (Label("TALVIA"), "MORVIA", OPEN),
    ],
)
def test_a_label_says_the_direction_of_a_pair(
    label: Label, other: str, direction: int, codebook: Codebook, conflict: Conflict
) -> None:
    assert pair_direction(_example(label, conflict), other, codebook) == direction


@pytest.mark.parametrize(
    ("label", "target"),
    [
        (Label("TALVIA", ("demand",), target=("RED", "BLUE")), 1),
        (Label("TALVIA", ("demand",), target=("BLUE",)), 0),
        (Label("TALVIA", ("demand",), target=()), 0),
        (Label("TALVIA", ("demand",)), OPEN),
        (Label("TALVIA", ()), 0),
        (Label("TALVIA"), OPEN),
    ],
)
def test_a_label_says_the_target_of_a_pair(label: Label, target: int, conflict: Conflict) -> None:
    assert pair_target(_example(label, conflict), "RED") == target


def test_what_was_learnt_is_told_again(examples: list[LabelledCandidate], codebook: Codebook) -> None:
    model = _fit(examples, codebook)
    judgements = model.predict([example.candidate for example in examples])
    right = 0
    for example, judgement in zip(examples, judgements, strict=True):
        told = {type_id for type_id, p in judgement.types.items() if p >= model.thresholds.types[type_id]}
        right += told == set(example.label.types or ())
    assert right >= 0.9 * len(examples)


def test_two_runs_with_one_seed_are_equal(examples: list[LabelledCandidate], codebook: Codebook) -> None:
    candidates = [example.candidate for example in examples]
    first, second = _fit(examples, codebook, seed=4), _fit(examples, codebook, seed=4)
    assert first.thresholds == second.thresholds
    assert first.predict(candidates) == second.predict(candidates)


def test_held_out_examples_fit_the_temperatures(examples: list[LabelledCandidate], codebook: Codebook) -> None:
    config = LinearConfig(n_folds=2)
    crossed = fit_linear(examples[:40], codebook=codebook, name="m", config=config)
    held_out = fit_linear(examples[:40], examples[40:], codebook=codebook, name="m", config=config)
    assert crossed.heads["types"].sparse == pytest.approx(held_out.heads["types"].sparse)
    assert crossed.heads["types"].temperature != held_out.heads["types"].temperature


@pytest.mark.parametrize(
    "keys", [("types",), ("types", "status"), ("types", "supports", "opposes"), ("types", "target")]
)
def test_keys_that_no_label_has_are_left_out(
    keys: tuple[str, ...], examples: list[LabelledCandidate], codebook: Codebook
) -> None:
    judged = [replace(x, label=Label(x.label.actor, **{key: getattr(x.label, key) for key in keys})) for x in examples]
    judgements = _fit(judged, codebook).predict([example.candidate for example in judged])
    assert len(judgements) == len(examples)
    if "status" not in keys:
        assert max(judgement.planned for judgement in judgements) < 0.01


def test_sentences_of_one_actor_have_no_pairs(examples: list[LabelledCandidate], codebook: Codebook) -> None:
    alone = [example for example in examples if not example.candidate.others]
    assert alone
    judgements = _fit(alone, codebook).predict([example.candidate for example in examples])
    assert len(judgements) == len(examples)


def test_one_example_is_enough(examples: list[LabelledCandidate], codebook: Codebook) -> None:
    (judgement,) = _fit(examples[:1], codebook).predict([examples[0].candidate])
    assert judgement.types["condemnation"] > 0.5
    assert judgement.types["endorsement"] < 0.5


def test_labels_without_types_are_refused(examples: list[LabelledCandidate], codebook: Codebook) -> None:
    unjudged = [replace(example, label=Label(example.label.actor)) for example in examples]
    with pytest.raises(DataError, match="no label has the key 'types'"):
        _fit(unjudged, codebook)


def test_an_exclusive_codebook_gives_each_candidate_one_type(
    examples: list[LabelledCandidate], exclusive_codebook_path: Path
) -> None:
    words = {"endorsement": "favour", "military_support": "favour", "condemnation": "against", "sanctions": "against"}
    relabelled = [
        replace(x, label=replace(x.label, types=(words.get((x.label.types or ("",))[0], "none"),)))
        for x in examples
        if x.label.types is not None
    ]
    model = _fit(relabelled, load_codebook(exclusive_codebook_path))
    judgements = model.predict([example.candidate for example in relabelled])
    assert all(sum(judgement.types.values()) == pytest.approx(1) for judgement in judgements)
    best = [max(judgement.types, key=lambda t: judgement.types[t]) for judgement in judgements]
    right = sum(type_id in (x.label.types or ()) for type_id, x in zip(best, relabelled, strict=True))
    assert right >= 0.9 * len(relabelled)
