"""How an encoder is fitted: base, network, training, calibration, export. Needs the training extra."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stancelib.calibration import Thresholds
from stancelib.codebook import Codebook
from stancelib.encoder.bases import describe, load_base, transfer_heads
from stancelib.encoder.config import EncoderConfig
from stancelib.encoder.examples import SentenceSet
from stancelib.encoder.export import export_encoder
from stancelib.encoder.fitting import Fit, Fitter, balance_types
from stancelib.encoder.folders import Stage, checkpoint_folder
from stancelib.encoder.model import Encoder, EncoderModel
from stancelib.encoder.network import StanceNetwork
from stancelib.encoder.parity import measure_parity
from stancelib.encoder.rendering import RoleRenderer
from stancelib.encoder.rewriting import collect_names
from stancelib.encoder.teaching import Lessons, make_lessons
from stancelib.errors import DataError
from stancelib.heads import HEADS
from stancelib.labelled import LabelledCandidate
from stancelib.model import StanceModel
from stancelib.supervision import HeldOutLogits, calibrate

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
    lessons = run.lessons(examples, teacher)
    learn, rest = (range(len(examples)), ()) if dev else _hold_out(examples, config)
    held_out = list(dev) or [examples[row] for row in rest]
    judged = run.sentences(held_out) if held_out else None
    network, fitter, fit = run.fit(lessons.of(learn), judged, stage="fit")
    log = [*fit.log]
    unseen = None  # what the network says of held-out pairs before it learns from them too
    if not dev and judged and config.refit:
        unseen = fitter.predict(judged)
        network, fitter, again = run.fit(lessons, None, stage="refit", epochs=max(fit.epochs, 1))
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
        "teacher": None if teacher is None else f"{teacher.name}@{teacher.version}",
        "data_sha256": fingerprint,
    }
    return EncoderFit(model, [settings, *log], len(held_out), parity)


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

    def lessons(self, examples: Sequence[LabelledCandidate], teacher: StanceModel | None) -> Lessons:
        return make_lessons(
            examples,
            teacher=teacher,
            codebook=self._codebook,
            config=self._config,
            tokenizer=self.base.tokenizer,
            embeddings=self.base.encoder.get_input_embeddings().weight.detach().numpy(),  # type: ignore[operator]
            folder=self._folder,
            fingerprint=self._fingerprint,
        )

    def fit(
        self, lessons: Lessons, held_out: SentenceSet | None, *, stage: Stage, epochs: int | None = None
    ) -> tuple[StanceNetwork, Fitter, Fit]:
        config, examples = self._config, lessons.examples
        learn = SentenceSet(
            examples,
            self._codebook,
            self._renderer,
            names=collect_names(examples) if config.rename else [],
            teacher=lessons.answers,
            trust=config.trust,
        )
        actors, _ = learn.labels
        network = self._network(n_labels=int(actors.judged.sum()))
        folder = None if self._folder is None else checkpoint_folder(self._folder, stage)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        fitter = Fitter(
            network,
            config,
            folder=folder,
            fingerprint=f"{self._fingerprint} {self.base.label} {stage} {len(examples)}",
            exclusive=self._codebook.exclusive,
        )
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

    def _network(self, *, n_labels: int) -> StanceNetwork:
        torch.manual_seed(self._config.seed)
        base = load_base(self._config.base, seed=self._config.seed)
        network = StanceNetwork(base.encoder, len(self._codebook.types))
        transfer_heads(network, base, self._codebook, n_labels=n_labels)
        return network


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
