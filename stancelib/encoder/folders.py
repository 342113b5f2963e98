"""Where a training run that is under way keeps its state, inside the model folder that it will write."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

Stage = Literal["teacher", "fit", "refit"]
"""The teacher's answers; training until early stopping; training again on all sentences."""

_STAGES: tuple[Stage, ...] = ("teacher", "fit", "refit")


def checkpoint_folder(folder: Path, stage: Stage) -> Path:
    """Return where a stage of a run keeps its state."""
    return folder / f"checkpoint-{stage}"


def discard_checkpoints(folder: Path) -> None:
    """Remove the state of all stages, where there is any."""
    for stage in _STAGES:
        shutil.rmtree(checkpoint_folder(folder, stage), ignore_errors=True)
