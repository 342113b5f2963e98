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

from stancelib.calibration import Thresholds
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

_LEAST_HELD_OUT = 20


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
    judgements = None if teacher is None else teacher.predict([example.candidate for example in examples])
    run = _Run(codebook, config, folder, fingerprint)
    learn, rest = (range(len(examples)), ()) if dev else _hold_out(examples, config)
    held_out = list(dev) or [examples[row] for row in rest]
    network, fitter, fit = run.fit(
        [examples[row] for row in learn],
        held_out,
        stage="fit",
        teacher=None if judgements is None else [judgements[row] for row in learn],
    )
    log = [*fit.log]
    trained = fitter.predict(run.sentences(held_out)) if held_out else None
    if not dev and held_out and config.refit:
        network, fitter, again = run.fit(examples, [], stage="refit", epochs=max(fit.epochs, 1), teacher=judgements)
        log += [{"refit": True, **entry} for entry in again.log]
    model = run.build(network, name)
    parity = None
    if held_out:
        exported = HeldOutLogits(**model.logits([example.candidate for example in held_out]))
        actors, pairs = run.sentences(held_out).labels
        basis = trained if trained is not None and not dev and config.refit else exported
        thresholds, temperatures = calibrate(basis, actors, pairs, codebook=codebook)
        model = replace(model, thresholds=thresholds, temperatures=temperatures)
        sentences = run.sentences(held_out)
        parity = {
            "trained": measure_parity(fitter.predict(sentences), exported, model, gold=actors),
            "floats": measure_parity(fitter.predict(sentences, rounded=False), exported, model, gold=actors),
        }
    settings = {
        "base": run.base.label,
        "config": asdict(config),
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
    t = model.temperatures
    limits = np.array([model.thresholds.types[type_id] for type_id in model.codebook.type_ids])
    cut = np.log(limits / (1 - limits))

    def answers(logits: HeldOutLogits) -> tuple[np.ndarray, ...]:
        if model.codebook.exclusive:
            types = np.eye(logits.types.shape[1], dtype=bool)[logits.types.argmax(axis=1)]
        else:
            types = logits.types / t["types"] >= cut
        return types, logits.direction.argmax(axis=1), logits.target > 0, logits.status > 0

    one, two = answers(trained), answers(exported)
    found = {
        "types": float((one[0] == two[0]).mean()),
        "candidates": float((one[0] == two[0]).all(axis=1).mean()),
        "types_macro_f1_loss": _macro_f1(one[0], gold) - _macro_f1(two[0], gold),
        "status": float((one[3] == two[3]).mean()),
    }
    if len(one[1]):
        found |= {"direction": float((one[1] == two[1]).mean()), "target": float((one[2] == two[2]).mean())}
    return {name: round(value, 5) for name, value in found.items()}


def _macro_f1(said: np.ndarray, gold: ActorLabels) -> float:
    judged = gold.judged
    return float(f1_score(gold.types[judged], said[judged], average="macro", zero_division=0))


class _Run:
    """What the stages of one fit share."""

    def __init__(self, codebook: Codebook, config: EncoderConfig, folder: Path | None, fingerprint: str) -> None:
        self._codebook = codebook
        self._config = config
        self._folder = folder
        self._fingerprint = fingerprint
        self.base = load_base(config.base, seed=config.seed)
        self._renderer = RoleRenderer(self.base.tokenizer, max_length=config.max_length)

    def fit(
        self,
        examples: Sequence[LabelledCandidate],
        held_out: Sequence[LabelledCandidate],
        *,
        stage: str,
        epochs: int | None = None,
        teacher: Sequence[Any] | None = None,
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
            self.sentences(held_out) if held_out else None,
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


def _hold_out(examples: Sequence[LabelledCandidate], config: EncoderConfig) -> tuple[Sequence[int], Sequence[int]]:
    """Divide the rows by document; where there are too few documents nothing is held out."""
    documents = sorted({example.text for example in examples})
    n = round(len(documents) * config.held_out)
    if n < _LEAST_HELD_OUT:
        return list(range(len(examples))), []
    chosen = set(random.Random(config.seed).sample(documents, n))
    rows = range(len(examples))
    return [r for r in rows if examples[r].text not in chosen], [r for r in rows if examples[r].text in chosen]
