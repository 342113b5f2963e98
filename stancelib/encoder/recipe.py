"""How an encoder is fitted: base, network, training, calibration, export. Needs the training extra."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import f1_score

from stancelib.calibration import Thresholds, sigmoid
from stancelib.codebook import Codebook
from stancelib.encoder.bases import Base, describe, model_base, pretrained_base
from stancelib.encoder.config import EncoderConfig
from stancelib.encoder.examples import SentenceSet, collect_names
from stancelib.encoder.export import export_encoder
from stancelib.encoder.fitting import Fit, Fitter, balance_types
from stancelib.encoder.model import Encoder, EncoderModel
from stancelib.encoder.network import StanceNetwork
from stancelib.encoder.rendering import RoleRenderer
from stancelib.errors import DataError
from stancelib.heads import HEADS
from stancelib.labelled import LabelledCandidate
from stancelib.model import StanceModel
from stancelib.persistence import DEFAULT_ENCODER, load_model, shipped_models
from stancelib.supervision import ActorLabels, HeldOutLogits, calibrate
from stancelib.types import Judgement

_LEAST_HELD_OUT = 20
_BASES = ("trained", "floats")


@dataclass(frozen=True)
class EncoderFit:
    """A fitted encoder and how it came about.

    Attributes:
        log: The run: its settings, then an entry a pass.
        n_held_out: Pairs that temperatures and thresholds were fitted on.
        parity: How the exported int8 model agrees on held-out pairs with the trained network, which computes as if it
            rounded (``trained``), and with the same network without any rounding (``floats``); see ``measure_parity``.
            None: nothing was held out.
    """

    model: EncoderModel
    log: list[dict[str, Any]] = field(repr=False)
    n_held_out: int
    parity: dict[str, dict[str, float]] | None


def fit_encoder(
    examples: Sequence[LabelledCandidate],
    dev: Sequence[LabelledCandidate] = (),
    *,
    codebook: Codebook,
    name: str,
    config: EncoderConfig,
    folder: Path | None = None,
    fingerprint: str = "",
    teacher: StanceModel | None = None,
) -> EncoderFit:
    """Fit an encoder.

    Without dev rows a share of the documents is held out: it says when to stop and calibrates; then all of the
    sentences are learnt from for as many passes (``EncoderConfig.refit``).

    Args:
        examples: What it learns from.
        dev: Held-out candidates for early stopping, temperatures and thresholds; empty: see above.
        codebook: The types.
        name: The name that the model carries.
        config: How it is fitted.
        folder: Where checkpoints are written, from which a killed run goes on; None: nowhere.
        fingerprint: What tells the data from others.
        teacher: A larger model whose answers are learnt beside the labels (distillation).

    Raises:
        DataError: No example has its types judged, the base cannot be read, or a checkpoint is of another run.
    """
    if not any(example.label.types is not None for example in examples):
        raise DataError("no label has the key 'types'; expected at least one judged pair")
    run = _Run(codebook, config, folder, _fingerprint(examples, codebook, teacher, fingerprint))
    judgements = None if teacher is None else _ask(teacher, examples, codebook)
    learn, rest = (range(len(examples)), ()) if dev else _hold_out(examples, config)
    held_out = list(dev) or [examples[row] for row in rest]
    judged = run.sentences(held_out) if held_out else None
    network, fitter, fit = run.fit(
        [examples[row] for row in learn],
        judged,
        stage="fit",
        teacher=None if judgements is None else [judgements[row] for row in learn],
    )
    log = [*fit.log]
    unseen = None  # what the network says of held-out pairs before it learns from them too
    if not dev and judged and config.refit:
        unseen = fitter.predict(judged)
        network, fitter, again = run.fit(examples, None, stage="refit", epochs=max(fit.epochs, 1), teacher=judgements)
        log += [{"refit": True, **entry} for entry in again.log]
    # Before the network is taken from its device.
    trained = {name: fitter.predict(judged, rounded=name == "trained") for name in _BASES} if judged else {}
    model = run.build(network, name)
    parity = None
    if judged:
        exported = HeldOutLogits(**model.logits([example.candidate for example in held_out]))
        thresholds, temperatures = calibrate(unseen or exported, *judged.labels, codebook=codebook)
        model = replace(model, thresholds=thresholds, temperatures=temperatures)
        actors, _ = judged.labels
        parity = {name: measure_parity(logits, exported, model, gold=actors) for name, logits in trained.items()}
    settings = {
        "base": run.base.label,
        "config": {**asdict(config), "base": run.base.label},  # a folder's place is nobody's business
        "codebook": codebook.label,
        "data_sha256": fingerprint,
    }
    return EncoderFit(model, [settings, *log], len(held_out), parity)


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


class _Run:
    """What the stages of one fit share."""

    def __init__(self, codebook: Codebook, config: EncoderConfig, folder: Path | None, fingerprint: str) -> None:
        self._codebook = codebook
        self._config = config
        self._folder = folder
        self._fingerprint = fingerprint
        self.base = load_base(config.base, seed=config.seed)
        longest = getattr(self.base.encoder.config, "max_position_embeddings", config.max_length)
        if config.max_length > longest:
            raise DataError(f"{self.base.label}: reads {longest} tokens at most; expected no max_length above")
        self._renderer = RoleRenderer(self.base.tokenizer, max_length=config.max_length)

    def fit(
        self,
        examples: Sequence[LabelledCandidate],
        held_out: SentenceSet | None,
        *,
        stage: str,
        epochs: int | None = None,
        teacher: Sequence[Judgement] | None = None,
    ) -> tuple[StanceNetwork, Fitter, Fit]:
        config = self._config
        names = collect_names(examples) if config.rename else []
        learn = SentenceSet(examples, self._codebook, self._renderer, names=names, teacher=teacher, trust=config.trust)
        network = self._network()
        folder = None if self._folder is None else self._folder / f"checkpoint-{stage}"
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        fitter = Fitter(
            network,
            config,
            folder=folder,
            fingerprint=f"{self._fingerprint} {self.base.label} {stage} {len(examples)}",
            exclusive=self._codebook.exclusive,
        )
        actors, _ = learn.labels
        weights = balance_types(actors.types[actors.judged].sum(axis=0).astype(np.float64), config.balance)
        fit = fitter.fit(
            learn,
            held_out,
            epochs=epochs or config.n_epochs(len(learn)),
            type_weights=weights,
        )
        return network, fitter, fit

    def sentences(self, examples: Sequence[LabelledCandidate]) -> SentenceSet:
        return SentenceSet(examples, self._codebook, self._renderer)

    def build(self, network: StanceNetwork, name: str) -> EncoderModel:
        config = self._config
        network.cpu()
        return EncoderModel(
            name=name,
            version=config.version,
            codebook=self._codebook,
            thresholds=Thresholds(dict.fromkeys(self._codebook.type_ids, 0.5)),
            encoder=Encoder(export_encoder(network.encoder), self.base.tokenizer, describe(network.encoder)),
            weights={key: tensor.float().numpy() for key, tensor in network.head_state().items()},
            temperatures=dict.fromkeys(HEADS, 1.0),
            style=config.style,
            max_length=config.max_length,
        )

    def _network(self) -> StanceNetwork:
        torch.manual_seed(self._config.seed)
        base = load_base(self._config.base, seed=self._config.seed)
        network = StanceNetwork(base.encoder, len(self._codebook.types))
        _transfer_heads(network, base, self._codebook)
        return network


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


def _transfer_heads(network: StanceNetwork, base: Base, codebook: Codebook) -> None:
    """Begin with the heads that a base brings; of its types those that the codebook has too."""
    if not base.heads:
        return
    state = network.state_dict()
    for key, tensor in base.heads.items():
        if not key.startswith("types."):
            state[key].copy_(tensor)
    for row, type_id in enumerate(codebook.type_ids):
        if type_id in base.type_ids:
            for part in ("types.weight", "types.bias"):
                state[part][row] = base.heads[part][base.type_ids.index(type_id)]


def _ask(teacher: StanceModel, examples: Sequence[LabelledCandidate], codebook: Codebook) -> list[Judgement]:
    unknown = [type_id for type_id in codebook.type_ids if type_id not in teacher.codebook.type_ids]
    if unknown:
        raise DataError(
            f"teacher {teacher.name}: its codebook {teacher.codebook.label} lacks the type {unknown[0]!r}; "
            f"expected one that knows all types of {codebook.label}"
        )
    return teacher.predict([example.candidate for example in examples])


def _fingerprint(
    examples: Sequence[LabelledCandidate], codebook: Codebook, teacher: StanceModel | None, data: str
) -> str:
    """Return what a run learns from."""
    conflicts = sorted({example.conflict.label for example in examples if example.conflict})
    taught = None if teacher is None else f"{teacher.name}@{teacher.version}"
    return f"{data} {codebook!r} {conflicts} {taught}"


def _hold_out(examples: Sequence[LabelledCandidate], config: EncoderConfig) -> tuple[Sequence[int], Sequence[int]]:
    """Divide the rows by document; where there are too few documents nothing is held out."""
    documents = sorted({example.text for example in examples})
    n = round(len(documents) * config.held_out)
    if n < _LEAST_HELD_OUT:
        return list(range(len(examples))), []
    chosen = set(random.Random(config.seed).sample(documents, n))
    rows = range(len(examples))
    return [r for r in rows if examples[r].text not in chosen], [r for r in rows if examples[r].text in chosen]
