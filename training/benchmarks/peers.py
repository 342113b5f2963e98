r"""Other libraries' text classifiers, trained on the same sentences on the same machine: who says the types best.

Peers answer the types alone. They get one text a (sentence, actor) pair, in which the actor is ACTORSELF and every
other actor ACTOROTHER; "linear" and "encoder" are our recipes. All learn from the same documents and choose settings,
temperature and thresholds on the same tenth of the documents, held out (the encoder also when to stop). They are judged
on the sentences of the test split, and by cross-validation over conflicts: each conflict by a model that has not seen
it.

A peer runs in a process of its own (``peer_runner.py``), on request by another interpreter: libraries that clash live
in environments of their own. Answers are kept in WORK, so that a run which was stopped goes on from there.

    python -m training.benchmarks.peers WORK --peers svc,frozen,linear,encoder --base BASE
    python -m training.benchmarks.peers WORK --peers fasttext,spacy --python fasttext=ENV1/bin/python \
        --python spacy=ENV2/bin/python
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Memory
from sklearn.model_selection import GroupKFold
from tqdm import tqdm

from stancelib.calibration import fit_sigmoid_temperature, fit_threshold, sigmoid
from stancelib.codebook import Codebook, load_codebook
from stancelib.conflict import load_conflict
from stancelib.encoder.config import EncoderConfig
from stancelib.encoder.recipe import fit_encoder
from stancelib.evaluation.resampling import Estimates, interval_of, number_documents, resample
from stancelib.labelled import LabelledCandidate
from stancelib.linear_recipe import LinearConfig, fit_linear
from stancelib.metrics import Values, Weights, average_precision, macro_f1, mean_where, micro_f1
from stancelib.model import StanceModel
from stancelib.types import Candidate
from training.benchmarks.peer_runner import PEERS, Logits
from training.build_linear import load_parts

SELF, OTHER = "ACTORSELF", "ACTOROTHER"
OURS = ("linear", "encoder")
METRICS = {
    "types_macro_f1": "types macro-F1",
    "types_micro_f1": "types micro-F1",
    "average_precision": "average precision",
}

_RUNNER = Path(__file__).parent / "peer_runner.py"

Labelled = Sequence[LabelledCandidate]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How systems are trained and run.

    Attributes:
        base: The folder of the pretrained transformer of systems that have one.
        pythons: The interpreter of each peer that has one of its own.
        threads: Processors that may be used.
        steps: Of SetFit's contrastive training.
        epochs: Passes of the encoder at most; None: its default.
        seed: Of every random choice.
    """

    base: str = ""
    pythons: Mapping[str, str] = field(default_factory=dict)
    threads: int = 2
    steps: int = 300
    epochs: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Fold:
    """What a system learns from, chooses its settings and thresholds by, and is judged on."""

    learn: Labelled
    dev: Labelled
    judged: Labelled

    @property
    def fingerprint(self) -> str:
        """What tells the fold from others."""
        digest = hashlib.sha256()
        for part in (self.learn, self.dev, self.judged):
            digest.update(repr([(x.sentence_id, mask_actors(x.candidate), x.label) for x in part]).encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class Answers:
    """What a system says of judged pairs, and how long it took.

    Attributes:
        proba: Shape ``(n_pairs, n_types)``.
        said: Which types are over their thresholds; same shape.
        fit_seconds: Of training, with what it takes to choose settings.
        ask_seconds: Of judging the pairs.
    """

    proba: Logits
    said: Flags
    fit_seconds: float
    ask_seconds: float


def main() -> None:
    """Train, judge, print a table a part."""
    options = read_options()
    settings = Settings(
        base=options.base,
        pythons=dict(entry.split("=", 1) for entry in options.python),
        threads=options.threads,
        steps=options.setfit_steps,
        epochs=options.epochs,
        seed=options.seed,
    )
    names = options.peers.split(",")
    conflicts = [load_conflict(path) for path in sorted((options.seeds / "conflicts").glob("*.toml"))]
    learn, test, _ = load_parts(sorted(options.seeds.glob("*.jsonl")), conflicts)
    test = [item for item in test if item.sentence_id == item.document_id]
    memory = Memory(options.work, verbose=0)
    ask = memory.cache(ask_system, ignore=["fold", "settings", "folder"])
    parts = {
        "test sentences": [make_fold(learn, test, share=options.share, seed=options.seed)],
        "unseen conflicts": [
            make_fold(inside, outside, share=options.share, seed=options.seed)
            for inside, outside in divide_conflicts(learn, n_folds=options.folds)
        ],
    }
    for part in options.parts.split(","):
        part = part.replace("-", " ")
        folds = [Fold(f.learn, f.dev, some_documents(f.judged, options.judged, options.seed)) for f in parts[part]]
        found: dict[str, list[Answers]] = {name: [] for name in names}
        for name in tqdm(names, desc=part):
            for fold in folds:
                told = f"{fold.fingerprint} {_key(name, settings)}"
                found[name].append(ask(name, told, fold, settings, options.work / "training"))
        print_part(part, folds, found, resamples=options.resamples, seed=options.seed)


def read_options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="a folder for the answers")
    parser.add_argument("--peers", default="svc,linear", help=f"of {', '.join([*PEERS, *OURS])}; separated by commas")
    parser.add_argument("--python", action="append", default=[], metavar="PEER=PATH", help="an interpreter of its own")
    parser.add_argument("--base", default="", help="a folder with a pretrained transformer")
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--parts", default="test-sentences,unseen-conflicts")
    parser.add_argument("--share", type=float, default=1.0, help="of the documents that are learnt from")
    parser.add_argument("--judged", type=int, default=0, help="documents that are judged at most in a fold; 0: all")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--setfit-steps", type=int, default=Settings.steps)
    parser.add_argument("--epochs", type=int, default=None, help="passes of the encoder at most")
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    unknown = {*options.peers.split(",")} - {*PEERS, *OURS}
    if unknown:
        parser.error(f"unknown peers {sorted(unknown)}; expected some of {', '.join([*PEERS, *OURS])}")
    if any("=" not in entry for entry in options.python):
        parser.error(f"--python {options.python}; expected PEER=PATH each")
    return options


