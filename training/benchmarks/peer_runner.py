"""Fits and asks one peer: another library's text classifier. Run by its own interpreter; stancelib is not needed.

The caller and the runner talk by files in a folder. ``learn.jsonl``, ``dev.jsonl`` and ``judged.jsonl`` have a line a
text: ``{"text": ..., "types": [...]}``; ``types.json`` lists the types, in the order of the columns of all arrays.

- ``fit`` reads learn and dev, and leaves the peer in ``peer/`` and its seconds in ``fit.json``. Dev chooses between
  settings (the C of a linear layer, the pass of a network); thresholds are the caller's work.
- ``ask`` reads ``judged.jsonl`` (and ``dev.jsonl``) and leaves the logits, shape ``(n_texts, n_types)``, in
  ``judged.npy`` (and ``dev.npy``), and the seconds and the peak memory of the process in ``ask.json``.

    python training/benchmarks/peer_runner.py fit svc FOLDER
    python training/benchmarks/peer_runner.py ask svc FOLDER --batch 1
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Logits = npt.NDArray[np.float64]
"""Shape ``(n_texts, n_types)``; above 0: rather yes."""

Ask = Callable[[Sequence[str]], Logits]

SURE = 8.0
"""The logit of a type that training has always seen; negative: never."""

NO_TYPE = "none"
"""fastText's label of a text without any type: it skips lines without a label."""

_STRENGTHS = (0.1, 1.0, 10.0)
_BATCH = 64
_PASSES, _PATIENCE = 20, 2


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a peer is to do, and with what.

    Attributes:
        folder: Where the files are.
        base: The folder of the pretrained transformer of peers that have one.
        steps: Of SetFit's contrastive training.
        sample: Texts that SetFit draws its contrastive pairs from; the number of pairs grows with its square.
        threads: Processors that may be used.
        seed: Of every random choice.
    """

    folder: Path
    base: str = ""
    steps: int = 300
    sample: int = 2000
    threads: int = 2
    seed: int = 0

    @property
    def kept(self) -> Path:
        """The folder of the fitted peer."""
        return self.folder / "peer"

    @property
    def types(self) -> list[str]:
        """The types, in the order of the columns."""
        return list(json.loads((self.folder / "types.json").read_text(encoding="utf-8")))

    def read(self, part: str) -> tuple[list[str], npt.NDArray[np.int64]]:
        """Return the texts of a part, and their types as 0 and 1, shape ``(n_texts, n_types)``."""
        lines = (self.folder / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        gold = [[int(name in row["types"]) for name in self.types] for row in rows]
        return [row["text"] for row in rows], np.array(gold, dtype=np.int64).reshape(len(rows), len(self.types))


@dataclass(frozen=True)
class Peer:
    """How a peer is fitted, leaving itself in ``Task.kept``, and how it is loaded from there."""

    fit: Callable[[Task], None]
    load: Callable[[Task], Ask]


def main() -> None:
    """Fit or ask a peer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("fit", "ask"))
    parser.add_argument("peer", choices=sorted(PEERS))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--base", default="")
    parser.add_argument("--steps", type=int, default=Task.steps)
    parser.add_argument("--sample", type=int, default=Task.sample)
    parser.add_argument("--threads", type=int, default=Task.threads)
    parser.add_argument("--seed", type=int, default=Task.seed)
    parser.add_argument("--batch", type=int, default=0, help="texts a call; 0: all at once")
    options = parser.parse_args()
    pin(options.threads)
    task = Task(
        folder=options.folder,
        base=options.base,
        steps=options.steps,
        sample=options.sample,
        threads=options.threads,
        seed=options.seed,
    )
    if options.what == "fit":
        fit(PEERS[options.peer], task)
    else:
        ask(PEERS[options.peer], task, batch=options.batch)


