"""PLV (Hu et al., ACL 2024): newswire with a source and a target marked, 15 root codes and 4 quad classes.

Retrained, in cross-validation grouped by text (or on a test file): the encoder recipe with an exclusive codebook of the
root codes, beside TF-IDF of the masked text with a linear SVC in the same folds. Zero-shot, nothing trained on PLV:
see ``training.transfer``. Figures are pooled over the folds and averaged over the repeats, with 95 % bootstrap
intervals over texts. The answers of each fold are kept in WORK, so that a run which was stopped goes on from there.

    python -m training.benchmarks.plv DIR WORK --repeats 5
    python -m training.benchmarks.plv DIR WORK --test plv_test.jsonl.gz
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Memory
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from tqdm import tqdm

from stancelib.actors import ActorIndex
from stancelib.candidates import row_candidates
from stancelib.codebook import Codebook, StanceType
from stancelib.encoder.config import EncoderConfig
from stancelib.encoder.recipe import fit_encoder
from stancelib.labelled import LabelledCandidate
from stancelib.types import Label
from stancelib.world import load_world
from training.transfer import SOURCE, marked_row, read_gzip

Row = Mapping[str, Any]
Answers = npt.NDArray[np.str_]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with plv_train.jsonl.gz")
    parser.add_argument("work", type=Path, help="a folder for the answers of the folds")
    parser.add_argument("--test", type=Path, default=None, help="a test file: train on all of plv_train, judge this")
    parser.add_argument("--base", default=None, help="what the encoder starts from; default: the shipped encoder")
    parser.add_argument("--epochs", type=int, default=None)
    parser.add_argument("--learning-rate", type=float, default=EncoderConfig().learning_rate)
    parser.add_argument("--masked", type=float, default=0.5, help="how often names are masked in training")
    parser.add_argument("--balance", type=float, default=0.0)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--learn", type=int, default=0, help="rows of a fold that are learnt from at most; 0: all")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    config = EncoderConfig(
        base=options.base,
        epochs=options.epochs,
        learning_rate=options.learning_rate,
        styles={"marked": 1 - options.masked, "masked": options.masked},
        balance=options.balance,
        batch_size=options.batch_size,
        held_out=0.0,
        progress=True,
    )
    rows = [row for row in read_gzip(options.data / "plv_train.jsonl.gz") if marked_row(row) is not None]
    test = None if options.test is None else read_gzip(options.test)
    seeds = range(options.seed, options.seed + options.repeats)
    judged = rows if test is None else test
    said: dict[str, list[Answers]] = {"encoder": [], "svc": []}
    book = root_codebook(rows)
    memory = Memory(options.work, verbose=0)
    encoder, svc = memory.cache(ask_encoder), memory.cache(ask_svc)
    for seed in tqdm(seeds, desc="repeats"):
        folds = divide(rows, n_folds=options.folds, seed=seed) if test is None else [(rows, test)]
        answers: dict[str, dict[str, str]] = {name: {} for name in said}
        for whole, part in folds:
            learn = some_rows(whole, options.learn, seed)
            found = {"encoder": encoder(learn, part, book, replace(config, seed=seed)), "svc": svc(learn, part, seed)}
            for name, codes in found.items():
                answers[name] |= {row["id"]: str(code) for row, code in zip(part, codes, strict=True)}
        for name, own in answers.items():
            said[name].append(np.array([own[row["id"]] for row in judged]))
    print(json.dumps({"rows": len(judged), "settings": vars(options)}, default=str))
    print_table(said, judged, quad_of(rows), resamples=options.resamples, seed=options.seed)


def divide(rows: Sequence[Row], *, n_folds: int, seed: int) -> list[tuple[list[Row], list[Row]]]:
    """Return folds as (learn, judged): rows of one text stay together, codes are spread evenly."""
    folds = StratifiedGroupKFold(n_splits=n_folds, shuffle=True, random_state=seed)
    found = folds.split(rows, [row["label"] for row in rows], groups=[row["text"] for row in rows])
    return [([rows[k] for k in learn], [rows[k] for k in judged]) for learn, judged in found]


def some_rows(rows: Sequence[Row], n_rows: int, seed: int) -> list[Row]:
    """Return so many rows, drawn at random; 0: all."""
    if not n_rows or n_rows >= len(rows):
        return list(rows)
    return [rows[k] for k in sorted(np.random.default_rng(seed).permutation(len(rows))[:n_rows])]


def root_codebook(rows: Sequence[Row]) -> Codebook:
    """Return the root codes as an exclusive codebook."""
    codes = sorted({row["label"] for row in rows})
    quads = quad_of(rows)
    types = tuple(StanceType(id=code, definition=code, quad=quads[code], side="neither") for code in codes)  # type: ignore[arg-type]
    return Codebook(id="plv", version=1, exclusive=True, types=types)


def quad_of(rows: Sequence[Row]) -> dict[str, int]:
    """Return the quad class of each root code."""
    return {row["label"]: int(row["meta"]["quad"]) for row in rows}


def label_rows(rows: Sequence[Row]) -> list[LabelledCandidate]:
    """Return the source of each row as a labelled candidate; a row without both marks is an error."""
    index = ActorIndex(load_world(), None)
    examples = []
    for row in rows:
        sentence = marked_row(row)
        if sentence is None:
            raise ValueError(f"{row['id']}: source or target is not in the text")
        [candidate] = row_candidates(sentence, index)
        label = Label(SOURCE, types=(row["label"],))
        examples.append(LabelledCandidate(candidate, label, None, None, row["text"], row["id"], row["id"]))
    return examples


def ask_encoder(learn: Sequence[Row], judged: Sequence[Row], codebook: Codebook, config: EncoderConfig) -> Answers:
    """Train the encoder recipe and return the codes that it gives; a row without marks gets the commonest code."""
    model = fit_encoder(label_rows(learn), codebook=codebook, name="plv", config=config).model
    whole = [place for place, row in enumerate(judged) if marked_row(row) is not None]
    found = model.predict([example.candidate for example in label_rows([judged[place] for place in whole])])
    answers = [commonest(learn)] * len(judged)
    for place, judgement in zip(whole, found, strict=True):
        answers[place] = max(judgement.types, key=lambda code: judgement.types[code])
    return np.array(answers)


def ask_svc(learn: Sequence[Row], judged: Sequence[Row], seed: int) -> Answers:
    """Train TF-IDF with a linear SVC on the masked text and return the codes that it gives."""
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=1), LinearSVC(C=1.0, random_state=seed)
    )
    model.fit([mask(row) for row in learn], [row["label"] for row in learn])
    return np.asarray(model.predict([mask(row) for row in judged]))


def mask(row: Row) -> str:
    """Return the text with a word for the source and one for the target."""
    text = str(row["text"])
    for part, word in ((row["source"], "SOURCEACTOR"), (row["target"], "TARGETACTOR")):
        if part:
            text = text.replace(part, word, 1)
    return text


def commonest(rows: Sequence[Row]) -> str:
    """Return the commonest code."""
    codes, counts = np.unique([row["label"] for row in rows], return_counts=True)
    return str(codes[counts.argmax()])


def print_table(
    said: Mapping[str, Sequence[Answers]],
    rows: Sequence[Row],
    quads: Mapping[str, int],
    *,
    resamples: int,
    seed: int,
) -> None:
    """Print macro-F1 of root codes and quad classes, and the difference of the systems, with intervals over texts."""
    gold = np.array([row["label"] for row in rows])
    texts, group = np.unique([row["text"] for row in rows], return_inverse=True)
    members = [np.flatnonzero(group == k) for k in range(len(texts))]
    rng = np.random.default_rng(seed)
    draws = [np.arange(len(rows))] + [
        np.concatenate([members[k] for k in rng.integers(0, len(texts), len(texts))]) for _ in range(resamples)
    ]

    def score(answers: Sequence[Answers], chosen: npt.NDArray[np.int64], *, quad: bool) -> float:
        turn = (lambda codes: np.array([quads[code] for code in codes])) if quad else (lambda codes: codes)
        whole = turn(gold)
        return float(
            np.mean([f1_score(whole[chosen], turn(part)[chosen], average="macro", zero_division=0) for part in answers])
        )

    print("| system | root macro-F1 | quad macro-F1 |\n|---|---|---|")
    table = {
        (name, quad): np.array([score(answers, chosen, quad=quad) for chosen in draws])
        for name, answers in said.items()
        for quad in (False, True)
    }
    for name in said:
        print(f"| {name} | {_cell(table[name, False])} | {_cell(table[name, True])} |")
    gap = [table["encoder", quad] - table["svc", quad] for quad in (False, True)]
    print(f"| encoder - svc | {_cell(gap[0])} | {_cell(gap[1])} |")


def _cell(values: npt.NDArray[np.float64]) -> str:
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return f"{values[0]:.3f} ({low:.3f} - {high:.3f})"


if __name__ == "__main__":
    main()
