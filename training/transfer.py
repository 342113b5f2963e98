"""How a model does on text that this project did not write: PLV (types) and re3d (for or against).

Nothing is trained on either. Both files are read from a folder given on the command line; none of their text enters the
repository.

- PLV (Hu et al., ACL 2024): source and target are marked as actors; the answer is the code to which the most likely
  type of the source belongs, by the codebook's ``plv`` key; quad is the quad class of that code.
- re3d (Defence Science and Technology Laboratory, 2017): the direction from source to target. ``AlliesOf`` should be
  for, ``FightingAgainst`` against; every other relation but ``Likes`` and ``Dislikes`` neither.

    python -m training.transfer DIR --model models/stance-linear
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import f1_score

from stancelib.actors import ActorIndex
from stancelib.candidates import row_candidates
from stancelib.codebook import Codebook
from stancelib.model import StanceModel
from stancelib.persistence import load_model
from stancelib.types import Judgement, Label, LabelledSentence, Mark
from stancelib.world import load_world

SOURCE, TARGET = "SOURCE", "TARGET"
_RE3D_CLASSES = {"AlliesOf": "for", "FightingAgainst": "against"}
_RE3D_UNCLEAR = ("Likes", "Dislikes")


def main() -> None:
    """Measure a model and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with plv_train.jsonl.gz and re3d.jsonl.gz")
    parser.add_argument("--model", default=None, help="a shipped model's name or a model folder")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    found = measure_transfer(load_model(options.model), options.data, seed=options.seed)
    print(json.dumps(found, indent=1))


def measure_transfer(model: StanceModel, data: Path, *, seed: int = 0) -> dict[str, Any]:
    """Return the figures of both sets, each with its 95 % bootstrap interval over texts: value, low, high."""
    return {
        **measure_plv(model, read_gzip(data / "plv_train.jsonl.gz"), seed=seed),
        **measure_re3d(model, read_gzip(data / "re3d.jsonl.gz"), seed=seed),
    }


def measure_plv(model: StanceModel, rows: Sequence[Mapping[str, Any]], *, seed: int = 0) -> dict[str, Any]:
    """Return root and quad macro-F1 of the codes that the most likely types stand for."""
    rows = [row for row in rows if marked_row(row) is not None]
    quad_of = {row["label"]: row["meta"]["quad"] for row in rows}
    said = [plv_code(judgement, model.codebook) for judgement in judge_pairs(model, rows)]
    gold = [row["label"] for row in rows]
    texts = [row["text"] for row in rows]
    root, quad = np.array([gold, said]), np.array([[quad_of[c] for c in gold], [quad_of.get(c, 0) for c in said]])
    return {
        "plv_rows": len(rows),
        "plv_root_macro_f1": with_interval(_macro_f1(root), texts, seed=seed),
        "plv_quad_macro_f1": with_interval(_macro_f1(quad), texts, seed=seed),
        "plv_root_accuracy": with_interval(_accuracy(root), texts, seed=seed),
    }


def plv_code(judgement: Judgement, codebook: Codebook) -> str:
    """Return the PLV code of the most likely type that has one."""
    coded = [type_id for type_id in codebook.type_ids if codebook[type_id].plv]
    return codebook[max(coded, key=lambda type_id: judgement.types[type_id])].plv


def measure_re3d(model: StanceModel, rows: Sequence[Mapping[str, Any]], *, seed: int = 0) -> dict[str, Any]:
    """Return how well the direction from source to target tells allies from enemies, and both from neither."""
    rows = [row for row in rows if row["label"] not in _RE3D_UNCLEAR and marked_row(row) is not None]
    judged = [judgement.directions.get(TARGET, (0.0, 0.0)) for judgement in judge_pairs(model, rows)]
    gold = np.array([_RE3D_CLASSES.get(row["label"], "neither") for row in rows])
    said = np.array([_direction(*p, threshold=model.thresholds.side) for p in judged])
    forced = np.array(["for" if p_for >= p_against else "against" for p_for, p_against in judged])
    sided = gold != "neither"
    texts = [row["text"] for row in rows]
    chosen = [text for text, keep in zip(texts, sided, strict=True) if keep]
    both = np.array([gold[sided], forced[sided]])
    return {
        "re3d_rows": dict(Counter(gold.tolist())),
        "re3d_for_against_macro_f1": with_interval(_macro_f1(both), chosen, seed=seed),
        "re3d_three_classes_macro_f1": with_interval(_macro_f1(np.array([gold, said])), texts, seed=seed),
    }


def judge_pairs(model: StanceModel, rows: Sequence[Mapping[str, Any]]) -> list[Judgement]:
    """Judge the source of each row, source and target being marked."""
    index = ActorIndex(load_world(), None)
    sentences = [sentence for row in rows if (sentence := marked_row(row))]
    return model.predict([row_candidates(sentence, index)[0] for sentence in sentences])


def marked_row(row: Mapping[str, Any]) -> LabelledSentence | None:
    """Return the row with its source and target marked; None where the text does not hold both apart."""
    text, source, target = row["text"], row["source"], row["target"]
    if not source or not target:
        return None
    first = text.find(source)
    second = _find_outside(text, target, (first, first + len(source)))
    if first < 0 or second < 0:
        return None
    marks = (Mark(SOURCE, first, first + len(source)), Mark(TARGET, second, second + len(target)))
    return LabelledSentence(id=row["id"], text=text, actors=marks, labels=(Label(SOURCE),))


def _find_outside(text: str, part: str, taken: tuple[int, int]) -> int:
    place = text.find(part)
    while 0 <= place < taken[1] and taken[0] < place + len(part):
        place = text.find(part, place + 1)
    return place


def _direction(p_for: float, p_against: float, *, threshold: float) -> str:
    if max(p_for, p_against) < threshold:
        return "neither"
    return "for" if p_for >= p_against else "against"


def _macro_f1(pair: npt.NDArray[Any]) -> Callable[[npt.NDArray[np.int64]], float]:
    classes = np.unique(pair[0])
    return lambda rows: float(f1_score(pair[0][rows], pair[1][rows], labels=classes, average="macro", zero_division=0))


def _accuracy(pair: npt.NDArray[Any]) -> Callable[[npt.NDArray[np.int64]], float]:
    return lambda rows: float((pair[0][rows] == pair[1][rows]).mean())


def with_interval(
    measure: Callable[[npt.NDArray[np.int64]], float], groups: Sequence[str], *, seed: int, resamples: int = 500
) -> dict[str, float]:
    """Return a measure of row numbers with its 95 % bootstrap interval over groups of rows."""
    names, place = np.unique(np.array(groups), return_inverse=True)
    members = [np.flatnonzero(place == k) for k in range(len(names))]
    rng = np.random.default_rng(seed)
    draws = [
        measure(np.concatenate([members[k] for k in rng.integers(0, len(names), len(names))])) for _ in range(resamples)
    ]
    low, high = np.quantile(draws, [0.025, 0.975])
    value = measure(np.arange(len(groups)))
    return {"value": round(value, 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def read_gzip(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a gzip JSON Lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


if __name__ == "__main__":
    main()
