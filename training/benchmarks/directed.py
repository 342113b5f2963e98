"""DSE (Park et al. 2021): the sentiment of one named entity of a sentence towards another; and re3d: allies, enemies.

1. Nothing trained on either: the direction head of a model, asked from each entity towards the other. Against DSE's
   labels: for is positive, against negative, neither neutral. "Polarity" is asked from the entity that the label names
   as the source; the five classes (neutral; positive or negative, from the first to the second or back) are read from
   both directions, the stronger of the two. re3d is as in ``training.transfer``.
2. Retrained on DSE's own training part: the encoder recipe with the five classes as an exclusive codebook, beside
   TF-IDF of the masked text with a linear SVC. Texts that are also judged are not learnt from. Judged is the part
   "test" where the file has one, else "valid", from which nothing is chosen.

95 % bootstrap intervals are over texts. Answers of retrained systems are kept in WORK.

    python -m training.benchmarks.directed DIR WORK --model MODEL --base BASE --share 0.25
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Memory
from sklearn.metrics import f1_score

from stancelib.actors import ActorIndex
from stancelib.candidates import row_candidates
from stancelib.codebook import Codebook, StanceType
from stancelib.encoder.config import EncoderConfig
from stancelib.encoder.recipe import fit_encoder
from stancelib.labelled import LabelledCandidate
from stancelib.model import StanceModel
from stancelib.persistence import load_model
from stancelib.types import Judgement, Label, LabelledSentence, Mark
from stancelib.world import load_world
from training.benchmarks.plv import Answers, Row, ask_svc
from training.transfer import SOURCE, TARGET, measure_re3d, read_gzip, with_interval

CLASSES = ("neutral", "positive_p2q", "negative_p2q", "positive_q2p", "negative_q2p")
"""DSE's classes; p is the entity that stands first, q the other one."""

POLARITIES = ("positive", "negative", "neutral")

_QUADS = {"positive": 1, "negative": 3}
_MARKED = re.compile(r"([^\[\]]*)\[([^\[\]]+)\]([^\[\]]*)\[([^\[\]]+)\]([^\[\]]*)", re.DOTALL)


