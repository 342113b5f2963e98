"""What training starts from: a pretrained transformer, or an encoder of ours, whose int8 weights become floats again.

Needs torch, transformers and onnx.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from safetensors import SafetensorError
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, AutoTokenizer

from stancelib.codebook import Codebook, StanceType
from stancelib.encoder.model import EncoderModel
from stancelib.encoder.network import StanceNetwork
from stancelib.encoder.rendering import add_roles
from stancelib.errors import DataError
from stancelib.persistence import DEFAULT_ENCODER, load_model, shipped_models

FEW_LABELS = 20
"""Labelled pairs a type, on average, below which there are few."""

INT8, STEP = ".int8", ".step"
"""What follows a weight's name in a graph that holds it rounded, and holds the size of its steps."""


@dataclass(frozen=True)
class Base:
    """A transformer with its tokenizer, ready for roles.

    Attributes:
        heads: Weights of heads that were trained with it; none for a pretrained transformer.
        types: The types of its types head.
        label: What it is called in logs and cards.
    """

    encoder: nn.Module = field(repr=False)
    tokenizer: Tokenizer = field(repr=False)
    heads: Mapping[str, Tensor] = field(repr=False)
    types: tuple[StanceType, ...]
    label: str


def load_base(base: str | None, *, seed: int) -> Base:
    """Load what training starts from; see ``EncoderConfig.base``.

    Raises:
        DataError: It cannot be found or read, or None is given and no encoder is shipped.
    """
    shipped = shipped_models()
    if base is None and DEFAULT_ENCODER not in shipped:
        raise DataError("no base is given; expected --base with a folder or hub id of a pretrained encoder")
    name = base or DEFAULT_ENCODER
    if name not in shipped and not (Path(name) / "encoder.onnx").is_file():
        return pretrained_base(name, seed=seed)
    model = load_model(name)
    if not isinstance(model, EncoderModel):
        raise DataError(f"{name}: a model of another family than encoder; expected an encoder to start from")
    return model_base(model)


def pretrained_base(base: str, *, seed: int) -> Base:
    """Load a pretrained transformer from a local folder, or by its hub id.

    Raises:
        DataError: There is none, or it has no fast tokenizer.
    """
    try:
        encoder = AutoModel.from_pretrained(base, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(base)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0]
        raise DataError(
            f"{base}: no pretrained encoder: {reason}; expected a folder with config.json, weights and tokenizer, "
            f"or a hub id that can be reached"
        ) from error
    if not getattr(tokenizer, "is_fast", False):
        raise DataError(f"{base}: its tokenizer is not a fast one; expected a tokenizer.json")
    fast = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    rows = (
        encoder.get_input_embeddings().weight.detach()
    )  # some bases have more of them than their tokenizer has tokens
    known = rows[: fast.get_vocab_size()]
    if len(known) < len(rows) / 2:  # what transformers makes up where a folder has no tokenizer
        raise DataError(f"{base}: {len(known)} tokens, but weights for {len(rows)}; expected its tokenizer.json")
    add_roles(fast)
    torch.manual_seed(seed)
    encoder.resize_token_embeddings(max(len(rows), fast.get_vocab_size()), mean_resizing=False)
    with torch.no_grad():  # new tokens begin near the mean of the known ones
        fresh = encoder.get_input_embeddings().weight[len(known) : fast.get_vocab_size()]
        fresh.copy_(known.mean(0) + torch.randn_like(fresh) * known.std(0) * 0.5)
    _drop_pooler(encoder)
    return Base(encoder, fast, {}, (), Path(base).name)


def model_base(model: EncoderModel) -> Base:
    """Return the transformer and the heads of a trained encoder, to train on from there."""
    architecture = dict(model.encoder.architecture)
    encoder = AutoModel.from_config(  # type: ignore[no-untyped-call]
        AutoConfig.for_model(architecture.pop("model_type"), **architecture)
    )
    _drop_pooler(encoder)
    found = _initializers(model.encoder.graph)
    state = {name: torch.from_numpy(_restore(found, name)) for name in encoder.state_dict()}
    encoder.load_state_dict(state)
    heads = {name: torch.from_numpy(np.array(weight)) for name, weight in model.weights.items()}
    return Base(encoder, model.encoder.tokenizer, heads, model.codebook.types, f"{model.name}@{model.version}")


def describe(encoder: nn.Module) -> dict[str, Any]:
    """Return the architecture of a transformer as plain values."""
    config = encoder.config.to_diff_dict()  # type: ignore[union-attr,operator]
    dropped = (
        "_name_or_path",
        "transformers_version",
        "dtype",
        "torch_dtype",
        "architectures",
        "gradient_checkpointing",
    )
    return {key: value for key, value in config.items() if key not in dropped} | {
        "model_type": encoder.config.model_type  # type: ignore[union-attr]
    }


def _drop_pooler(encoder: nn.Module) -> None:
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None  # type: ignore[assignment]


def _initializers(graph: bytes) -> dict[str, np.ndarray]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load_from_string(graph).graph.initializer}


def _restore(found: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    """Return a weight as it was when the encoder was exported, up to its rounding."""
    if name in found:
        return np.array(found[name])
    rounded, step = found[name + INT8].astype(np.float32), found[name + STEP]
    # A layer's weight is held turned, a step a column; an embedding as it is, a step a row.
    return np.ascontiguousarray((rounded * step).T if step.ndim == 1 else rounded * step)


def transfer_heads(network: StanceNetwork, base: Base, codebook: Codebook, *, n_labels: int) -> None:
    """Begin with the heads that a base brings, and with those of its types that the codebook has too.

    With few labels a type that the base does not have begins as the mean of the base's types that are its kin. With
    many it begins anew, which measured better (``docs/decisions.md``).

    Args:
        network: What begins so.
        base: Where it begins.
        codebook: The types of the network.
        n_labels: Pairs with judged types that it will learn from.
    """
    if not base.heads:
        return
    state = network.state_dict()
    for key, tensor in base.heads.items():
        if not key.startswith("types."):
            state[key].copy_(tensor)
    few = n_labels < FEW_LABELS * len(codebook.types)
    for row, stance_type in enumerate(codebook.types):
        columns = find_kin(stance_type, base.types, by_code=few)
        for part in ("types.weight", "types.bias"):
            if columns:
                state[part][row] = base.heads[part][columns].mean(0)


def find_kin(stance_type: StanceType, known: Sequence[StanceType], *, by_code: bool = True) -> list[int]:
    """Return which known types stand for a type: that of the same id, else, if asked, those of the same event code.

    Codes are compared system by system: PLV, PLOVER, CAMEO; the first in which there is one counts. An id may be a code
    itself, as in a codebook of root codes.
    """
    same = [place for place, other in enumerate(known) if other.id == stance_type.id]
    if same or not by_code:
        return same
    for system in ("plv", "plover", "cameo"):
        codes = {getattr(stance_type, system), stance_type.id.upper()} - {""}
        kin = [place for place, other in enumerate(known) if getattr(other, system) in codes]
        if kin:
            return kin
    return []