def pin(threads: int) -> None:
    """Let the process use so many processors, where the system can do that."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def fit(peer: Peer, task: Task) -> None:
    """Fit a peer and write how long it took; the time of importing its library counts too."""
    task.kept.mkdir(parents=True, exist_ok=True)
    random.seed(task.seed)
    start = time.perf_counter()
    peer.fit(task)
    _write(task.folder / "fit.json", {"seconds": time.perf_counter() - start, "peak_mb": peak_memory()})


def ask(peer: Peer, task: Task, *, batch: int = 0) -> None:
    """Write what a fitted peer says of the judged texts, and of those of dev where there are some."""
    answer = peer.load(task)
    texts, _ = task.read("judged")
    answer(texts[:8])  # what is loaded or compiled at the first call is no part of the speed
    size = batch or max(len(texts), 1)
    start = time.perf_counter()
    found = [answer(texts[place : place + size]) for place in range(0, len(texts), size)]
    seconds = time.perf_counter() - start
    np.save(task.folder / "judged.npy", np.concatenate(found) if found else np.zeros((0, len(task.types))))
    if (task.folder / "dev.jsonl").is_file():
        np.save(task.folder / "dev.npy", answer(task.read("dev")[0]))
    _write(task.folder / "ask.json", {"seconds": seconds, "texts": len(texts), "peak_mb": peak_memory()})


def peak_memory() -> float:
    """Return the peak memory of the process in MB."""
    status = Path("/proc/self/status")
    if status.is_file():  # what the other way returns may be the peak of the process that started this one
        [line] = [line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def to_logits(proba: npt.ArrayLike) -> Logits:
    """Return the logits of probabilities; those of 0 and 1 are cut at ``SURE``."""
    edge = 1 / (1 + np.exp(SURE))
    sure = np.clip(np.asarray(proba, dtype=np.float64), edge, 1 - edge)
    return np.asarray(np.log(sure / (1 - sure)), dtype=np.float64)


def fit_columns(
    make: Callable[[float], Any], learn: tuple[Any, npt.NDArray[np.int64]], dev: tuple[Any, npt.NDArray[np.int64]]
) -> dict[str, npt.NDArray[np.float64]]:
    """Fit a linear layer, one classifier a type, with the strength that does best on dev.

    Args:
        make: From the inverse strength of the penalty to an unfitted classifier of scikit-learn.
        learn: Features and types.
        dev: Likewise; without rows, or without positives, the middle strength is taken.

    Returns:
        ``weight`` of shape ``(n_features, n_types)`` and ``bias`` of shape ``(n_types,)``.
    """
    layers = {}
    for strength in _STRENGTHS if dev[1].any() else _STRENGTHS[1:2]:
        columns = [_fit_column(make(strength), learn[0], learn[1][:, k]) for k in range(learn[1].shape[1])]
        layer = {"weight": np.stack([w for w, _ in columns], axis=1), "bias": np.array([b for _, b in columns])}
        layers[_precision(apply(layer, dev[0]), dev[1]) if dev[1].any() else 0.0] = layer
    return layers[max(layers)]


def apply(layer: dict[str, npt.NDArray[np.float64]], features: Any) -> Logits:
    """Return the logits of a linear layer."""
    return np.asarray(features @ layer["weight"] + layer["bias"], dtype=np.float64)


def _fit_column(head: Any, features: Any, gold: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.float64], float]:
    if len(np.unique(gold)) < 2:
        return np.zeros(features.shape[1]), SURE if len(gold) and gold[0] else -SURE
    head.fit(features, gold)
    return np.asarray(head.coef_[0], dtype=np.float64), float(head.intercept_[0])


def _precision(logits: Logits, gold: npt.NDArray[np.int64]) -> float:
    measure = import_module("sklearn.metrics").average_precision_score
    return float(np.mean([measure(gold[:, k], logits[:, k]) for k in np.flatnonzero(gold.any(axis=0))]))


def _fit_svc(task: Task) -> None:
    (texts, gold), (dev_texts, dev_gold) = task.read("learn"), task.read("dev")
    text = import_module("sklearn.feature_extraction.text")
    svm = import_module("sklearn.svm")
    vectoriser = text.TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    learn = vectoriser.fit_transform(texts)
    dev = vectoriser.transform(dev_texts) if dev_texts else np.zeros((0, learn.shape[1]))
    layer = fit_columns(lambda c: svm.LinearSVC(C=c, random_state=task.seed), (learn, gold), (dev, dev_gold))
    import_module("joblib").dump(vectoriser, task.kept / "vectoriser.joblib")
    np.savez(task.kept / "layer.npz", **layer)  # type: ignore[arg-type]


def _load_svc(task: Task) -> Ask:
    vectoriser = import_module("joblib").load(task.kept / "vectoriser.joblib")
    layer = dict(np.load(task.kept / "layer.npz"))
    return lambda texts: apply(layer, vectoriser.transform(texts))


def _embedding_peer(prepare: Callable[[Task], None], load: Callable[[Task], Callable[[Sequence[str]], Any]]) -> Peer:
    """Return a peer that is a logistic regression over embeddings that are not trained on the task."""

    def fit_layer(task: Task) -> None:
        prepare(task)
        embed = load(task)
        linear = import_module("sklearn.linear_model")
        (texts, gold), (dev_texts, dev_gold) = task.read("learn"), task.read("dev")
        features = np.asarray(embed(texts), dtype=np.float64)
        dev = np.asarray(embed(dev_texts), dtype=np.float64) if dev_texts else np.zeros((0, features.shape[1]))
        centre, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
        layer = fit_columns(
            # The features are many and all of one size: the strengths are those of a few hundred standard scores.
            lambda c: linear.LogisticRegression(C=c / 100, max_iter=1000, random_state=task.seed),
            ((features - centre) / spread, gold),
            ((dev - centre) / spread, dev_gold),
        )
        np.savez(task.kept / "layer.npz", centre=centre, spread=spread, **layer)  # type: ignore[arg-type]

    def load_layer(task: Task) -> Ask:
        embed = load(task)
        layer = dict(np.load(task.kept / "layer.npz"))
        return lambda texts: apply(layer, (np.asarray(embed(texts)) - layer["centre"]) / layer["spread"])

    return Peer(fit_layer, load_layer)


def _prepare_nothing(task: Task) -> None:
    """Leave it to the pretrained weights."""


def _load_frozen(task: Task) -> Callable[[Sequence[str]], Any]:
    torch, transformers = import_module("torch"), import_module("transformers")
    torch.set_num_threads(task.threads)
    tokenizer = transformers.AutoTokenizer.from_pretrained(task.base)
    encoder = transformers.AutoModel.from_pretrained(task.base).eval()

    def embed(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        found = np.zeros((len(texts), encoder.config.hidden_size), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            batch = tokenizer(
                [texts[k] for k in places], padding=True, truncation=True, max_length=256, return_tensors="pt"
            )
            with torch.inference_mode():
                states = encoder(**batch).last_hidden_state
            mask = batch["attention_mask"][:, :, None].to(states.dtype)
            found[places] = ((states * mask).sum(1) / mask.sum(1)).numpy()
        return found

    return embed


def _prepare_model2vec(task: Task) -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    import_module("model2vec.distill").distill(model_name=task.base).save_pretrained(str(task.kept / "static"))


def _load_model2vec(task: Task) -> Callable[[Sequence[str]], Any]:
    os.environ["HF_HUB_OFFLINE"] = "1"
    static = import_module("model2vec").StaticModel.from_pretrained(str(task.kept / "static"))
    # Its worker processes cost more than they save here, and may not outnumber the processors.
    return lambda texts: static.encode(list(texts), use_multiprocessing=False)


def _fit_fasttext(task: Task) -> None:
    texts, gold = task.read("learn")
    names = task.types
    lines = [
        " ".join(
            [*(f"__label__{names[k]}" for k in np.flatnonzero(row)), *([] if row.any() else [f"__label__{NO_TYPE}"])]
        )
        + " "
        + split_words(text)
        for text, row in zip(texts, gold, strict=True)
    ]
    (task.kept / "learn.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    model = import_module("fasttext").train_supervised(
        str(task.kept / "learn.txt"),
        loss="ova",
        epoch=25,
        lr=0.5,
        wordNgrams=2,
        minCount=2,
        bucket=500_000,
        thread=task.threads,
        seed=task.seed,
        verbose=0,
    )
    model.save_model(str(task.kept / "model.bin"))


def _load_fasttext(task: Task) -> Ask:
    model = import_module("fasttext").load_model(str(task.kept / "model.bin"))
    column = {f"__label__{name}": k for k, name in enumerate(task.types)}

    def answer(texts: Sequence[str]) -> Logits:
        proba = np.zeros((len(texts), len(column)))
        labels, values = model.predict([split_words(text) for text in texts], k=-1, threshold=-1.0)
        for row, (own, each) in enumerate(zip(labels, values, strict=True)):
            for label, value in zip(own, each, strict=True):
                if label in column:
                    proba[row, column[label]] = value
        return to_logits(proba)

    return answer


def split_words(text: str) -> str:
    """Return a text in lower case and on one line, its punctuation apart, as fastText's recipes do."""
    return " ".join("".join(c if c.isalnum() or c in "'’-" else f" {c} " for c in text.lower()).split())


