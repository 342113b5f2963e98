"""The training loop: checkpoints that survive a kill, early stopping, a log of every pass. Needs torch."""

from __future__ import annotations

import hashlib
import json
import math
import random
import sys
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import average_precision_score
from torch import Tensor, nn
from tqdm import tqdm

from stancelib.encoder.checkpoints import TrainingRun, restore_run, save_run
from stancelib.encoder.config import EncoderConfig
from stancelib.encoder.devices import find_autocast, find_device
from stancelib.encoder.examples import SentenceSet, Targets
from stancelib.encoder.network import HeadLogits, StanceNetwork, round_weights, unround_weights
from stancelib.errors import DataError
from stancelib.supervision import HeldOutLogits

_EVALUATION_BATCH = 64
_CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True)
class Fit:
    """What a training run came to.

    Attributes:
        epochs: Passes that led to the weights that are kept.
        log: One entry a pass: its loss, its score on held-out sentences, its seconds.
    """

    epochs: int
    log: list[dict[str, Any]]


class Fitter:
    """Trains one network.

    Args:
        network: What is trained, in place.
        config: How.
        folder: Where checkpoints are written; a run that was killed goes on from there. None: none are written.
        fingerprint: What the run learns from; a checkpoint of another run is an error.
    """

    def __init__(
        self, network: StanceNetwork, config: EncoderConfig, *, folder: Path | None, fingerprint: str, exclusive: bool
    ) -> None:
        self._device = find_device(config.device)
        self._network = network.to(self._device)
        self._config = config
        self._checkpoint = None if folder is None else folder / _CHECKPOINT
        self._exclusive = exclusive
        # How a run is watched and how often it is saved may change from one call to the next.
        alike = replace(config, progress=False, checkpoint_minutes=0.0)
        self._fingerprint = hashlib.sha256(f"{alike!r} {fingerprint}".encode()).hexdigest()
        self._autocast = find_autocast(config.precision, self._device)

    def fit(self, learn: SentenceSet, held_out: SentenceSet | None, *, epochs: int, type_weights: Tensor) -> Fit:
        """Train, and leave the network with the weights that are kept: the best on held-out sentences, or the last.

        Raises:
            DataError: The folder holds a checkpoint of a run on other data or with other settings.
        """
        config, network = self._config, self._network
        per_epoch = math.ceil(len(learn) / config.batch_size)
        run = self._start(epochs * per_epoch, type_weights)
        state = run.state
        with tqdm(
            total=run.n_steps,
            initial=state.epoch * per_epoch + state.step,
            desc="training",
            unit="step",
            disable=not config.progress,
        ) as bar:
            while state.epoch < epochs and state.stale < config.patience:
                started = time.monotonic() - state.seconds
                self._learn(run, learn, bar, started)
                entry: dict[str, Any] = {"epoch": state.epoch + 1, "loss": round(float(np.mean(state.losses)), 4)}
                state.epoch, state.step, state.losses = state.epoch + 1, 0, []
                if held_out is not None:
                    entry |= self.measure(held_out)
                    state.stale += 1
                    if entry["score"] > state.best:
                        state.best, state.best_epoch, state.stale = entry["score"], state.epoch, 0
                        run.best = {
                            name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()
                        }
                entry["seconds"] = round(time.monotonic() - started, 1)
                state.seconds = 0.0
                state.log.append(entry)
                if config.progress:
                    bar.write(json.dumps(entry), file=sys.stderr)
                self._save(run)
        if run.best is not None:
            network.load_state_dict(run.best)
        return Fit(state.best_epoch if held_out is not None else state.epoch, state.log)

    def _start(self, n_steps: int, type_weights: Tensor) -> TrainingRun:
        """Return a run at its beginning, or where its checkpoint left it."""
        config = self._config
        groups: dict[bool, list[nn.Parameter]] = {True: [], False: []}
        for name, parameter in self._network.named_parameters():
            groups[name.startswith("encoder.")].append(parameter)
        optimizer = torch.optim.AdamW(
            [
                {"params": groups[True], "lr": config.learning_rate},
                {"params": groups[False], "lr": config.head_learning_rate},
            ],
            weight_decay=config.weight_decay,
            fused=True,
        )
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, n_steps, config.warmup))
        run = TrainingRun(self._network, n_steps, optimizer, scheduler, type_weights.to(self._device))
        if self._checkpoint is not None and self._checkpoint.exists():
            restore_run(run, self._checkpoint, fingerprint=self._fingerprint)
        return run

    def _save(self, run: TrainingRun) -> None:
        run.saved = time.monotonic()
        if self._checkpoint is not None:
            save_run(run, self._checkpoint, fingerprint=self._fingerprint)

    def _learn(self, run: TrainingRun, learn: SentenceSet, bar: tqdm[Any], started: float) -> None:
        """Make what is left of a pass."""
        config, state = self._config, run.state
        batches = learn.batches(config.batch_size, random.Random(f"{config.seed} {state.epoch}"))
        self._network.train()
        for number in range(state.step, len(batches)):
            done = state.epoch * len(batches) + number
            self._round(after=done >= config.round_from * run.n_steps)
            # Seeded step by step, so that a run that was killed goes on as if it had not been.
            torch.manual_seed(config.seed * 1_000_003 + done)
            rng = random.Random(f"{config.seed} {state.epoch} {number}")
            state.losses.append(self._step(learn, batches[number], rng, run.optimizer, run.weights))
            run.scheduler.step()
            state.step = number + 1
            bar.update()
            bar.set_postfix(epoch=state.epoch + 1, loss=f"{np.mean(state.losses[-50:]):.3f}", refresh=False)
            if time.monotonic() - run.saved > 60 * config.checkpoint_minutes:
                state.seconds = time.monotonic() - started
                self._save(run)

    def predict(self, examples: SentenceSet, *, rounded: bool = True) -> HeldOutLogits:
        """Return the logits of examples, as the int8 export will give them: rows in the order of the examples.

        Args:
            examples: The sentences.
            rounded: Whether to compute as the export does; otherwise in floats.
        """
        self._round(after=rounded)
        self._network.eval()
        parts: dict[str, list[Tensor]] = {"types": [], "status": [], "direction": [], "target": []}
        rows: list[int] = []
        styles = {self._config.style: 1.0}
        for numbers in examples.batches(_EVALUATION_BATCH, None):
            batch, targets = examples.batch(numbers, styles=styles, rng=None)
            with torch.no_grad(), self._autocast_off():
                found = self._network(batch.to(self._device))
            parts["types"].append(found.types[targets.actors].cpu())
            parts["status"].append(found.status[targets.actors][:, None].cpu())
            parts["direction"].append(found.direction.cpu())
            parts["target"].append(found.target[:, None].cpu())
            rows += [row for number in numbers for row in examples.rows[number]]
        order = np.argsort(rows, kind="stable")
        owners = [row for row in rows for _ in examples.examples[row].candidate.others]
        pair_order = np.argsort(owners, kind="stable")
        arrays = {name: torch.cat(part).numpy().astype(np.float64) for name, part in parts.items()}
        return HeldOutLogits(
            types=arrays["types"][order],
            status=arrays["status"][order],
            direction=arrays["direction"][pair_order],
            target=arrays["target"][pair_order],
        )

    def measure(self, held_out: SentenceSet) -> dict[str, float]:
        """Return how well held-out sentences are judged: average precision of types, directions and targets."""
        logits = self.predict(held_out)
        actors, pairs = held_out.labels
        judged, sided, aimed = actors.judged, pairs.direction >= 0, pairs.target >= 0
        found: dict[str, float] = {}
        if self._exclusive:
            right = logits.types[judged].argmax(1) == actors.types[judged].argmax(1)
            found["types"] = float(right.mean()) if len(right) else math.nan
        else:
            found["types"] = _precision(logits.types[judged], actors.types[judged])
        directions = np.eye(3, dtype=bool)[pairs.direction[sided]][:, :2]
        relative = logits.direction[sided][:, :2] - logits.direction[sided][:, 2:]
        found["direction"] = _precision(relative, directions)
        found["target"] = _precision(logits.target[aimed], pairs.target[aimed][:, None] == 1)
        known = {name: value for name, value in found.items() if not math.isnan(value)}
        counts = [2 if name == "types" else 1 for name in known]  # types as much as both questions of pairs
        score = float(np.average(list(known.values()), weights=counts)) if known else 0.0
        return {name: round(value, 4) for name, value in {"score": score, **known}.items()}

    def _step(
        self,
        learn: SentenceSet,
        numbers: list[int],
        rng: random.Random,
        optimizer: torch.optim.Optimizer,
        weights: Tensor,
    ) -> float:
        config = self._config
        size = math.ceil(len(numbers) / config.accumulate)
        optimizer.zero_grad()
        total = 0.0
        for start in range(0, len(numbers), size):
            part = numbers[start : start + size]
            batch, targets = learn.batch(part, styles=config.styles, rename=config.rename, rng=rng)
            with self._autocast():
                logits = self._network(batch.to(self._device))
            loss = self._loss(logits, targets.to(self._device), weights) * (len(part) / len(numbers))
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        if not math.isfinite(total):
            raise DataError(f"training diverged: the loss is {total}; expected a lower learning rate")
        nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
        optimizer.step()
        return total

    def _loss(self, logits: HeadLogits, targets: Targets, weights: Tensor) -> Tensor:
        config = self._config
        said = logits.types[targets.actors]
        if self._exclusive:
            types = -(targets.types * weights * torch.log_softmax(said, dim=1)).sum(1)
            types = types * 3.0  # as large as the sum over many sigmoids
        else:
            each = nn.functional.binary_cross_entropy_with_logits(said, targets.types, reduction="none")
            types = (each * (1 + (weights - 1) * targets.types)).sum(1)
        status = nn.functional.binary_cross_entropy_with_logits(
            logits.status[targets.actors], targets.status, reduction="none"
        )
        direction = -(targets.direction * torch.log_softmax(logits.direction, dim=1)).sum(1)
        target = nn.functional.binary_cross_entropy_with_logits(logits.target, targets.target, reduction="none")
        return (
            _mean(types, targets.types_weight)
            + config.status_weight * _mean(status, targets.status_weight)
            + config.direction_weight * _mean(direction, targets.direction_weight)
            + config.target_weight * _mean(target, targets.target_weight)
        )

    def _round(self, *, after: bool) -> None:
        (round_weights if after else unround_weights)(self._network.encoder)

    def _autocast_off(self) -> AbstractContextManager[Any]:
        return torch.autocast(self._device.type, enabled=False)


def balance_types(counts: np.ndarray, strength: float) -> Tensor:
    """Return the weight of each type: the inverse of its count to the power of ``strength``, 1 on average."""
    weights = np.maximum(counts, 1.0) ** -strength
    weights *= counts.sum() / max((weights * counts).sum(), 1e-9)
    return torch.tensor(np.clip(weights, 0.2, 10.0), dtype=torch.float32)


def _precision(scores: np.ndarray, gold: np.ndarray) -> float:
    """Return the mean average precision of the columns that hold both answers; NaN where none does."""
    columns = [k for k in range(gold.shape[1]) if 0 < gold[:, k].sum() < len(gold)] if len(gold) else []
    return float(np.mean([average_precision_score(gold[:, k], scores[:, k]) for k in columns])) if columns else math.nan


def _mean(losses: Tensor, weights: Tensor) -> Tensor:
    return (losses * weights).sum() / weights.sum().clamp_min(1.0)


def _rate(step: int, n_steps: int, warmup: float) -> float:
    rising = max(warmup * n_steps, 1.0)
    return min((step + 1) / rising, max(0.0, (n_steps - step) / max(n_steps - rising, 1.0)))
