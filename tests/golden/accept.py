"""Write what the library says of the golden articles, as the state to keep:

    python tests/golden/accept.py

``NAME.actors.jsonl`` holds who is found and who speaks, whatever the model. ``NAME.jsonl`` holds the tags of the
shipped linear model, and is left as it is where that is absent. Read the difference before it is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from stancelib.actors import ActorIndex
from stancelib.candidates import find_candidates
from stancelib.conflict import load_conflict
from stancelib.persistence import shipped_models
from stancelib.reading import make_document
from stancelib.tagger import load
from stancelib.types import Candidate, Document, Mention
from stancelib.world import load_world

GOLDEN = Path(__file__).parent
ROOT = GOLDEN.parent.parent
MODEL = "stance-linear"
"""The shipped model whose tags are kept: its floats are the same on every machine; an encoder's may differ a little."""


@dataclass(frozen=True)
class Article:
    """A golden article: where it stands, and what is known of it."""

    name: str
    path: Path
    conflict: str
    date: date | None = None

    def document(self) -> Document:
        return make_document(self.path.read_text(encoding="utf-8"), id=self.name, date=self.date)


ARTICLES = (
    Article("example", ROOT / "docs" / "example.txt", "libya"),
    Article("gaza_xinhua", GOLDEN / "gaza_xinhua.txt", "gaza", date(2024, 8, 12)),
    Article("libya_reuters", GOLDEN / "libya_reuters.txt", "libya", date(2020, 5, 12)),
    Article("sudan_un", GOLDEN / "sudan_un.txt", "sudan"),
    Article("ukraine_tass", GOLDEN / "ukraine_tass.txt", "ukraine", date(2024, 3, 14)),
    Article("velmora_ap", GOLDEN / "velmora_ap.txt", str(ROOT / "seeds" / "conflicts" / "velmora.toml")),
)


def main() -> None:
    for article in ARTICLES:
        _write(actors_path(article), actor_rows(article))
        if has_model():
            _write(tags_path(article), tag_rows(article))


def has_model() -> bool:
    return MODEL in shipped_models()


def actors_path(article: Article) -> Path:
    return GOLDEN / f"{article.name}.actors.jsonl"


def tags_path(article: Article) -> Path:
    return GOLDEN / f"{article.name}.jsonl"


def read_rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def actor_rows(article: Article) -> list[dict[str, Any]]:
    """Return a row for each candidate: the mention that stands for the actor, and all of them."""
    document = article.document()
    index = ActorIndex(load_world(), load_conflict(article.conflict))
    return [_actor_row(candidate, document.text) for candidate in find_candidates(document, index)]


def tag_rows(article: Article) -> list[dict[str, Any]]:
    """Return a row for each tag of the shipped model, without probabilities."""
    tagger = load(MODEL, conflict=article.conflict)
    return [
        {
            "sentence": tag.sentence,
            "start": tag.start,
            "end": tag.end,
            "actor": tag.actor.id,
            "mention": tag.mention_text,
            "via": tag.mention.via,
            "types": sorted(tag.types),
            "supports": tag.supports.side if tag.supports else None,
            "opposes": tag.opposes.side if tag.opposes else None,
            "target": tag.target.actor if tag.target else None,
            "status": tag.status,
        }
        for tags in tagger.pipe([article.document()])
        for tag in tags
    ]


def _actor_row(candidate: Candidate, text: str) -> dict[str, Any]:
    own = sorted(_own(candidate), key=lambda mention: mention.start)
    return {
        "sentence": candidate.sentence.index,
        "actor": candidate.actor,
        "via": candidate.mention.via,
        "mention": text[candidate.mention.start : candidate.mention.end],
        "mentions": [f"{mention.via}: {text[mention.start : mention.end]}" for mention in own],
    }


def _own(candidate: Candidate) -> Iterator[Mention]:
    return (mention for mention in candidate.mentions if mention.actor == candidate.actor)


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
