"""The training loop: checkpoints that survive a kill, early stopping, a log of every pass. Needs torch."""

from __future__ import annotations

import hashlib
import json
import math
import random
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import average_precision_score
from torch import Tensor, nn
from tqdm import tqdm

from stancelib.encoder.config import EncoderConfig
from stancelib.encoder.examples import SentenceSet, Targets
from stancelib.encoder.network import HeadLogits, StanceNetwork, round_weights, unround_weights
from stancelib.errors import DataError
from stancelib.supervision import HeldOutLogits

_EVALUATION_BATCH = 64
_CHECKPOINT = "checkpoint.pt"


@dataclass
class _State:
    """How far training has come."""

    epoch: int = 0
    step: int = 0
    """Batches of the epoch that are done."""
    stale: int = 0
    best: float = -math.inf
    best_epoch: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)


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
        self._device = _device(config.device)
        self._network = network.to(self._device)
        self._config = config
        self._folder = folder
        self._exclusive = exclusive
        # How a run is watched and how often it is saved may change from one call to the next.
        alike = replace(config, progress=False, checkpoint_minutes=0.0)
        self._fingerprint = hashlib.sha256(f"{alike!r} {fingerprint}".encode()).hexdigest()
        self._autocast = _autocast(config.precision, self._device)

    def fit(self, learn: SentenceSet, held_out: SentenceSet | None, *, epochs: int, type_weights: Tensor) -> Fit:
        """Train, and leave the network with the weights that are kept: the best on held-out sentences, or the last.

        Raises:
            DataError: The folder holds a checkpoint of a run on other data or with other settings.
        """
        config, network = self._config, self._network
        encoder = [p for name, p in network.named_parameters() if name.startswith("encoder.")]
        heads = [p for name, p in network.named_parameters() if not name.startswith("encoder.")]
        optimizer = torch.optim.AdamW(
            [
                {"params": encoder, "lr": config.learning_rate},
                {"params": heads, "lr": config.head_learning_rate},
            ],
            weight_decay=config.weight_decay,
        )
        n_steps = epochs * math.ceil(len(learn) / config.batch_size)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, n_steps, config.warmup))
        state, best = self._restore(optimizer, scheduler)
        saved = time.monotonic()
        weights = type_weights.to(self._device)
        with tqdm(
            total=n_steps,
            initial=state.epoch * math.ceil(len(learn) / config.batch_size) + state.step,
            desc="training",
            unit="step",
            disable=not config.progress,
        ) as bar:
            while state.epoch < epochs and state.stale < config.patience:
                started = time.monotonic() - state.seconds
                batches = learn.batches(config.batch_size, random.Random(f"{config.seed} {state.epoch}"))
                network.train()
                for number in range(state.step, len(batches)):
                    done = state.epoch * len(batches) + number
                    self._round(after=done >= config.round_from * n_steps)
                    # Seeded step by step, so that a run that was killed goes on as if it had not been.
                    torch.manual_seed(config.seed * 1_000_003 + done)
                    rng = random.Random(f"{config.seed} {state.epoch} {number}")
                    state.losses.append(self._step(learn, batches[number], rng, optimizer, weights))
                    scheduler.step()
                    state.step = number + 1
                    bar.update()
                    bar.set_postfix(epoch=state.epoch + 1, loss=f"{np.mean(state.losses[-50:]):.3f}", refresh=False)
                    if time.monotonic() - saved > 60 * config.checkpoint_minutes:
                        state.seconds = time.monotonic() - started
                        self._save(state, best, optimizer, scheduler)
                        saved = time.monotonic()
                entry: dict[str, Any] = {"epoch": state.epoch + 1, "loss": round(float(np.mean(state.losses)), 4)}
                state.epoch, state.step, state.losses = state.epoch + 1, 0, []
                if held_out is not None:
                    entry |= self.measure(held_out)
                    state.stale += 1
                    if entry["score"] > state.best:
                        state.best, state.best_epoch, state.stale = entry["score"], state.epoch, 0
                        best = {name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()}
                entry["seconds"] = round(time.monotonic() - started, 1)
                state.seconds = 0.0
                state.log.append(entry)
                if config.progress:
                    bar.write(json.dumps(entry), file=sys.stderr)
                self._save(state, best, optimizer, scheduler)
                saved = time.monotonic()
        if best is not None:
            network.load_state_dict(best)
        return Fit(state.best_epoch if held_out is not None else state.epoch, state.log)

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

    def _restore(
        self, optimizer: torch.optim.Optimizer, scheduler: torch.optim.lr_scheduler.LambdaLR
    ) -> tuple[_State, dict[str, Tensor] | None]:
        path = self._folder / _CHECKPOINT if self._folder else None
        if path is None or not path.exists():
            return _State(), None
        try:
            saved = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:
            raise DataError(f"{path}: not a checkpoint: {error}; expected one of this run, or none") from error
        if not isinstance(saved, dict) or saved.get("fingerprint") != self._fingerprint:
            raise DataError(
                f"{path}: a checkpoint of a run on other data or with other settings; expected the same as before, "
                f"or another --out (or delete the checkpoint)"
            )
        self._network.load_state_dict(saved["network"])
        optimizer.load_state_dict(saved["optimizer"])
        scheduler.load_state_dict(saved["scheduler"])
        return _State(**json.loads(saved["state"])), saved["best"]

    def _save(
        self,
        state: _State,
        best: Mapping[str, Tensor] | None,
        optimizer: torch.optim.Optimizer,
        scheduler: torch.optim.lr_scheduler.LambdaLR,
    ) -> None:
        if self._folder is None:
            return
        content = {
            "fingerprint": self._fingerprint,
            "network": self._network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(),
            "state": json.dumps(asdict(state)),
            "best": None if best is None else dict(best),
        }
        path = self._folder / _CHECKPOINT
        beside = path.with_suffix(".new")
        torch.save(content, beside)
        beside.replace(path)  # a kill while it is written leaves the earlier one whole


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


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise DataError(f"unknown device {name!r}; expected one that torch knows, as 'cpu' or 'cuda'") from error


def _autocast(precision: str, device: torch.device) -> Callable[[], AbstractContextManager[Any]]:
    fits = torch.cuda.is_bf16_supported() if device.type == "cuda" else _cpu_has_bf16()
    if precision == "bf16" or (precision == "auto" and fits):
        return lambda: torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext


def _cpu_has_bf16() -> bool:
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