def mask_actors(candidate: Candidate, *, roles: Sequence[str] = (SELF, OTHER)) -> str:
    """Return the text that a peer reads: names as roles, a speaker that stands outside the sentence put in front.

    Args:
        candidate: The sentence and the actor that is asked about.
        roles: What stands for that actor, and for every other one.
    """
    sentence = candidate.sentence
    inside = [m for m in candidate.mentions if sentence.start <= m.start and m.end <= sentence.end]
    covered = {mention.actor for mention in inside}
    outside = dict.fromkeys(m.actor for m in candidate.mentions if m not in inside and m.actor not in covered)
    spans: list[tuple[int, int, bool]] = []
    for mention in sorted(inside, key=lambda m: (m.start, m.end)):
        start, end, own = mention.start - sentence.start, mention.end - sentence.start, mention.actor == candidate.actor
        if spans and start < spans[-1][1]:
            first, last, before = spans.pop()
            start, end, own = first, max(last, end), own or before
        spans.append((start, end, own))
    pieces = [f"{' and '.join(roles[actor != candidate.actor] for actor in outside)} said: "] if outside else []
    position = 0
    for start, end, own in spans:
        pieces += [sentence.text[position:start], roles[not own]]
        position = end
    return " ".join("".join([*pieces, sentence.text[position:]]).split())


def divide_conflicts(learn: Labelled, *, n_folds: int) -> list[tuple[list[LabelledCandidate], list[LabelledCandidate]]]:
    """Return folds as (learn, judged) in which no conflict is on both sides."""
    names = np.array([example.conflict.id if example.conflict else "none" for example in learn])
    found = GroupKFold(n_splits=n_folds).split(names, groups=names)
    return [([learn[i] for i in inside], [learn[i] for i in outside]) for inside, outside in found]


