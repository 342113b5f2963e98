"""How far our sentences are from real news about conflicts, and whether a classifier can tell them apart.

Real news are the sentences of public sets in a folder given on the command line; none of their text enters the
repository, and the only words of theirs that are printed are single ones that tell the two apart. Names, numbers and
the kinds of quotation marks are masked on both sides alike, and for the classifier as many sentences of each length are
drawn from the one side as from the other.

- length: words a sentence; distance: Kolmogorov-Smirnov
- quotes: share of sentences with a quotation mark
- names: runs of capitalised words a sentence (on both sides the same rule; ours has marked actors, theirs has not)
- verbs: words in -ed, -ing and the commonest irregular forms; distance: Jensen-Shannon divergence in bits
- AUC: word 1- and 2-grams, logistic regression, 5 folds; 0.5 is "cannot tell", 1.0 "always"

    python -m training.realism seeds --news DIR [--files a.jsonl b.jsonl] [--words 40]
    python -m training.realism seeds --news DIR --rounds seeds/measured/realism.json --plot seeds/measured/lengths.svg
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from stancelib.reading import make_document
from stancelib.sentences import split_sentences

NEWS = ("plv_train", "re3d", "case2021_task2", "multicoder200")
"""Sets of single sentences of news about conflicts and politics."""

_DRAWS = 5
"""Samples of each part whose AUC is averaged."""

_WORD = re.compile(r"[\w’'-]+|[^\w\s]")
_QUOTES = re.compile(r"''|``|[\"“”«»]")
_IRREGULAR_VERBS = """
said says say told tells was were is are be been has had have did does made took gave went came met held sent
put left kept led fell fought struck hit shot began broke brought built bought sold spent spoke stood sought
won lost rose grew drew drove fled found got heard knew laid meant paid saw set shut thought understood wrote
withdrew will would could should may might must can
"""
_IRREGULAR = frozenset(_IRREGULAR_VERBS.split())


def main() -> None:
    """Compare, print, and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seeds", type=Path)
    parser.add_argument("--news", type=Path, required=True)
    parser.add_argument("--files", nargs="*", help="only these files of the seeds")
    parser.add_argument("--rounds", type=Path, help="compare each round of seeds/rounds.toml, and write it here")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--words", type=int, default=0, help="print so many telling words of each side")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    names = options.files or [path.name for path in sorted(options.seeds.glob("*.jsonl"))]
    ours = own_sentences([options.seeds / name for name in names])
    theirs = news_sentences(options.news)
    if options.rounds:
        found = compare_rounds(options.seeds, theirs, seed=options.seed)
        options.rounds.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    else:
        print(json.dumps(compare(ours, theirs, seed=options.seed), indent=1))
    if options.words:
        for who, words in telling_words(ours, theirs, n=options.words, seed=options.seed).items():
            print(who, ", ".join(words))
    if options.plot:
        draw(ours, theirs, options.plot)


def compare_rounds(seeds: Path, theirs: Sequence[str], *, seed: int) -> dict[str, Any]:
    """Return the comparison for what each round of writing added, and for all of it; sentences and articles apart."""
    rounds = tomllib.loads((seeds / "rounds.toml").read_text(encoding="utf-8"))["round"]
    texts: dict[str, list[str]] = {}
    for path in sorted(seeds.glob("*.jsonl")):
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            name = next((entry["id"] for entry in rounds if batch_of(row["id"]) in entry["batches"]), None)
            if name is not None:
                kind = "articles" if "sentences" in row else "sentences"
                for key in (f"{name}: {kind}", f"all: {kind}"):
                    texts.setdefault(key, []).extend(_sentences_of(row))
    unique = {key: list(dict.fromkeys(part)) for key, part in texts.items()}
    n = min(map(len, unique.values()))
    order = [f"{name}: {kind}" for kind in ("sentences", "articles") for name in (*(r["id"] for r in rounds), "all")]
    found = {}
    for key in (key for key in order if key in unique):
        found[key] = compare(unique[key], theirs, seed=seed)
        # More sentences make a better classifier: only AUCs of equally many can be compared.
        draws = [auc(_some(unique[key], n, seed=draw), theirs, seed=draw) for draw in range(_DRAWS)]
        found[key]["distance"][f"auc_of_{n}_sentences"] = round(float(np.mean(draws)), 4)
    return found


def _some(texts: Sequence[str], n: int, *, seed: int) -> list[str]:
    return [texts[k] for k in np.random.default_rng(seed).choice(len(texts), n, replace=False)]


def batch_of(document_id: str) -> str:
    """Return the batch of a row: the letters before the number of its id, and for old articles its hundred too."""
    head, _, number = document_id.partition("-")
    return f"art-{number[0]}" if head == "art" else head


def _sentences_of(row: dict[str, Any]) -> list[str]:
    parts = row.get("sentences")
    return [row["text"][s["start"] : s["end"]] for s in parts] if parts else [row["text"]]


def own_sentences(paths: Iterable[Path]) -> list[str]:
    """Return the sentences of label files, those of articles too."""
    texts = []
    for path in paths:
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            texts += _sentences_of(row)
    return list(dict.fromkeys(texts))


def news_sentences(folder: Path) -> list[str]:
    """Return the different sentences of the public sets."""
    texts: dict[str, None] = {}
    for name in NEWS:
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as stream:
            for line in stream:
                document = make_document(" ".join(json.loads(line)["text"].split()))
                texts |= dict.fromkeys(sentence.text for sentence in split_sentences(document))
    return [text for text in texts if len(text.split()) > 4]