def main() -> None:
    """Measure and print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with dse.jsonl.gz and re3d.jsonl.gz")
    parser.add_argument("work", type=Path, help="a folder for the answers")
    parser.add_argument("--model", default=None, help="the model whose direction head is asked")
    parser.add_argument("--base", default=None, help="what the encoder is trained from; default: the shipped encoder")
    parser.add_argument("--systems", default="encoder,svc", help="that are retrained; by commas")
    parser.add_argument("--share", type=float, default=1.0, help="of the training part that is learnt from")
    parser.add_argument("--judged", type=int, default=0, help="rows that are judged at most; 0: all")
    parser.add_argument("--epochs", type=int, default=None)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows = read_gzip(options.data / "dse.jsonl.gz")
    learn, judged = divide(rows, share=options.share, n_judged=options.judged, seed=options.seed)
    model = load_model(options.model)
    print(f"\n### {model.name}, nothing trained on DSE or re3d: {len(judged)} rows of DSE\n")
    print_figures(measure_dse(model, judged, resamples=options.resamples, seed=options.seed))
    print_figures(
        {
            key: value
            for key, value in measure_re3d(model, read_gzip(options.data / "re3d.jsonl.gz")).items()
            if "f1" in key
        },
        head=False,
    )
    config = EncoderConfig(base=options.base, epochs=options.epochs, seed=options.seed, held_out=0.0, progress=True)
    memory = Memory(options.work, verbose=0)
    encoder, svc = memory.cache(ask_encoder), memory.cache(ask_svc)
    given = [as_plv(row) for row in learn], [as_plv(row) for row in judged]
    systems = {"encoder": lambda: encoder(*given, config), "svc": lambda: svc(*given, options.seed)}
    said = {name: systems[name]() for name in options.systems.split(",")}
    print(f"\n### Retrained on {len(learn)} rows of DSE, five classes: {len(judged)} rows\n")
    print_figures(compare(said, judged, resamples=options.resamples, seed=options.seed))


def divide(rows: Sequence[Row], *, share: float, n_judged: int, seed: int) -> tuple[list[Row], list[Row]]:
    """Return a random share of the training part, without texts that are judged, and the rows that are judged."""
    part = "test" if any(row["split"] == "test" for row in rows) else "valid"
    rng = np.random.default_rng(seed)
    judged = [row for row in rows if row["split"] == part]
    judged = [judged[k] for k in sorted(rng.permutation(len(judged))[: n_judged or None])]
    texts = {row["text"] for row in rows if row["split"] == part}
    learn = [row for row in rows if row["split"] == "train" and row["text"] not in texts]
    return [learn[k] for k in sorted(rng.permutation(len(learn))[: round(share * len(learn))])], judged


def mark_row(row: Row, *, labels: Sequence[Label]) -> LabelledSentence:
    """Return a row as a sentence in which p is SOURCE and q is TARGET.

    Raises:
        ValueError: Its ``meta.marked`` does not have two pairs of brackets.
    """
    before, p, between, q, after = _parts(row)
    start = len(before) + len(p) + len(between)
    marks = (Mark(SOURCE, len(before), len(before) + len(p)), Mark(TARGET, start, start + len(q)))
    return LabelledSentence(
        id=row["id"], text="".join((before, p, between, q, after)), actors=marks, labels=tuple(labels)
    )


def as_plv(row: Row) -> dict[str, Any]:
    """Return a row as ``plv.ask_svc`` masks it: the brackets stay, so that the marked places are replaced."""
    _, p, _, q, _ = _parts(row)
    marked = row["meta"]["marked"]
    return {**row, "text": marked, "source": f"[{p}]", "target": f"[{q}]", "label": row["meta"]["orig_class"]}


def measure_dse(model: StanceModel, rows: Sequence[Row], *, resamples: int, seed: int) -> dict[str, Any]:
    """Return how the direction head does: polarity from the label's source, for against against, five classes."""
    both = judge_both(model, rows)
    threshold = model.thresholds.side
    texts = [row["text"] for row in rows]
    classes = np.array([row["meta"]["orig_class"] for row in rows])
    gold = np.array([row["label"] for row in rows])
    own = [pair[name.endswith("q2p")] for pair, name in zip(both, classes, strict=True)]
    said = np.array([polarity(*proba, threshold=threshold) for proba in own])
    forced = np.array([polarity(*proba, threshold=0.0) for proba in own])
    sided = gold != "neutral"
    known = np.array([five_classes(*pair, threshold=threshold) for pair in both])
    chosen = [text for text, keep in zip(texts, sided, strict=True) if keep]

    def value(gold: Answers, said: Answers, names: Sequence[str], groups: Sequence[str], average: str) -> Any:
        return with_interval(
            lambda k: f1_score(gold[k], said[k], labels=list(names), average=average, zero_division=0),
            groups,
            seed=seed,
            resamples=resamples,
        )

    return {
        "DSE polarity, from the label's source, macro-F1": value(gold, said, POLARITIES, texts, "macro"),
        "DSE positive or negative, where one of them holds, macro-F1": value(
            gold[sided], forced[sided], POLARITIES[:2], chosen, "macro"
        ),
        "DSE five classes, macro-F1": value(classes, known, CLASSES, texts, "macro"),
        "DSE five classes, micro-F1": value(classes, known, CLASSES, texts, "micro"),
    }


Proba = tuple[float, float]
"""Probabilities that a stance is for and against."""


def judge_both(model: StanceModel, rows: Sequence[Row]) -> list[tuple[Proba, Proba]]:
    """Return of each row the direction from p to q, and the one from q to p."""
    index = ActorIndex(load_world(), None)
    labels = (Label(SOURCE), Label(TARGET))
    candidates = [candidate for row in rows for candidate in row_candidates(mark_row(row, labels=labels), index)]
    found: list[Judgement] = model.predict(candidates)
    return [
        (one.directions.get(TARGET, (0.0, 0.0)), other.directions.get(SOURCE, (0.0, 0.0)))
        for one, other in zip(found[::2], found[1::2], strict=True)
    ]