def make_fold(learn: Labelled, judged: Labelled, *, share: float, seed: int) -> Fold:
    """Return a fold that learns from a share of the documents, nine tenths of it, and chooses by the last tenth.

    Pairs whose types were not judged are left out.
    """
    known = [item for item in learn if item.label.types is not None]
    names = list(dict.fromkeys(item.document_id for item in known))
    order = [names[k] for k in np.random.default_rng(seed).permutation(len(names))[: max(2, round(share * len(names)))]]
    n_dev = max(1, len(order) // 10)
    dev, rest = set(order[:n_dev]), set(order[n_dev:])
    return Fold(
        [item for item in known if item.document_id in rest],
        [item for item in known if item.document_id in dev],
        [item for item in judged if item.label.types is not None],
    )


def some_documents(items: Labelled, n_documents: int, seed: int) -> Labelled:
    """Return the pairs of so many documents, drawn at random; 0: all."""
    names = list(dict.fromkeys(item.document_id for item in items))
    if not n_documents or n_documents >= len(names):
        return items
    chosen = {names[k] for k in np.random.default_rng(seed).permutation(len(names))[:n_documents]}
    return [item for item in items if item.document_id in chosen]


def ask_system(name: str, told: str, fold: Fold, settings: Settings, folder: Path) -> Answers:
    """Train a system on a fold and ask it.

    Args:
        name: A peer, "linear" or "encoder".
        told: What tells fold and settings from others: the answers are kept by name and this.
        fold: The data.
        settings: How.
        folder: Where the encoder keeps its checkpoints while it trains.
    """
    codebook = load_codebook()
    if name in PEERS:
        return ask_peer(name, fold, settings, codebook)
    start = time.perf_counter()
    model = fit_ours(name, fold, settings, folder=folder / hashlib.sha256(f"{name} {told}".encode()).hexdigest()[:16])
    seconds = time.perf_counter() - start
    return _ask_model(model, fold.judged, codebook, seconds)


def fit_ours(name: str, fold: Fold, settings: Settings, *, folder: Path) -> StanceModel:
    """Train one of our recipes; an encoder that was stopped goes on from its checkpoint in the folder."""
    codebook = load_codebook()
    if name == "linear":
        config = LinearConfig(seed=settings.seed, n_jobs=settings.threads)
        return fit_linear(fold.learn, fold.dev, codebook=codebook, name="peer", config=config)
    encoder = EncoderConfig(base=settings.base, seed=settings.seed, epochs=settings.epochs, progress=True)
    fit = fit_encoder(fold.learn, fold.dev, codebook=codebook, name="peer", config=encoder, folder=folder)
    shutil.rmtree(folder, ignore_errors=True)
    return fit.model.with_threads(settings.threads)


def ask_peer(name: str, fold: Fold, settings: Settings, codebook: Codebook) -> Answers:
    """Train and ask a peer in processes of its own; its temperature and thresholds are fitted on dev, as ours are."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_fold(folder, fold, codebook)
        fit = run_peer("fit", name, folder, settings)
        asked = run_peer("ask", name, folder, settings)
        dev, judged = np.load(folder / "dev.npy"), np.load(folder / "judged.npy")
    gold = gold_types(fold.dev, codebook)
    temperature = fit_sigmoid_temperature(dev, gold) if gold.any() else 1.0
    known, proba = sigmoid(dev, temperature), sigmoid(judged, temperature)
    thresholds = np.array([fit_threshold(known[:, k], gold[:, k]) for k in range(gold.shape[1])])
    return Answers(proba, proba >= thresholds, fit["seconds"], asked["seconds"])


def write_fold(folder: Path, fold: Fold, codebook: Codebook) -> None:
    """Write what the runner reads."""
    (folder / "types.json").write_text(json.dumps(list(codebook.type_ids)), encoding="utf-8")
    for part, items in (("learn", fold.learn), ("dev", fold.dev), ("judged", fold.judged)):
        rows = [{"text": mask_actors(item.candidate), "types": list(item.label.types or ())} for item in items]
        (folder / f"{part}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def run_peer(what: str, name: str, folder: Path, settings: Settings, *, batch: int = 0) -> dict[str, Any]:
    """Run the runner and return what it measured.

    Raises:
        SystemExit: It failed; its last lines are shown.
    """
    command = [settings.pythons.get(name, sys.executable), str(_RUNNER), what, name, str(folder)]
    command += ["--base", settings.base, "--steps", str(settings.steps), "--threads", str(settings.threads)]
    command += ["--seed", str(settings.seed), "--batch", str(batch)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(settings.threads), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        lines = "\n".join(done.stderr.strip().splitlines()[-12:])
        raise SystemExit(f"peer {name} failed to {what}; expected an interpreter that has its library:\n{lines}")
    return dict(json.loads((folder / f"{what}.json").read_text(encoding="utf-8")))


def gold_types(items: Labelled, codebook: Codebook) -> Flags:
    """Return the types of the labels, shape ``(n_pairs, n_types)``."""
    rows = [[type_id in (item.label.types or ()) for type_id in codebook.type_ids] for item in items]
    return np.array(rows, dtype=np.bool_).reshape(len(items), len(codebook.type_ids))


def measure(gold: Flags, answers: Answers, weights: Weights) -> dict[str, Values]:
    """Return the metrics of a system for many weightings of the pairs."""
    each = np.array([average_precision(gold[:, k], answers.proba[:, k], weights) for k in range(gold.shape[1])])
    return {
        "types_macro_f1": macro_f1(gold, answers.said, weights),
        "types_micro_f1": micro_f1(gold, answers.said, weights),
        "average_precision": mean_where(each, ~np.isnan(each)),
    }


def print_part(
    part: str, folds: Sequence[Fold], found: Mapping[str, Sequence[Answers]], *, resamples: int, seed: int
) -> None:
    """Print the table of a part: each system, and the difference of the last system to each of the others."""
    judged = [item for fold in folds for item in fold.judged]
    gold = gold_types(judged, load_codebook())
    documents = number_documents([item.document_id for item in judged], resamples=resamples, seed=seed)
    whole = {name: join_answers(answers) for name, answers in found.items()}
    n_learn = round(np.mean([len(fold.learn) for fold in folds]))
    print(f"\n### {part}: {len(judged)} pairs of {documents.count} documents, learnt from {n_learn} pairs\n")
    print(f"| system | {' | '.join(METRICS.values())} | training, s | pairs/s |\n|---|---|---|---|---|---|")
    # The draws have one seed and so are the same for all systems: differences are of paired draws.
    estimates = {name: resample(lambda w, a=a: measure(gold, a, w), documents) for name, a in whole.items()}  # type: ignore[misc]
    for name, answers in whole.items():
        cells = " | ".join(_cell(estimates[name][metric]) for metric in METRICS)
        speed = len(judged) / answers.ask_seconds
        print(f"| {name} | {cells} | {answers.fit_seconds / len(folds):.0f} | {speed:.0f} |")
    last = list(whole)[-1]
    for name in list(whole)[:-1]:
        gaps = [_subtract(estimates[last][metric], estimates[name][metric]) for metric in METRICS]
        print(f"| {last} - {name} | {' | '.join(_cell(gap, sign='+') for gap in gaps)} | | |", flush=True)


def join_answers(parts: Sequence[Answers]) -> Answers:
    """Return the answers of all folds, one after the other, with their seconds added up."""
    return Answers(
        np.concatenate([part.proba for part in parts]),
        np.concatenate([part.said for part in parts]),
        sum(part.fit_seconds for part in parts),
        sum(part.ask_seconds for part in parts),
    )


def _ask_model(model: StanceModel, judged: Labelled, codebook: Codebook, fit_seconds: float) -> Answers:
    candidates = [item.candidate for item in judged]
    model.predict(candidates[:8])
    start = time.perf_counter()
    judgements = model.predict(candidates)
    seconds = time.perf_counter() - start
    proba = np.array([[judgement.types[name] for name in codebook.type_ids] for judgement in judgements])
    limits = np.array([model.thresholds.types[name] for name in codebook.type_ids])
    return Answers(proba, proba >= limits, fit_seconds, seconds)


def _key(name: str, settings: Settings) -> str:
    """Return the settings that change what a system says."""
    own = {
        "encoder": (settings.base, settings.epochs),
        "setfit": (settings.base, settings.steps),
        "frozen": (settings.base,),
        "model2vec": (settings.base,),
    }
    return repr((*own.get(name, ()), settings.seed, settings.threads))


def _subtract(one: Estimates, other: Estimates) -> Estimates:
    return Estimates(one.point - other.point, one.draws - other.draws)


def _cell(values: Estimates, *, sign: str = "") -> str:
    interval = interval_of(values.draws)
    value = f"{float(values.point):{sign}.3f}"
    return value if interval is None else f"{value} ({interval[0]:{sign}.3f} to {interval[1]:{sign}.3f})"


if __name__ == "__main__":
    main()