def _fit_spacy(task: Task) -> None:
    spacy = import_module("spacy")
    example = import_module("spacy.training").Example
    util = import_module("spacy.util")
    util.fix_random_seed(task.seed)
    nlp = spacy.blank("en")
    component = nlp.add_pipe("textcat_multilabel")
    names = task.types
    for name in names:
        component.add_label(name)
    (texts, gold), (dev_texts, dev_gold) = task.read("learn"), task.read("dev")
    examples = [
        example.from_dict(nlp.make_doc(text), {"cats": dict(zip(names, map(float, row), strict=True))})
        for text, row in zip(texts, gold, strict=True)
    ]
    optimizer = nlp.initialize(lambda: examples)
    rng = random.Random(task.seed)
    best, best_loss, stale = nlp.to_bytes(), np.inf, 0
    for _ in range(_PASSES):
        rng.shuffle(examples)
        for batch in util.minibatch(examples, size=32):
            nlp.update(batch, sgd=optimizer, drop=0.2)
        with nlp.use_params(optimizer.averages):
            loss = _loss(_ask_spacy(nlp, names, dev_texts), dev_gold) if dev_texts else -1.0
            stale += 1
            if loss < best_loss or not dev_texts:
                best, best_loss, stale = nlp.to_bytes(), loss, 0
        if stale >= _PATIENCE:
            break
    nlp.from_bytes(best).to_disk(task.kept / "spacy")


