"""The encoder family at run time: ONNX Runtime for the encoder, NumPy for the heads; no torch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import erf
from tokenizers import Tokenizer

from stancelib.calibration import Thresholds, normalise, sigmoid
from stancelib.codebook import Codebook
from stancelib.encoder.rendering import RenderedSentence, RoleRenderer, Style
from stancelib.errors import ModelFormatError
from stancelib.heads import AGAINST, FOR, N_DIRECTIONS
from stancelib.types import Candidate, Judgement

Floats = npt.NDArray[np.float32]

_CHUNK = 2048
"""Sentences that are rendered and held at a time."""

_BATCH_TOKENS = 1024
"""Tokens, padding counted, that are encoded at a time: what fits the caches of a core."""

_HEAD_SHAPES = {"actor": 2, "pair": 4, "types": 1, "status": 2, "direction": 1, "target": 1}
"""The input of each layer of the heads, in widths of the encoder."""


@dataclass(frozen=True)
class Encoder:
    """A pretrained transformer as ONNX, in a session of ONNX Runtime.

    Attributes:
        graph: The serialised graph; from ``input_ids`` and ``attention_mask`` of shape ``(n_sentences, length)`` it
            gives states of shape ``(n_sentences, length, width)``.
        tokenizer: Its tokenizer, with the role tokens.
        architecture: The configuration of its transformer, as transformers writes it.
        threads: Batches that are encoded at the same time; 0: as many as there are processors for the process.
        width: Of its states.
    """

    graph: bytes = field(repr=False)
    tokenizer: Tokenizer = field(repr=False)
    architecture: Mapping[str, Any] = field(repr=False)
    threads: int = 0
    width: int = field(init=False)
    _session: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Load the graph.

        Raises:
            ModelFormatError: ONNX Runtime cannot, or the graph is not of the form above.
        """
        # Imported here and not above: who only reads a linear model need not wait for it.
        onnxruntime = import_module("onnxruntime")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # batches run side by side instead
        options.log_severity_level = 3
        # Without it processors that lack VNNI add two int8 products in 16 bits, and overflow.
        options.add_session_config_entry("session.x64quantprecision", "1")
        try:
            session = onnxruntime.InferenceSession(self.graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ModelFormatError(f"the encoder's graph cannot be loaded: {error}") from error
        object.__setattr__(self, "_session", session)
        try:
            states = self._run([[self.tokenizer.get_vocab_size() - 1]])
        except Exception as error:
            raise ModelFormatError(f"the encoder's graph does not run: {error}") from error
        if states.ndim != 3:
            raise ModelFormatError(f"the encoder's graph gives {states.ndim} dimensions; expected 3")
        object.__setattr__(self, "width", states.shape[2])

    def encode(self, sentences: Sequence[RenderedSentence]) -> list[Floats]:
        """Return the states of each sentence's tokens, shape ``(length, width)``, in order.

        Sentences of like length are encoded together; what stands beside a sentence changes nothing in its states.
        """
        states: list[Floats] = [np.zeros((0, 0), dtype=np.float32)] * len(sentences)

        def run(numbers: Sequence[int]) -> None:
            found = self._run([sentences[number].ids for number in numbers])
            for row, number in enumerate(numbers):
                states[number] = found[row, : len(sentences[number].ids)]

        batches = list(_batches(sentences))
        workers = min(self.threads or _processors(), len(batches))
        if workers > 1:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(run, batches))
        else:
            for numbers in batches:
                run(numbers)
        return states

    def _run(self, rows: Sequence[Sequence[int]]) -> Floats:
        length = max(map(len, rows))
        ids, mask = np.zeros((len(rows), length), dtype=np.int64), np.zeros((len(rows), length), dtype=np.int64)
        for row, tokens in enumerate(rows):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        return np.asarray(self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0], dtype=np.float32)


