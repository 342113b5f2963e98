from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import index_of
from encoder_kit import make_candidates, make_tokenizer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stancelib.candidates import find_candidates
from stancelib.codebook import Codebook, StanceType
from stancelib.conflict import Conflict
from stancelib.encoder import model as model_room
from stancelib.encoder.model import EncoderModel
from stancelib.errors import ModelFormatError
from stancelib.reading import make_document
from stancelib.types import Candidate, Judgement

TEXT = (
    "Talvia condemned the Red League. Morvia and Talvia praised the Green Guard as the lawful government. "
    "Both sides met Morvia. The Blue Front will send weapons to the Red League, Talvia said. Talvia agreed."
)
SAME = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture(scope="module")
def candidates(conflict: Conflict) -> list[Candidate]:
    return find_candidates(make_document(TEXT), index_of(conflict))


@pytest.fixture(scope="module")
def answers(encoder_model: EncoderModel, candidates: list[Candidate]) -> list[Judgement]:
    return [encoder_model.predict([candidate])[0] for candidate in candidates]


def _numbers(judgement: Judgement) -> list[float]:
    sides = [p for pair in judgement.directions.values() for p in pair]
    return [*judgement.types.values(), *sides, *judgement.targets.values(), judgement.planned]


def _assert_alike(found: Sequence[Judgement], expected: Sequence[Judgement]) -> None:
    assert len(found) == len(expected)
    for one, two in zip(found, expected, strict=True):
        assert (one.types.keys(), tuple(one.directions), tuple(one.targets)) == (
            two.types.keys(),
            tuple(two.directions),
            tuple(two.targets),
        )
        assert _numbers(one) == pytest.approx(_numbers(two), abs=1e-5)


def test_each_candidate_gets_its_judgement(
    encoder_model: EncoderModel, candidates: list[Candidate], answers: list[Judgement]
) -> None:
    assert len(candidates) == 12
    for candidate, judgement in zip(candidates, answers, strict=True):
        assert tuple(judgement.types) == encoder_model.codebook.type_ids
        assert tuple(judgement.directions) == tuple(judgement.targets) == candidate.others
        assert all(0 <= p <= 1 for p in _numbers(judgement))
        assert all(p_for + p_against <= 1 + 1e-9 for p_for, p_against in judgement.directions.values())
    assert len({tuple(_numbers(judgement)) for judgement in answers}) == len(candidates)


@SAME
@given(st.randoms(use_true_random=False), st.integers(1, 12), st.sampled_from((16, 64, 1024)), st.integers(0, 3))
def test_a_judgement_depends_on_nothing_beside_it(
    encoder_model: EncoderModel,
    candidates: list[Candidate],
    answers: list[Judgement],
    draw: random.Random,
    n: int,
    batch_tokens: int,
    threads: int,
) -> None:
    """Whatever the order, the company, the size of the batches and the number of threads."""
    rows = [draw.randrange(len(candidates)) for _ in range(n)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model_room, "_BATCH_TOKENS", batch_tokens)
        patch.setattr(model_room, "_CHUNK", draw.choice((1, 2, 2048)))
        found = encoder_model.with_threads(threads).predict([candidates[row] for row in rows])
    _assert_alike(found, [answers[row] for row in rows])


def test_logits_are_those_behind_the_judgements(encoder_model: EncoderModel, candidates: list[Candidate]) -> None:
    shuffled = [candidates[k] for k in (5, 0, 7, 1, 6, 3, 2, 4)]
    logits = encoder_model.logits(shuffled)
    pair = 0
    for row, judgement in enumerate(encoder_model.predict(shuffled)):
        types = 1 / (1 + np.exp(-logits["types"][row] / encoder_model.temperatures["types"]))
        assert list(judgement.types.values()) == pytest.approx(list(types), abs=1e-5)
        for p_for, p_against in judgement.directions.values():
            odds = np.exp(logits["direction"][pair] / encoder_model.temperatures["direction"])
            assert (p_for, p_against) == pytest.approx(tuple(odds[:2] / odds.sum()), abs=1e-5)
            pair += 1
    assert pair == len(logits["direction"]) == len(logits["target"])


def test_temperatures_flatten_the_answers(encoder_model: EncoderModel, candidates: list[Candidate]) -> None:
    flat = replace(encoder_model, temperatures=dict.fromkeys(encoder_model.temperatures, 1e9))
    for judgement in flat.predict(candidates):
        assert [*judgement.types.values(), *judgement.targets.values(), judgement.planned] == pytest.approx(
            [0.5] * (len(judgement.types) + len(judgement.targets) + 1)
        )
        assert [p for pair in judgement.directions.values() for p in pair] == pytest.approx(
            [1 / 3] * 2 * len(judgement.directions)
        )