def mask(text: str) -> list[str]:
    """Return the words in lower case, runs of capitalised words as NAME and numbers as NUM.

    The first word of a sentence is a name only if another capitalised word follows; on both sides alike.
    """
    words = _WORD.findall(_QUOTES.sub('"', text).replace("’", "'"))
    masked: list[str] = []
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else ""
        if any(character.isdigit() for character in word):
            part = "NUM"
        elif word[0].isupper() and (place > 0 or following[:1].isupper() or word.isupper()):
            part = "NAME"
        else:
            part = word.lower()
        if not (part in ("NAME", "NUM") and masked and masked[-1] == part):
            masked.append(part)
    return masked


def compare(ours: Sequence[str], theirs: Sequence[str], *, seed: int) -> dict[str, Any]:
    """Return the measures of both sides and the distances between them."""
    sides = {"ours": [mask(text) for text in ours], "news": [mask(text) for text in theirs]}
    lengths = {name: [_length(words) for words in side] for name, side in sides.items()}
    found: dict[str, Any] = {}
    for name, side in sides.items():
        texts = ours if name == "ours" else theirs
        found[name] = {
            "sentences": len(side),
            "words_quartiles": np.quantile(lengths[name], [0.25, 0.5, 0.75]).round(1).tolist(),
            "over_45_words": round(float(np.mean(np.array(lengths[name]) > 45)), 4),
            "with_quotation_marks": round(float(np.mean([bool(_QUOTES.search(text)) for text in texts])), 4),
            "names_a_sentence": round(float(np.mean([words.count("NAME") for words in side])), 3),
        }
    found["distance"] = {
        "length_ks": round(float(ks_2samp(lengths["ours"], lengths["news"]).statistic), 4),
        "verbs_jensen_shannon_bits": round(_verb_divergence(sides["ours"], sides["news"]), 4),
        "auc": round(auc(ours, theirs, seed=seed), 4),
    }
    return found


def auc(ours: Sequence[str], theirs: Sequence[str], *, seed: int) -> float:
    """Return the area under the ROC curve of a classifier that tells the two sides apart, by cross-validation."""
    texts, labels = matched_texts(ours, theirs, seed=seed)
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    scores = cross_val_predict(_classifier(seed), texts, labels, cv=folds, method="decision_function")
    return float(roc_auc_score(labels, scores))


def telling_words(ours: Sequence[str], theirs: Sequence[str], *, n: int, seed: int) -> dict[str, list[str]]:
    """Return the 1- and 2-grams that speak most for each side."""
    texts, labels = matched_texts(ours, theirs, seed=seed)
    fitted = _classifier(seed).fit(texts, labels)
    vectorizer, model = fitted[0], fitted[1]
    order = np.argsort(model.coef_[0])
    words = np.array(vectorizer.get_feature_names_out())
    return {"news:": words[order[:n]].tolist(), "ours:": words[order[::-1][:n]].tolist()}


def matched_texts(ours: Sequence[str], theirs: Sequence[str], *, seed: int) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return masked texts of both sides, as many of each and of the same lengths, and who wrote them (1: we)."""
    rng = np.random.default_rng(seed)
    bins: dict[int, tuple[list[str], list[str]]] = {}
    for place, side in enumerate((theirs, ours)):
        for text in (side[k] for k in rng.permutation(len(side))):
            words = mask(text)
            bins.setdefault(min(_length(words) // 5, 12), ([], []))[place].append(" ".join(words))
    texts, labels = [], []
    for news, own in bins.values():
        n = min(len(news), len(own))
        texts += news[:n] + own[:n]
        labels += [0] * n + [1] * n
    return texts, np.array(labels, dtype=np.int64)


def draw(ours: Sequence[str], theirs: Sequence[str], path: Path) -> None:
    """Draw the lengths of both sides as an SVG."""
    import matplotlib as mpl  # noqa: PLC0415 - only for the plot

    mpl.use("svg")
    import matplotlib.pyplot as plt  # noqa: PLC0415 - only for the plot

    mpl.rcParams["svg.hashsalt"] = "stancelib"
    figure, axes = plt.subplots(figsize=(7, 3))
    for label, texts in (("stancelib seeds", ours), ("public news sets", theirs)):
        axes.hist(
            [_length(mask(text)) for text in texts], bins=range(0, 85, 4), density=True, histtype="step", label=label
        )
    axes.set_xlabel("words a sentence")
    axes.set_ylabel("share")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def _classifier(seed: int) -> Any:
    words = TfidfVectorizer(
        ngram_range=(1, 2), min_df=3, sublinear_tf=True, tokenizer=str.split, token_pattern=None, lowercase=False
    )
    return make_pipeline(words, LogisticRegression(C=3.0, max_iter=2000, random_state=seed))


def _length(words: Sequence[str]) -> int:
    return sum(word[0].isalnum() for word in words)


def _verb_divergence(ours: Sequence[Sequence[str]], theirs: Sequence[Sequence[str]]) -> float:
    counts = [Counter(word for words in side for word in words if _is_verb(word)) for side in (ours, theirs)]
    verbs = sorted({*counts[0], *counts[1]})
    shares = [np.array([count[verb] for verb in verbs]) / sum(count.values()) for count in counts]
    return float(jensenshannon(*shares, base=2) ** 2)


def _is_verb(word: str) -> bool:
    return word in _IRREGULAR or (len(word) > 4 and word.endswith(("ed", "ing")) and word.isalpha())


if __name__ == "__main__":
    main()
