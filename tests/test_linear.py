from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stancelib.actors import ActorIndex
from stancelib.calibration import Thresholds
from stancelib.candidates import find_candidates
from stancelib.codebook import Codebook, StanceType
from stancelib.conflict import Conflict
from stancelib.errors import ModelFormatError
from stancelib.linear import LinearHead, LinearModel, Vocabulary, render_candidates
from stancelib.model import StanceModel
from stancelib.reading import make_document
from stancelib.types import Candidate
from stancelib.world import load_world

TEXT = (
    "Talvia condemned the Red League. Morvia and Talvia praised the Green Guard. Both sides met Morvia. "
    "The Blue Front will send weapons to the Red League, Talvia said."
)


@pytest.fixture(scope="module")
def candidates(conflict: Conflict) -> list[Candidate]:
    return find_candidates(make_document(TEXT), ActorIndex(load_world(), conflict))


def _floats(*shape: int) -> np.ndarray:
    return np.zeros(shape, dtype=np.float32)


def _head(n_features: int, n_classes: int, *, bias: float = 0.0) -> LinearHead:
    return LinearHead(_floats(n_features, n_classes), _floats(0, n_classes), _floats(n_classes) + np.float32(bias), 1.0)


def _hand_made(*, exclusive: bool = False) -> LinearModel:
    """A model of two types that knows one word: "praise" speaks for type "for" and for a target."""
    words = Vocabulary(("w=condemn", "w=prais"), np.ones(2, dtype=np.float32))
    heads = {"types": _head(2, 2, bias=-2), "status": _head(2, 1), "direction": _head(2, 3), "target": _head(2, 1)}
    heads["types"].sparse[1, 0] = 4
    heads["target"].sparse[1, 0] = 1
    book = Codebook("hand", 1, exclusive, (StanceType("for", "", 1), StanceType("no", "", 0)))
    return LinearModel("hand", 1, book, Thresholds({}), words, words, heads)


def test_probabilities_by_hand(candidates: list[Candidate]) -> None:
    """Each sentence has one known word, so the unit row is 1: logits 4 - 2 and -2 for "praise", -2 and -2 otherwise."""
    condemned, _, praised, *_ = _hand_made().predict(candidates)
    assert praised.types["for"] == pytest.approx(1 / (1 + np.exp(-2)))
    assert condemned.types["for"] == praised.types["no"] == pytest.approx(1 / (1 + np.exp(2)))
    assert praised.planned == 0.5
    assert all(p == pytest.approx((1 / 3, 1 / 3)) for p in praised.directions.values())
    assert all(p == pytest.approx(1 / (1 + np.exp(-1))) for p in praised.targets.values())


def test_types_of_an_exclusive_codebook_sum_to_1(candidates: list[Candidate]) -> None:
    for judgement in _hand_made(exclusive=True).predict(candidates):
        assert sum(judgement.types.values()) == pytest.approx(1)


def test_each_candidate_gets_its_judgement(model: StanceModel, candidates: list[Candidate]) -> None:
    judgements = model.predict(candidates)
    assert len(judgements) == len(candidates)
    for candidate, judgement in zip(candidates, judgements, strict=True):
        assert tuple(judgement.types) == model.codebook.type_ids
        assert tuple(judgement.directions) == tuple(judgement.targets) == candidate.others
        assert all(p_for + p_against <= 1 for p_for, p_against in judgement.directions.values())
    assert model.predict([]) == []


def test_a_judgement_does_not_depend_on_what_stands_beside_it(model: StanceModel, candidates: list[Candidate]) -> None:
    one_by_one = [model.predict([candidate])[0] for candidate in candidates]
    assert model.predict(candidates) == one_by_one
    assert model.predict(candidates[::-1]) == one_by_one[::-1]
    assert model.predict(candidates * 300) == one_by_one * 300


def test_a_sentence_is_rendered_once(candidates: list[Candidate]) -> None:
    rendered = render_candidates(candidates)
    assert len({id(sentence) for sentence in rendered}) == 4
    assert rendered[0] is rendered[1]


def test_rows_of_a_vocabulary_have_unit_length_and_pass_over_unknown_features() -> None:
    vocabulary = Vocabulary(("a", "b"), np.array([1.0, 2.0], dtype=np.float32))
    rows = vocabulary.vectorise([{"a", "b", "new"}, {"new"}, set()]).toarray()
    assert rows == pytest.approx(np.array([[1, 2], [0, 0], [0, 0]]) / np.sqrt(5))


@pytest.mark.parametrize(
    ("name", "head", "message"),
    [
        ("types", _head(2, 3), r"head 'types' has weights of shape \(2, 3\); expected \(2, 2\)"),
        ("target", _head(3, 1), r"head 'target' .*\(3, 1\); expected \(2, 1\)"),
        ("direction", replace(_head(2, 3), dense=_floats(5, 3)), r"head 'direction' \(dense\) .*expected \(2, 3\)"),
        ("status", replace(_head(2, 1), bias=_floats(2)), r"head 'status' \(bias\) .*expected \(1,\)"),
    ],
)
def test_heads_that_do_not_fit_are_refused(name: str, head: LinearHead, message: str) -> None:
    model = _hand_made()
    with pytest.raises(ModelFormatError, match=message):
        replace(model, heads={**model.heads, name: head})


def test_a_vocabulary_without_its_weights_is_refused() -> None:
    with pytest.raises(ModelFormatError, match=r"idf of a vocabulary .*\(1,\); expected \(2,\)"):
        replace(_hand_made(), actor_vocabulary=Vocabulary(("a", "b"), _floats(1)))