@dataclass(frozen=True)
class EncoderModel:
    """A stance model of the encoder family; see ``StanceModel`` for the contract.

    Attributes:
        weights: Of the heads, by the names of the layers: ``actor.weight``, ``actor.bias`` and so on.
        temperatures: One for each head.
        style: How sentences are rendered.
        max_length: Tokens of a sentence that are read.
    """

    name: str
    version: int
    codebook: Codebook
    thresholds: Thresholds
    encoder: Encoder
    weights: Mapping[str, Floats] = field(repr=False)
    temperatures: Mapping[str, float]
    style: Style = "marked"
    max_length: int = 256

    family = "encoder"

    def __post_init__(self) -> None:
        """Check that the heads fit the codebook and the encoder.

        Raises:
            ModelFormatError: They do not.
        """
        try:
            self._renderer  # noqa: B018 - made here, so that a tokenizer without roles is refused now
        except ValueError as error:
            raise ModelFormatError(str(error)) from error
        width = self.encoder.width
        n_out = {
            "actor": width,
            "pair": width,
            "types": len(self.codebook.types),
            "status": 1,
            "direction": N_DIRECTIONS,
            "target": 1,
        }
        for name, n_in in _HEAD_SHAPES.items():
            for part, shape in (("weight", (n_out[name], n_in * width)), ("bias", (n_out[name],))):
                found = self.weights[f"{name}.{part}"].shape
                if found != shape:
                    raise ModelFormatError(f"head {name!r} has a {part} of shape {found}; expected {shape}")

    @cached_property
    def _renderer(self) -> RoleRenderer:
        return RoleRenderer(self.encoder.tokenizer, max_length=self.max_length)

    def with_threads(self, threads: int) -> EncoderModel:
        """Return the model with so many batches encoded at the same time; 0: one a processor."""
        return replace(self, encoder=replace(self.encoder, threads=threads))

    def predict(self, candidates: Sequence[Candidate]) -> list[Judgement]:
        """Judge candidates: one judgement each, in order. A sentence with several of them is encoded once."""
        judgements: list[Judgement | None] = [None] * len(candidates)
        groups = list(_group(candidates))
        for start in range(0, len(groups), _CHUNK):
            part = groups[start : start + _CHUNK]
            rendered = [self._renderer.render(candidates[own[0]], style=self.style) for own in part]
            logits = self._logits(candidates, part, rendered)
            for row, judgement in self._judge(candidates, part, logits):
                judgements[row] = judgement
        return [judgement for judgement in judgements if judgement is not None]

    def logits(self, candidates: Sequence[Candidate]) -> dict[str, npt.NDArray[np.float64]]:
        """Return what the heads say before any temperature: a row a candidate, or a row an ordered pair, in order."""
        groups = list(_group(candidates))
        rendered = [self._renderer.render(candidates[own[0]], style=self.style) for own in groups]
        found = self._logits(candidates, groups, rendered)
        rows = [row for own in groups for row in own]
        order = np.argsort(rows, kind="stable")
        pair_owner = np.array([row for row in rows for _ in candidates[row].others], dtype=np.int64)
        pair_order = np.argsort(pair_owner, kind="stable")
        return {
            "types": found["types"][order],
            "status": found["status"][order],
            "direction": found["direction"][pair_order],
            "target": found["target"][pair_order],
        }

    def _logits(
        self, candidates: Sequence[Candidate], groups: Sequence[Sequence[int]], rendered: Sequence[RenderedSentence]
    ) -> dict[str, npt.NDArray[np.float64]]:
        """Return logits of the heads; rows in the order of the groups."""
        states: list[Floats] = []
        wholes: list[Floats] = []
        own, first, second = list[int](), list[int](), list[int]()
        for group, sentence, tokens in zip(groups, rendered, self.encoder.encode(rendered), strict=True):
            number = {actor: len(states) + place for place, actor in enumerate(sentence.places)}
            states += [tokens[list(places)].mean(axis=0) for places in sentence.places.values()]
            wholes += [tokens[0]] * len(number)
            for row in group:
                others = candidates[row].others
                own.append(number[candidates[row].actor])
                first += [own[-1]] * len(others)
                second += [number[name] for name in others]
        state, whole = np.stack(states), np.stack(wholes)
        actor = np.concatenate([state[own], whole[own]], axis=1)
        hidden = _gelu(self._layer("actor", actor))
        found = {"types": self._layer("types", hidden), "status": self._layer("status", actor)}
        pair = np.concatenate([state[first], state[second], state[first] * state[second], whole[first]], axis=1)
        hidden_pair = _gelu(self._layer("pair", pair))
        found |= {name: self._layer(name, hidden_pair) for name in ("direction", "target")}
        return {name: np.asarray(logits, dtype=np.float64) for name, logits in found.items()}

    def _layer(self, name: str, x: Floats) -> Floats:
        return np.asarray(x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"], dtype=np.float32)

    def _judge(
        self,
        candidates: Sequence[Candidate],
        groups: Sequence[Sequence[int]],
        logits: Mapping[str, npt.NDArray[np.float64]],
    ) -> Iterator[tuple[int, Judgement]]:
        activate = normalise if self.codebook.exclusive else sigmoid
        types = activate(logits["types"], self.temperatures["types"])
        planned = sigmoid(logits["status"], self.temperatures["status"])[:, 0]
        direction = normalise(logits["direction"], self.temperatures["direction"])
        target = sigmoid(logits["target"], self.temperatures["target"])[:, 0]
        pair = 0
        for place, row in enumerate(row for own in groups for row in own):
            others = candidates[row].others
            span = range(pair, pair + len(others))
            pair += len(others)
            yield (
                row,
                Judgement(
                    types=dict(zip(self.codebook.type_ids, map(float, types[place]), strict=True)),
                    directions={
                        other: (float(direction[k, FOR]), float(direction[k, AGAINST]))
                        for other, k in zip(others, span, strict=True)
                    },
                    targets={other: float(target[k]) for other, k in zip(others, span, strict=True)},
                    planned=float(planned[place]),
                ),
            )


def _group(candidates: Sequence[Candidate]) -> Iterator[list[int]]:
    """Yield the numbers of the candidates that share a sentence and its mentions."""
    groups: dict[tuple[int, int], list[int]] = {}
    for number, candidate in enumerate(candidates):
        groups.setdefault((id(candidate.sentence), id(candidate.mentions)), []).append(number)
    yield from groups.values()


def _batches(sentences: Sequence[RenderedSentence]) -> Iterator[list[int]]:
    """Yield numbers of sentences of like length, so many that a batch has at most ``_BATCH_TOKENS``; longest first."""
    batch: list[int] = []
    longest = 0
    for number in sorted(range(len(sentences)), key=lambda number: -len(sentences[number].ids)):
        longest = longest or len(sentences[number].ids)
        if batch and longest * (len(batch) + 1) > _BATCH_TOKENS:
            yield batch
            batch, longest = [], len(sentences[number].ids)
        batch.append(number)
    if batch:
        yield batch


def _gelu(x: Floats) -> Floats:
    return np.asarray(x * 0.5 * (1.0 + erf(x / np.sqrt(np.float32(2)))), dtype=np.float32)


def _processors() -> int:
    """Return how many processors the process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
