"""The network that is trained: a pretrained encoder, read once a sentence, with a head for each question.

Needs torch and transformers. An actor is the mean of the states at its roles; a pair is both actors and their product.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from stancelib.heads import N_DIRECTIONS


@dataclass(frozen=True, slots=True)
class Batch:
    """Rendered sentences as tensors, padded to the longest.

    Attributes:
        ids: Token ids, shape ``(n_sentences, length)``.
        mask: 1 where a token is, 0 where padding; same shape.
        pool: For each actor the weights of the places that its state is the mean of, shape ``(n_actors, length)``.
        owner: For each actor the row of its sentence.
        pairs: Ordered pairs of actors, shape ``(n_pairs, 2)``.
    """

    ids: Tensor
    mask: Tensor
    pool: Tensor
    owner: Tensor
    pairs: Tensor

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        return Batch(*(getattr(self, name).to(device) for name in ("ids", "mask", "pool", "owner", "pairs")))


@dataclass(frozen=True, slots=True)
class HeadLogits:
    """What the heads say, before any temperature.

    Attributes:
        types: Shape ``(n_actors, n_types)``.
        status: Whether planned, shape ``(n_actors,)``.
        direction: For, against, neither; shape ``(n_pairs, 3)``.
        target: Shape ``(n_pairs,)``.
    """

    types: Tensor
    status: Tensor
    direction: Tensor
    target: Tensor


class StanceNetwork(nn.Module):
    """An encoder with heads for types, status, direction and target.

    Args:
        encoder: Gives ``last_hidden_state`` of shape ``(n_sentences, length, width)``.
        n_types: Types of the codebook.
        dropout: Of the heads.
    """

    def __init__(self, encoder: nn.Module, n_types: int, *, dropout: float = 0.1) -> None:
        super().__init__()
        width = int(encoder.config.hidden_size)  # type: ignore[union-attr,arg-type]
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.actor = nn.Linear(2 * width, width)
        self.pair = nn.Linear(4 * width, width)
        self.types = nn.Linear(width, n_types)
        self.status = nn.Linear(2 * width, 1)
        self.direction = nn.Linear(width, N_DIRECTIONS)
        self.target = nn.Linear(width, 1)

    def forward(self, batch: Batch) -> HeadLogits:
        """Return the logits of all heads."""
        states = self.encoder(input_ids=batch.ids, attention_mask=batch.mask).last_hidden_state
        own = torch.bmm(batch.pool[:, None, :].to(states.dtype), states[batch.owner])[:, 0]
        whole = states[batch.owner, 0]
        actor = self.dropout(torch.cat([own, whole], dim=-1))
        first, second = batch.pairs[:, 0], batch.pairs[:, 1]
        both = self.dropout(torch.cat([own[first], own[second], own[first] * own[second], whole[first]], dim=-1))
        hidden = self.dropout(nn.functional.gelu(self.actor(actor)))
        hidden_pair = self.dropout(nn.functional.gelu(self.pair(both)))
        return HeadLogits(
            types=self.types(hidden).float(),
            status=self.status(actor)[:, 0].float(),
            direction=self.direction(hidden_pair).float(),
            target=self.target(hidden_pair)[:, 0].float(),
        )

    def head_state(self) -> dict[str, Tensor]:
        """Return the weights that are not the encoder's, by name."""
        return {name: tensor for name, tensor in self.state_dict().items() if not name.startswith("encoder.")}


class _RoundedLinear(nn.Linear):
    """A linear layer that computes as the exported int8 one does, and passes gradients on as if it did not round."""

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(_rounded(x), _rounded(self.weight), self.bias)


class _RoundedEmbedding(nn.Embedding):
    """An embedding whose rows are rounded to int8 when they are looked up."""

    def forward(self, x: Tensor) -> Tensor:
        return _rounded(super().forward(x))


ROUNDED_ROWS = 4096
"""Embeddings with fewer rows (positions) are small, and stay floats."""


def round_weights(encoder: nn.Module) -> None:
    """Let an encoder compute as its int8 export will: weights and the inputs of each layer rounded, row by row.

    Source: Jacob et al. 2018, "Quantization and training of neural networks for efficient integer-arithmetic-only
    inference" (training with simulated rounding).
    """
    for module in encoder.modules():
        if type(module) is nn.Linear:
            module.__class__ = _RoundedLinear
        elif type(module) is nn.Embedding and module.num_embeddings >= ROUNDED_ROWS:
            module.__class__ = _RoundedEmbedding


def unround_weights(encoder: nn.Module) -> None:
    """Take back ``round_weights``."""
    for module in encoder.modules():
        if type(module) is _RoundedLinear:
            module.__class__ = nn.Linear  # type: ignore[assignment]
        elif type(module) is _RoundedEmbedding:
            module.__class__ = nn.Embedding  # type: ignore[assignment]


def _rounded(x: Tensor) -> Tensor:
    """Round each row to 255 steps about zero; the gradient passes as if nothing were rounded."""
    with torch.no_grad():
        full = x.float()
        step = (full.abs().amax(dim=-1, keepdim=True) / 127.0).clamp_min(1e-12)
        error = (full / step).round() * step - full
    return x + error.to(x.dtype)
