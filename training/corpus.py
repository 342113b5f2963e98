"""Count what the seeds hold, and look for template smell and for near duplicates across splits.

- smell: after names are masked, the share of sentences that have the commonest 4-grams of content words
- near duplicates: pairs of sentences of different splits that share half or more of their 3-grams of words (Jaccard)
- held-out names: actor ids of the invented conflicts of dev and test that stand in another split

    python -m training.corpus seeds [--splits seeds/splits.json]
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

from training.realism import mask

_NEAR = 0.5
_BLOCK = 500


@dataclass(frozen=True)
class CorpusSentence:
    """A labelled sentence of the seeds, those of articles too."""

    id: str
    split: str
    conflict: str | None
    words: tuple[str, ...]
    """Masked: names and numbers are one word each."""
    labels: tuple[dict[str, Any], ...]
    phenomena: tuple[str, ...]
    in_article: bool


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seeds", type=Path)
    parser.add_argument("--splits", type=Path, help="write which conflicts are in which split")
    options = parser.parse_args()
    sentences = list(read_corpus(options.seeds))
    if options.splits:
        options.splits.write_text(json.dumps(splits(sentences), indent=1) + "\n", encoding="utf-8")
    print(json.dumps({"counts": count(sentences), "smell": smell(sentences), **leaks(sentences)}, indent=1))


def read_corpus(seeds: Path) -> Iterator[CorpusSentence]:
    """Yield every labelled sentence of the label files of a folder."""
    for path in sorted(seeds.glob("*.jsonl")):
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            split = row.get("split") or "train"
            parts = row.get("sentences", [row])
            for number, part in enumerate(parts):
                inside = "sentences" in row
                text = row["text"][part["start"] : part["end"]] if inside else row["text"]
                yield CorpusSentence(
                    id=f"{row['id']}#{number}" if inside else row["id"],
                    split=split,
                    conflict=row["conflict"],
                    words=tuple(mask(text)),
                    labels=tuple(part["labels"]),
                    phenomena=tuple(row.get("phenomena", ())),
                    in_article=inside,
                )


def count(sentences: Sequence[CorpusSentence]) -> dict[str, Any]:
    """Return the counts of all sentences, of those outside of articles, and of each split."""
    parts = {
        "all": list(sentences),
        "sentences_alone": [s for s in sentences if not s.in_article],
        "articles": [s for s in sentences if s.in_article],
        **{split: [s for s in sentences if s.split == split] for split in ("train", "dev", "test")},
    }
    found: dict[str, Any] = {name: _count_part(part) for name, part in parts.items()}
    found["phenomena"] = dict(Counter(name for s in sentences for name in s.phenomena).most_common())
    found["conflicts"] = {
        split: dict(Counter(str(s.conflict) for s in sentences if s.split == split).most_common())
        for split in ("train", "dev", "test")
    }
    return found


def _count_part(part: Sequence[CorpusSentence]) -> dict[str, Any]:
    labels = [label for s in part for label in s.labels]
    return {
        "documents": len({s.id.partition("#")[0] for s in part}),
        "sentences": len(part),
        "pairs": len(labels),
        "no_stance": sum(label.get("types") == [] for label in labels),
        "supports": sum(bool(label.get("supports")) for label in labels),
        "opposes": sum(bool(label.get("opposes")) for label in labels),
        "supports_or_opposes": sum(bool(label.get("supports") or label.get("opposes")) for label in labels),
        "with_target": sum(bool(label.get("target")) for label in labels),
        "planned": sum(label.get("status") == "planned" for label in labels),
        "sentences_with_stances_that_differ": sum(_differ(s.labels) for s in part),
        "types": dict(Counter(t for label in labels for t in label.get("types", ())).most_common()),
    }


def _differ(labels: Sequence[dict[str, Any]]) -> bool:
    keys = ("types", "supports", "opposes", "target")
    return len({json.dumps([label.get(key) for key in keys]) for label in labels if label.get("types")}) > 1


def splits(sentences: Sequence[CorpusSentence]) -> dict[str, Any]:
    """Return the conflicts of each split, and what each training conflict leaves out when it is left out."""
    homes = {
        split: Counter(s.conflict for s in sentences if s.split == split and s.conflict)
        for split in ("train", "dev", "test")
    }
    elsewhere = {name: [s for s in homes if s != "train" and name in homes[s]] for name in homes["train"]}
    return {
        "conflicts": {split: sorted(counts) for split, counts in homes.items()},
        "leave_one_conflict_out": [
            {"conflict": name, "train_sentences": n, "also_in": elsewhere[name]}
            for name, n in sorted(homes["train"].items())
        ],
    }


def smell(sentences: Sequence[CorpusSentence], *, n: int = 10) -> dict[str, float]:
    """Return the commonest 4-grams of content words with the share of sentences that have them."""
    counts: Counter[str] = Counter()
    for sentence in sentences:
        words = [w for w in sentence.words if w.isalpha() and w.islower() and w not in ENGLISH_STOP_WORDS]
        counts.update({" ".join(words[k : k + 4]) for k in range(len(words) - 3)})
    commonest = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:n]
    return {gram: round(number / len(sentences), 5) for gram, number in commonest}


def leaks(sentences: Sequence[CorpusSentence]) -> dict[str, Any]:
    """Return the near duplicates across splits and the invented conflicts that stand in more than one."""
    vectorizer = CountVectorizer(
        tokenizer=str.split, token_pattern=None, lowercase=False, ngram_range=(3, 3), binary=True
    )
    grams = vectorizer.fit_transform([" ".join(s.words) + " . ." for s in sentences]).astype(np.float32)
    sizes = np.asarray(grams.sum(axis=1)).ravel()
    splits = np.array([s.split for s in sentences])
    near = []
    for first in range(0, len(sentences), _BLOCK):
        shared = (grams[first : first + _BLOCK] @ grams.T).tocoo()
        rows, columns = shared.row + first, shared.col
        jaccard = shared.data / (sizes[rows] + sizes[columns] - shared.data)
        keep = (jaccard >= _NEAR) & (rows < columns) & (splits[rows] != splits[columns])
        near += [
            {"ids": [sentences[a].id, sentences[b].id], "jaccard": round(float(j), 3)}
            for a, b, j in zip(rows[keep], columns[keep], jaccard[keep], strict=True)
        ]
    homes: dict[str, set[str]] = {}
    for sentence in sentences:
        if sentence.conflict:
            homes.setdefault(sentence.conflict, set()).add(sentence.split)
    return {
        "near_duplicates_across_splits": near,
        "conflicts_in_several_splits": sorted(name for name, where in homes.items() if len(where) > 1),
        "conflicts_of_test_alone": sorted(name for name, where in homes.items() if where == {"test"}),
        "conflicts_of_dev_alone": sorted(name for name, where in homes.items() if where == {"dev"}),
    }


if __name__ == "__main__":
    main()
