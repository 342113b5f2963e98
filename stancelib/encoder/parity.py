"""How an exported model agrees with the network that it was made of."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import f1_score

from stancelib.calibration import sigmoid
from stancelib.encoder.model import EncoderModel
from stancelib.heads import HEADS
from stancelib.supervision import ActorLabels, HeldOutLogits


def measure_parity(
    trained: HeldOutLogits, exported: HeldOutLogits, model: EncoderModel, *, gold: ActorLabels
) -> dict[str, float]:
    """Return how often the exported model answers as the trained network: of each head the share of equal answers.

    ``types`` counts every type of every candidate, ``candidates`` the candidates whose types are all equal;
    ``types_macro_f1_loss`` is what the export loses on the labels.
    """
    limits, t = model.thresholds, model.temperatures
    type_limits = np.array([limits.types[type_id] for type_id in model.codebook.type_ids])

    def answers(logits: HeldOutLogits) -> dict[str, np.ndarray]:
        if model.codebook.exclusive:
            types = np.eye(logits.types.shape[1], dtype=bool)[logits.types.argmax(axis=1)]
        else:
            types = sigmoid(logits.types, t["types"]) >= type_limits
        return {
            "types": types,
            "status": sigmoid(logits.status, t["status"]) >= limits.planned,
            "direction": logits.direction.argmax(axis=1),
            "target": sigmoid(logits.target, t["target"]) >= limits.target,
        }

    one, two = answers(trained), answers(exported)
    equal = {name: one[name] == two[name] for name in HEADS} | {
        "candidates": (one["types"] == two["types"]).all(axis=1)
    }
    shares = {name: float(same.mean()) for name, same in equal.items() if len(same)}
    lost = _macro_f1(one["types"], gold) - _macro_f1(two["types"], gold)
    return {name: round(value, 5) for name, value in {**shares, "types_macro_f1_loss": lost}.items()}


def _macro_f1(said: np.ndarray, gold: ActorLabels) -> float:
    judged = gold.judged
    if not judged.any():
        return 0.0
    return float(f1_score(gold.types[judged], said[judged], average="macro", zero_division=0))