def _load_spacy(task: Task) -> Ask:
    nlp, names = import_module("spacy").load(task.kept / "spacy"), task.types
    return lambda texts: _ask_spacy(nlp, names, texts)


def _ask_spacy(nlp: Any, names: Sequence[str], texts: Sequence[str]) -> Logits:
    return to_logits([[doc.cats[name] for name in names] for doc in nlp.pipe(texts, batch_size=256)])


def _loss(logits: Logits, gold: npt.NDArray[np.int64]) -> float:
    return float(np.mean(np.logaddexp(0.0, logits) - gold * logits))


def _fit_setfit(task: Task) -> None:
    torch, setfit = import_module("torch"), import_module("setfit")
    torch.set_num_threads(task.threads)
    model = setfit.SetFitModel.from_pretrained(task.base, multi_target_strategy="one-vs-rest")
    texts, gold = task.read("learn")
    # A type that is never there has nothing to be drawn from; its column is written by hand when it is asked.
    known = np.flatnonzero(gold.any(axis=0))
    (task.kept / "known.json").write_text(json.dumps(known.tolist()), encoding="utf-8")
    chosen = random.Random(task.seed).sample(range(len(texts)), min(task.sample, len(texts)))
    arguments = setfit.TrainingArguments(
        output_dir=str(task.kept / "checkpoints"),
        batch_size=16,
        max_steps=task.steps,
        max_length=128,
        seed=task.seed,
        report_to="none",
        save_strategy="no",
        show_progress_bar=False,
    )
    trainer = setfit.Trainer(model=model, args=arguments)
    trainer.train_embeddings([texts[k] for k in chosen], gold[chosen][:, known].tolist(), args=arguments)
    trainer.train_classifier(texts, gold[:, known].tolist(), args=arguments)
    model.save_pretrained(str(task.kept / "setfit"))


def _load_setfit(task: Task) -> Ask:
    torch, setfit = import_module("torch"), import_module("setfit")
    torch.set_num_threads(task.threads)
    model = setfit.SetFitModel.from_pretrained(str(task.kept / "setfit"), local_files_only=True)
    known = json.loads((task.kept / "known.json").read_text(encoding="utf-8"))
    n_types = len(task.types)

    def answer(texts: Sequence[str]) -> Logits:
        logits = np.full((len(texts), n_types), -SURE)
        logits[:, known] = to_logits(model.predict_proba(list(texts), batch_size=_BATCH, as_numpy=True))
        return logits

    return answer


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value) + "\n", encoding="utf-8")


PEERS: dict[str, Peer] = {
    "svc": Peer(_fit_svc, _load_svc),
    "fasttext": Peer(_fit_fasttext, _load_fasttext),
    "spacy": Peer(_fit_spacy, _load_spacy),
    "model2vec": _embedding_peer(_prepare_model2vec, _load_model2vec),
    "frozen": _embedding_peer(_prepare_nothing, _load_frozen),
    "setfit": Peer(_fit_setfit, _load_setfit),
}
"""The peers by name."""


if __name__ == "__main__":
    main()
