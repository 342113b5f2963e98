"""How an encoder is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from stancelib.encoder.rendering import STYLES, Style
from stancelib.errors import DataError

Precision = Literal["auto", "fp32", "bf16"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderConfig:
    """How an encoder is trained.

    Attributes:
        base: What training starts from: a folder or hub id of a pretrained transformer, or a model folder of the
            encoder family or the name of a shipped one. None: the shipped default encoder.
        styles: How often each style of rendering is drawn in training.
        style: The style that is used afterwards.
        rename: How often the names of a training sentence are exchanged for others of the label files.
        epochs: Passes over the sentences; None: so many that there are some 1,500 steps, 4 at least and 12 at most.
        patience: Passes without a better score on held-out sentences after which training ends.
        batch_size: Sentences that a step sees.
        accumulate: Parts that a batch is divided into, to save memory; the gradients are summed.
        learning_rate: Of the encoder, at its peak.
        head_learning_rate: Of the heads, at its peak.
        weight_decay: Of AdamW.
        warmup: The share of the steps in which the learning rates rise; afterwards they fall in a line to zero.
        round_from: The share of the steps after which the network computes as its int8 export will.
        balance: How much rarer types weigh more: 0 not at all, 1 by the inverse of their frequency.
        direction_weight: What the direction's loss counts beside that of the types; likewise the others.
        trust: How much a teacher's answer counts beside a label, 0 to 1.
        copies: Copies of each sentence, with words exchanged for similar ones, that a teacher alone judges.
        exchange: How many of the words of a copy are exchanged, 0 to 1.
        held_out: The share of the documents that is held out where there are no dev rows.
        refit: Whether to train again on all of the sentences where some were held out for want of dev rows.
        max_length: Tokens of a sentence that are read.
        precision: Of the computation; ``auto``: bfloat16 where the processor has it.
        device: A torch device; ``auto``: a GPU where there is one.
        checkpoint_minutes: How often the state of training is written.
        seed: Of every random choice.
        version: The version that the model carries.
        progress: Whether to show progress on standard error.
    """

    base: str | None = None
    styles: Mapping[Style, float] = field(default_factory=lambda: {"marked": 0.5, "masked": 0.5})
    style: Style = "marked"
    rename: float = 0.0
    epochs: int | None = None
    patience: int = 3
    batch_size: int = 32
    accumulate: int = 1
    learning_rate: float = 2e-4
    head_learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: float = 0.1
    round_from: float = 0.5
    balance: float = 0.0
    status_weight: float = 0.3
    direction_weight: float = 1.5
    target_weight: float = 1.0
    trust: float = 0.5
    copies: int = 0
    exchange: float = 0.3
    held_out: float = 0.1
    refit: bool = True
    max_length: int = 256
    precision: Precision = "auto"
    device: str = "auto"
    checkpoint_minutes: float = 5.0
    seed: int = 0
    version: int = 1
    progress: bool = False

    def n_epochs(self, n_sentences: int) -> int:
        """Return the passes over so many sentences."""
        if self.epochs is not None:
            return self.epochs
        return min(max(round(1500 * self.batch_size / max(n_sentences, 1)), 4), 12)


def styles_for(style: str) -> dict[str, Any]:
    """Return the settings with which an encoder reads names in one style; in training it sees them kept, too.

    Raises:
        DataError: There is no such style.
    """
    if style not in STYLES:
        raise DataError(f"unknown style {style!r}; expected {', '.join(map(repr, STYLES))}")
    styles = {"marked": 0.5, "masked": 0.5} if style != "typed" else {"marked": 0.3, "typed": 0.7}
    return {"style": style, "styles": styles}
