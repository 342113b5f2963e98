from __future__ import annotations

import json
import math
import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from encoder_kit import quick

from stancelib.codebook import Codebook
from stancelib.encoder import fitting
from stancelib.encoder.bases import pretrained_base
from stancelib.encoder.config import EncoderConfig
from stancelib.encoder.examples import SentenceSet
from stancelib.encoder.fitting import Fit, Fitter, balance_types
from stancelib.encoder.network import StanceNetwork
from stancelib.encoder.rendering import RoleRenderer
from stancelib.errors import DataError
from stancelib.labelled import LabelledCandidate

EPOCHS = 3
STEPS = 3  # of 40 sentences in batches of 16


class Bench:
    """Makes the same network, data and fitter again and again."""

    def __init__(self, base: Path, examples: list[LabelledCandidate], codebook: Codebook) -> None:
        self._base = pretrained_base(str(base), seed=0)
        self._n_types = len(codebook.types)
        renderer = RoleRenderer(self._base.tokenizer, max_length=64)
        self.learn = SentenceSet(examples[:80], codebook, renderer, names=["Ulmia", "Ostland", "Ender"])
        self.held_out = SentenceSet(examples[80:], codebook, renderer)

    def fitter(self, folder: Path | None = None, *, data: str = "data", **options: Any) -> Fitter:
        torch.manual_seed(0)
        network = StanceNetwork(deepcopy(self._base.encoder), self._n_types)
        chosen: dict[str, Any] = {"rename": 0.3, "learning_rate": 2e-3, "head_learning_rate": 5e-3}
        config = quick("base", epochs=EPOCHS, **{**chosen, **options})
        return Fitter(network, config, folder=folder, fingerprint=data, exclusive=False)

    def fit(self, fitter: Fitter, *, held_out: bool = True, epochs: int = EPOCHS) -> Fit:
        weights = torch.ones(self._n_types)
        return fitter.fit(self.learn, self.held_out if held_out else None, epochs=epochs, type_weights=weights)


@pytest.fixture(scope="module")
def bench(encoder_base: Path, examples: list[LabelledCandidate], codebook: Codebook) -> Bench:
    return Bench(encoder_base, examples, codebook)


def _weights(fitter: Fitter) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in fitter._network.state_dict().items()}


def _equal(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def _log(fit: Fit) -> list[dict[str, Any]]:
    return [{key: value for key, value in entry.items() if key != "seconds"} for entry in fit.log]


class Killed(Exception):
    """Stands for a kill."""


def _kill_after(n_steps: int, patch: pytest.MonkeyPatch) -> None:
    step, done = Fitter._step, [0]

    def stop(fitter: Fitter, *arguments: Any) -> float:
        if done[0] == n_steps:
            raise Killed
        done[0] += 1
        return step(fitter, *arguments)

    patch.setattr(Fitter, "_step", stop)


@pytest.mark.parametrize("n_steps", [2, STEPS, STEPS + 2, STEPS * EPOCHS - 1])
def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(n_steps: int, bench: Bench, tmp_path: Path) -> None:
    """Killed within the first pass, between two, where rounding has begun, and before the last step."""
    whole = bench.fitter()
    expected = bench.fit(whole)
    with pytest.MonkeyPatch.context() as patch:
        _kill_after(n_steps, patch)
        with pytest.raises(Killed):
            bench.fit(bench.fitter(tmp_path, checkpoint_minutes=0))
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]
    with pytest.MonkeyPatch.context() as patch:
        _kill_after(STEPS * EPOCHS - n_steps, patch)  # no step is done twice
        again = bench.fitter(tmp_path)
        found = bench.fit(again)
    assert _equal(_weights(again), _weights(whole))
    assert (_log(found), found.epochs) == (_log(expected), expected.epochs)


