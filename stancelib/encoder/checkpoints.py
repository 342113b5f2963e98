"""A training run under way, and its checkpoints: what is needed to go on as if it had never been killed."""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from stancelib.errors import DataError


@dataclass
class TrainingState:
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


@dataclass
class TrainingRun:
    """A run under way.

    Attributes:
        network: What is trained.
        n_steps: Batches of all of its passes.
        weights: What each type counts, shape ``(n_types,)``.
        best: The weights that did best on held-out sentences so far.
        saved: When its state was last written, by the monotonic clock.
    """

    network: nn.Module
    n_steps: int
    optimizer: torch.optim.Optimizer
    scheduler: torch.optim.lr_scheduler.LambdaLR
    weights: Tensor
    state: TrainingState = field(default_factory=TrainingState)
    best: dict[str, Tensor] | None = None
    saved: float = field(default_factory=time.monotonic)


def restore_run(run: TrainingRun, path: Path, *, fingerprint: str) -> None:
    """Take a run to where its checkpoint left it.

    Raises:
        DataError: The file is not a checkpoint, or one of a run on other data or with other settings.
    """
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise DataError(f"{path}: not a checkpoint: {error}; expected one of this run, or none") from error
    if not isinstance(saved, dict) or saved.get("fingerprint") != fingerprint:
        raise DataError(
            f"{path}: a checkpoint of a run on other data or with other settings; expected the same as before, "
            f"or another --out (or delete the checkpoint)"
        )
    run.network.load_state_dict(saved["network"])
    run.optimizer.load_state_dict(saved["optimizer"])
    run.scheduler.load_state_dict(saved["scheduler"])
    run.state, run.best = TrainingState(**json.loads(saved["state"])), saved["best"]


def save_run(run: TrainingRun, path: Path, *, fingerprint: str) -> None:
    """Write a checkpoint; a kill while it is written leaves the earlier one whole."""
    content = {
        "fingerprint": fingerprint,
        "network": run.network.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "scheduler": run.scheduler.state_dict(),
        "state": json.dumps(asdict(run.state)),
        "best": run.best,
    }
    beside = path.with_suffix(".new")
    torch.save(content, beside)
    beside.replace(path)