def polarity(p_for: float, p_against: float, *, threshold: float) -> str:
    """Return the polarity that a direction stands for."""
    if max(p_for, p_against) < threshold:
        return "neutral"
    return "positive" if p_for >= p_against else "negative"


def five_classes(forth: Proba, back: Proba, *, threshold: float) -> str:
    """Return the class that the directions from p to q and from q to p stand for: the stronger one counts."""
    proba, suffix = (forth, "p2q") if max(forth) >= max(back) else (back, "q2p")
    found = polarity(*proba, threshold=threshold)
    return found if found == "neutral" else f"{found}_{suffix}"


def dse_codebook() -> Codebook:
    """Return the five classes as an exclusive codebook."""
    types = tuple(
        StanceType(id=name, definition=name, quad=_QUADS.get(name.split("_")[0], 0), side="neither")  # type: ignore[arg-type]
        for name in CLASSES
    )
    return Codebook(id="dse", version=1, exclusive=True, types=types)


def label_rows(rows: Sequence[Row]) -> list[LabelledCandidate]:
    """Return p of each row as a labelled candidate, its class as its type; p and q are the only actors.

    The types of p are read from p and from the sentence: a third actor with a role would hide who q is.
    """
    index = ActorIndex(load_world(), None)
    examples = []
    for row in rows:
        label = Label(SOURCE, types=(row["meta"]["orig_class"],))
        sentence = mark_row(row, labels=(label,))
        [found] = row_candidates(sentence, index)
        candidate = replace(found, mentions=tuple(m for m in found.mentions if m.actor in (SOURCE, TARGET)))
        examples.append(LabelledCandidate(candidate, label, None, None, sentence.text, row["id"], row["id"]))
    return examples


def ask_encoder(learn: Sequence[Row], judged: Sequence[Row], config: EncoderConfig) -> Answers:
    """Train the encoder recipe and return the classes that it gives."""
    model = fit_encoder(label_rows(learn), codebook=dse_codebook(), name="dse", config=config).model
    found = model.predict([example.candidate for example in label_rows(judged)])
    return np.array([max(judgement.types, key=lambda name: judgement.types[name]) for judgement in found])


def compare(said: Mapping[str, Answers], rows: Sequence[Row], *, resamples: int, seed: int) -> dict[str, Any]:
    """Return micro and macro-F1 of each system, and how much the first has over each other one."""
    gold, texts = np.array([row["meta"]["orig_class"] for row in rows]), [row["text"] for row in rows]

    def score(answers: Answers, chosen: npt.NDArray[np.int64], average: str) -> float:
        return float(f1_score(gold[chosen], answers[chosen], labels=CLASSES, average=average, zero_division=0))

    found: dict[str, Any] = {}
    first, *rest = said
    for average in ("micro", "macro"):
        for name, answers in said.items():
            found[f"{name}, {average}-F1"] = with_interval(
                lambda k, a=answers, m=average: score(a, k, m),  # type: ignore[misc]
                texts,
                seed=seed,
                resamples=resamples,
            )
        for name in rest:
            found[f"{first} - {name}, {average}-F1"] = with_interval(
                lambda k, o=said[name], m=average: score(said[first], k, m) - score(o, k, m),  # type: ignore[misc]
                texts,
                seed=seed,
                resamples=resamples,
            )
    return found


def print_figures(found: Mapping[str, Mapping[str, float]], *, head: bool = True) -> None:
    """Print a table of values with their intervals."""
    if head:
        print("| measure | value |\n|---|---|")
    for name, cell in found.items():
        print(
            f"| {name.replace('_', ' ')} | {cell['value']:.3f} ({cell['low']:.3f} to {cell['high']:.3f}) |", flush=True
        )


def _parts(row: Row) -> tuple[str, ...]:
    match = _MARKED.fullmatch(row["meta"]["marked"])
    if match is None:
        raise ValueError(f"{row['id']}: meta.marked {row['meta']['marked']!r}; expected two parts in brackets")
    return match.groups()


if __name__ == "__main__":
    main()