def test_a_run_that_was_done_is_not_repeated(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bench.fitter(tmp_path)
    expected = bench.fit(first)
    _kill_after(0, monkeypatch)
    again = bench.fitter(tmp_path)
    assert bench.fit(again) == expected
    assert _equal(_weights(again), _weights(first))


def test_another_seed_gives_other_weights(bench: Bench) -> None:
    one, same, other = (bench.fitter(seed=seed) for seed in (1, 1, 2))
    for fitter in (one, same, other):
        bench.fit(fitter, held_out=False, epochs=1)
    assert _equal(_weights(one), _weights(same))
    assert not _equal(_weights(one), _weights(other))


@pytest.mark.parametrize("change", [{"data": "other"}, {"learning_rate": 1e-3}, {"seed": 1}])
def test_a_checkpoint_of_another_run_is_refused(change: dict[str, Any], bench: Bench, tmp_path: Path) -> None:
    bench.fit(bench.fitter(tmp_path), held_out=False, epochs=1)
    with pytest.raises(DataError, match=rf"{tmp_path}/checkpoint\.pt: a checkpoint of a run on other data"):
        bench.fit(bench.fitter(tmp_path, **change), held_out=False)


def test_how_a_run_is_watched_may_change(bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bench.fit(bench.fitter(tmp_path), epochs=1)
    capsys.readouterr()
    found = bench.fit(bench.fitter(tmp_path, progress=True, checkpoint_minutes=1.0), epochs=2)
    assert len(found.log) == 2
    captured = capsys.readouterr()
    assert captured.out == ""  # progress goes to standard error
    assert '"epoch": 2' in captured.err


@pytest.mark.parametrize("cut", [0, 100, -100])
def test_a_damaged_checkpoint_is_refused(cut: int, bench: Bench, tmp_path: Path) -> None:
    bench.fit(bench.fitter(tmp_path), held_out=False, epochs=1)
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DataError, match=rf"{path}: not a checkpoint: "):
        bench.fit(bench.fitter(tmp_path), held_out=False)


@pytest.mark.parametrize("content", [{"network": {}}, [1, 2]])
def test_a_file_of_other_contents_is_no_checkpoint(content: Any, bench: Bench, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "checkpoint.pt")
    with pytest.raises(DataError, match=r"checkpoint\.pt: a checkpoint of a run on other data or with other settings"):
        bench.fit(bench.fitter(tmp_path), held_out=False)


def test_a_checkpoint_runs_no_code(bench: Bench, tmp_path: Path) -> None:
    torch.save({"fingerprint": random.Random(0)}, tmp_path / "checkpoint.pt")
    with pytest.raises(DataError, match="not a checkpoint"):
        bench.fit(bench.fitter(tmp_path), held_out=False)


def test_training_stops_early_and_keeps_the_best_pass(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = iter([0.2, 0.5, 0.5, 0.4, 0.9])
    seen: list[dict[str, torch.Tensor]] = []

    def measure(fitter: Fitter, held_out: SentenceSet) -> dict[str, float]:
        seen.append(_weights(fitter))
        return {"score": next(scores)}

    monkeypatch.setattr(Fitter, "measure", measure)
    fitter = bench.fitter(patience=2)
    fit = bench.fit(fitter, epochs=9)
    assert (fit.epochs, [entry["score"] for entry in fit.log]) == (2, [0.2, 0.5, 0.5, 0.4])
    assert [entry["epoch"] for entry in fit.log] == [1, 2, 3, 4]
    assert _equal(_weights(fitter), seen[1])
    assert not _equal(seen[1], seen[3])


def test_without_held_out_sentences_the_last_pass_is_kept(bench: Bench) -> None:
    fitter = bench.fitter()
    fit = bench.fit(fitter, held_out=False, epochs=2)
    assert fit.epochs == 2
    assert [sorted(entry) for entry in fit.log] == [["epoch", "loss", "seconds"]] * 2


def test_training_lowers_the_loss(bench: Bench) -> None:
    fit = bench.fit(bench.fitter())
    assert fit.log[-1]["loss"] < 0.8 * fit.log[0]["loss"]
    assert all(0 <= entry[key] <= 1 for entry in fit.log for key in ("score", "types", "direction", "target"))


def test_a_score_weighs_types_as_much_as_both_questions_of_pairs(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    precisions = iter([0.9, 0.3, 0.5, math.nan, 0.3, 0.5, math.nan, math.nan, math.nan])
    monkeypatch.setattr(fitting, "_precision", lambda scores, gold: next(precisions))
    fitter = bench.fitter()
    assert fitter.measure(bench.held_out) == {"score": 0.65, "types": 0.9, "direction": 0.3, "target": 0.5}
    assert fitter.measure(bench.held_out) == {"score": 0.4, "direction": 0.3, "target": 0.5}
    assert fitter.measure(bench.held_out) == {"score": 0.0}


def _gradients(fitter: Fitter, learn: SentenceSet, numbers: list[int]) -> dict[str, torch.Tensor]:
    """Return the gradients of one step, before they are clipped; without dropout."""
    fitter._network.eval()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting.nn.utils, "clip_grad_norm_", lambda *_: None)
        optimizer = torch.optim.SGD(fitter._network.parameters(), lr=0.0)
        fitter._step(learn, numbers, random.Random(0), optimizer, torch.ones(22))
    return {name: p.grad for name, p in fitter._network.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("parts", [2, 4, 99])
def test_parts_of_a_batch_add_up_to_its_gradient(parts: int, bench: Bench) -> None:
    """Exactly so where each part has as many judged pairs, as here."""
    numbers = list(range(8))
    whole = _gradients(bench.fitter(), bench.learn, numbers)
    found = _gradients(bench.fitter(accumulate=parts), bench.learn, numbers)
    assert found.keys() == whole.keys()
    for name, gradient in whole.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-3, atol=1e-6)
    assert max(float(gradient.abs().max()) for gradient in whole.values()) > 0.01


def test_the_loss_does_not_hang_on_dropout_or_company(bench: Bench) -> None:
    """Logits of a sentence are the same alone and in a padded batch."""
    fitter = bench.fitter()
    found = fitter.predict(bench.held_out)
    assert found.types.shape == (40, 22)
    assert found.direction.shape == (40, 3)
    floats = fitter.predict(bench.held_out, rounded=False)
    assert 0 < np.abs(found.types - floats.types).max() < 0.5
    assert np.array_equal(found.types, fitter.predict(bench.held_out).types)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "_EVALUATION_BATCH", 1)
        alone = fitter.predict(bench.held_out)
    for name in ("types", "status", "direction", "target"):
        np.testing.assert_allclose(getattr(alone, name), getattr(found, name), atol=1e-5)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_divergence_is_told_and_leaves_the_weights(value: float, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    fitter = bench.fitter()
    before = _weights(fitter)
    monkeypatch.setattr(fitting, "_mean", lambda losses, weights: losses.sum() * value)
    with pytest.raises(DataError, match=r"training diverged: the loss is (nan|inf); expected a lower learning rate"):
        bench.fit(fitter, held_out=False)
    assert _equal(_weights(fitter), before)


def test_the_network_rounds_only_after_its_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(Fitter, "_round", lambda fitter, *, after: seen.append(after))
    bench.fit(bench.fitter(round_from=0.5), held_out=False, epochs=2)
    assert seen == [False] * 3 + [True] * 3


def test_bfloat16_trains_and_answers_in_floats(bench: Bench) -> None:
    fitter = bench.fitter(precision="bf16")
    fit = bench.fit(fitter, epochs=1)
    assert math.isfinite(fit.log[0]["loss"])
    assert {tensor.dtype for tensor in _weights(fitter).values()} == {torch.float32}
    assert fitter.predict(bench.held_out).types.dtype == np.float64


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [fitting._rate(step, 100, 0.1) for step in range(101)]
    assert rates.index(max(rates)) == 9
    assert max(rates) == 1.0
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert (rates[0], rates[100]) == (pytest.approx(0.1), 0.0)
    assert fitting._rate(0, 1, 0.1) == 1.0


def test_rarer_types_weigh_more() -> None:
    """Counts n of 20, 5 and 1; by 1/n a positive answer of any type counts 26/3 in all, so that the mean stays 1."""
    counts = np.array([20.0, 5.0, 1.0])
    assert balance_types(counts, 0.0).tolist() == [1, 1, 1]
    assert balance_types(counts, 1.0).tolist() == pytest.approx([26 / 3 / 20, 26 / 3 / 5, 26 / 3])
    weights = balance_types(counts, 0.5).numpy()
    assert weights[2] / weights[1] == pytest.approx(5**0.5)
    assert (weights * counts).sum() == pytest.approx(26)


def test_a_type_that_never_occurs_weighs_no_more_than_the_limit() -> None:
    assert balance_types(np.array([5000.0, 0.0]), 1.0).tolist() == pytest.approx([1.0, 10.0], rel=1e-3)


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(DataError, match="unknown device 'abacus'; expected one that torch knows"):
        Fitter(torch.nn.Linear(1, 1), quick("b", device="abacus"), folder=None, fingerprint="", exclusive=False)  # type: ignore[arg-type]


@pytest.mark.parametrize(("n_sentences", "expected"), [(10, 12), (6000, 8), (1_000_000, 4), (0, 12)])
def test_the_passes_follow_the_number_of_sentences(n_sentences: int, expected: int) -> None:
    assert EncoderConfig().n_epochs(n_sentences) == expected
    assert EncoderConfig(epochs=3).n_epochs(n_sentences) == 3


def test_an_entry_of_the_log_is_json(bench: Bench) -> None:
    fit = bench.fit(bench.fitter(), epochs=1)
    assert json.loads(json.dumps(fit.log)) == fit.log