def test_the_candidates_of_a_sentence_share_one_encoding(
    encoder_model: EncoderModel, candidates: list[Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[Any] = []
    encode = type(encoder_model.encoder)._run

    def count(encoder: Any, batch: Any) -> Any:
        rows.extend(batch)
        return encode(encoder, batch)

    monkeypatch.setattr(type(encoder_model.encoder), "_run", count)
    encoder_model.predict(candidates)
    assert len(rows) == len({candidate.sentence for candidate in candidates}) == 5


def test_batches_hold_no_more_tokens_than_they_may(encoder_model: EncoderModel, candidates: list[Candidate]) -> None:
    rendered = [encoder_model._renderer.render(candidate, style="marked") for candidate in candidates * 40]
    batches = list(model_room._batches(rendered))
    assert sorted(number for batch in batches for number in batch) == list(range(len(rendered)))
    for batch in batches:
        assert len(batch) * max(len(rendered[number].ids) for number in batch) <= model_room._BATCH_TOKENS


def test_nothing_in_gives_nothing_out(encoder_model: EncoderModel) -> None:
    assert encoder_model.predict([]) == []


def test_an_actor_alone_has_types_and_nobody_to_be_for(encoder_model: EncoderModel) -> None:
    (judgement,) = encoder_model.predict(make_candidates("Rain fell on Morvia.", [("MORVIA", "Morvia")]))
    assert (judgement.directions, judgement.targets) == ({}, {})
    assert tuple(judgement.types) == encoder_model.codebook.type_ids


def _swapped(judgement: Judgement, names: dict[str, str]) -> Judgement:
    return replace(
        judgement,
        directions={names.get(other, other): p for other, p in judgement.directions.items()},
        targets={names.get(other, other): p for other, p in judgement.targets.items()},
    )


@pytest.mark.parametrize("style", ["masked", "marked"])
def test_who_an_actor_is_means_nothing(style: Any, encoder_model: EncoderModel) -> None:
    """Exchange the ids, as when two sides of a conflict are exchanged: the answers are exchanged with them."""
    model = replace(encoder_model, style=style)
    text = "Talvia condemned the Red League and praised the Blue Front."
    plain = make_candidates(text, [("TALVIA", "Talvia"), ("RED", "Red League"), ("BLUE", "Blue Front")])
    other = make_candidates(text, [("TALVIA", "Talvia"), ("BLUE", "Red League"), ("RED", "Blue Front")])
    names = {"RED": "BLUE", "BLUE": "RED"}
    assert [_swapped(judgement, names) for judgement in model.predict(plain)] == model.predict(other)


def test_masked_names_mean_nothing(encoder_model: EncoderModel) -> None:
    model = replace(encoder_model, style="masked")
    text = "{} condemned the {}, and the {} praised {}."
    names = ["Talvia", "Red League", "Blue Front", "Morvia"]
    answers = model.predict(make_candidates(text.format(*names), list(zip("ABCD", names, strict=True))))
    for order in ([2, 0, 3, 1], [1, 3, 0, 2]):
        other = [names[k] for k in order]
        assert model.predict(make_candidates(text.format(*other), list(zip("ABCD", other, strict=True)))) == answers
    kept = replace(model, style="marked")
    marked = [
        kept.predict(make_candidates(text.format(*own), list(zip("ABCD", own, strict=True))))
        for own in (names, names[::-1])
    ]
    assert marked[0] != marked[1]  # what is tested above holds because names are masked, and not by itself


def test_types_of_an_exclusive_codebook_sum_to_1(encoder_model: EncoderModel, candidates: list[Candidate]) -> None:
    model = replace(encoder_model, codebook=replace(encoder_model.codebook, exclusive=True))
    for judgement in model.predict(candidates):
        assert sum(judgement.types.values()) == pytest.approx(1)


def test_a_sentence_longer_than_the_model_reads_is_judged(encoder_model: EncoderModel) -> None:
    text = "Talvia condemned the attack " + "of the government " * 60 + "of Morvia."
    judgements = encoder_model.predict(make_candidates(text, [("TALVIA", "Talvia"), ("MORVIA", "Morvia")]))
    assert all(np.isfinite(_numbers(judgement)).all() for judgement in judgements)


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("types.weight", (3, 32), r"head 'types' has a weight of shape \(3, 32\); expected \(22, 32\)"),
        ("direction.bias", (2,), r"head 'direction' has a bias of shape \(2,\); expected \(3,\)"),
        ("actor.weight", (32, 32), r"head 'actor' has a weight of shape \(32, 32\); expected \(32, 64\)"),
        ("actor.bias", (16,), r"head 'actor' has a bias of shape \(16,\); expected \(32,\)"),
    ],
)
def test_heads_that_do_not_fit_are_refused(
    name: str, shape: tuple[int, ...], message: str, encoder_model: EncoderModel
) -> None:
    weights = {**encoder_model.weights, name: np.zeros(shape, dtype=np.float32)}
    with pytest.raises(ModelFormatError, match=message):
        replace(encoder_model, weights=weights)


def test_a_codebook_of_other_types_is_refused(encoder_model: EncoderModel) -> None:
    with pytest.raises(ModelFormatError, match=r"head 'types' .* expected \(1, 32\)"):
        replace(encoder_model, codebook=Codebook("b", 1, exclusive=False, types=(StanceType("for", "", 1),)))


def test_a_tokenizer_that_does_not_fit_is_refused(encoder_model: EncoderModel, encoder_base: Path) -> None:
    encoder = encoder_model.encoder
    bare = replace(encoder, tokenizer=make_tokenizer(["Talvia condemned the Red League."]))
    with pytest.raises(ModelFormatError, match="lacks role tokens"):
        replace(encoder_model, encoder=bare)
    larger = type(encoder.tokenizer).from_str(encoder.tokenizer.to_str())
    larger.add_tokens(["one", "more"])
    with pytest.raises(ModelFormatError, match="graph does not run"):
        replace(encoder, tokenizer=larger)


def test_a_graph_that_is_none_is_refused(encoder_model: EncoderModel) -> None:
    with pytest.raises(ModelFormatError, match="graph cannot be loaded"):
        replace(encoder_model.encoder, graph=b"no graph")
