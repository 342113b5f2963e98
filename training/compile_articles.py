"""Compile marked-up articles (``seeds/sources/articles/*.txt``) into labelled articles.

The markup is that of the sentences (``training.compile_seeds``), with the sentences of an article in reading order:

    article: art-001
    conflict: libya
    date: 2020-01-03

    raw: TRIPOLI, Jan 3 (Wire) -
    text: [TUR Ankara]'s assembly voted to send soldiers in support of [GNA the government in Tripoli].
    TUR: military_deployment | + gna | > GNA | planned
    GNA: -

    text: "We stand by our brothers."
    TUR: endorsement | + gna

    para:
    text: ...

``raw`` stands before its sentence and is no part of it (dateline, byline, boilerplate); a block may be ``raw`` alone.
``para`` begins a new paragraph. An actor that is labelled and not marked in its sentence is the speaker of it, or meant
by it: the nearest mention before (else after) it is marked, as in the label format.

    python -m training.compile_articles seeds/sources/articles seeds/articles.jsonl
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.compile_seeds import MarkupError, parse_label, strip_marks

_HEADER = re.compile(r"^(article|conflict|date|split|raw|text|para|style): ?(.*)$")
_LABEL = re.compile(r"^([A-Z][A-Z0-9_]*): ?(.*)$")


@dataclass
class _Block:
    line: int
    raw: list[str] = field(default_factory=list)
    text: str | None = None
    new_paragraph: bool = False
    labels: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class _Article:
    head: dict[str, str]
    blocks: list[_Block]
    where: str


def main() -> None:
    """Compile every source file of a folder into one file of labelled articles."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    rows, failed = [], False
    for path in sorted(options.sources.glob("*.txt")):
        try:
            articles = read_articles(path)
        except MarkupError as error:
            print(error, file=sys.stderr)
            failed = True
            continue
        for article in articles:
            try:
                rows.append(compile_article(article))
            except MarkupError as error:
                print(error, file=sys.stderr)
                failed = True
    options.out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    n = sum(len(row["sentences"]) for row in rows)
    print(f"{options.out}: {len(rows)} articles, {n} sentences", file=sys.stderr)
    sys.exit(1 if failed else 0)


def read_articles(path: Path) -> list[_Article]:
    """Read the articles of a source file."""
    articles: list[_Article] = []
    block: _Block | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path}:{number}"
        if not line.strip() or line.startswith("#"):
            block = None
            continue
        header, label = _HEADER.match(line), _LABEL.match(line)
        if header and header[1] in ("article", "conflict", "date", "split", "style"):
            if header[1] == "article":
                articles.append(_Article({}, [], where))
            if not articles:
                raise MarkupError(f"{where}: {line!r}; expected 'article: ID' first")
            articles[-1].head[header[1]] = header[2].strip()
            continue
        if not articles or not (header or label):
            raise MarkupError(
                f"{where}: {line!r}; expected 'article: ID' first, then 'text: ...' and 'ACTOR: types | ...'"
            )
        if block is None:
            block = _Block(number)
            articles[-1].blocks.append(block)
        if header:
            _add_header(block, header[1], header[2], where)
        elif label:
            block.labels.append((label[1], label[2]))
    return articles


def compile_article(article: _Article) -> dict[str, Any]:
    """Turn one article into a row of the label format.

    Raises:
        MarkupError: A mark or a label line is not of the form.
    """
    conflict = None if article.head.get("conflict", "-") in ("-", "") else article.head["conflict"]
    text, sentences = "", []
    for block in article.blocks:
        where = f"{article.where} (block at line {block.line})"
        separator = "" if not text else "\n\n" if block.new_paragraph else " "
        text += separator + " ".join(block.raw)
        if block.text is None:
            if block.labels:
                raise MarkupError(f"{where}: labels without a sentence; expected a line 'text: ...' before them")
            continue
        text += " " if block.raw else ""
        plain, marks = strip_marks(block.text, where=where)
        offset = len(text)
        text += plain
        marks = [{**mark, "start": mark["start"] + offset, "end": mark["end"] + offset} for mark in marks]
        sentences.append((offset, len(text), marks, block, where))
    every = [mark for _, _, marks, _, _ in sentences for mark in marks]
    return {
        "id": article.head["article"],
        "conflict": conflict,
        **({"date": article.head["date"]} if article.head.get("date") else {}),
        **({"split": article.head["split"]} if article.head.get("split") else {}),
        "text": text,
        "sentences": [
            _compile_sentence(start, end, marks, block, every, sides=conflict is not None, where=where)
            for start, end, marks, block, where in sentences
        ],
        "invented": True,
    }


def _compile_sentence(
    start: int,
    end: int,
    marks: list[dict[str, Any]],
    block: _Block,
    every: list[dict[str, Any]],
    *,
    sides: bool,
    where: str,
) -> dict[str, Any]:
    marks = list(marks)
    for actor, line in block.labels:
        targets = re.findall(r">\s*([A-Z0-9_, ]+)", line)
        for name in [actor, *(t.strip() for t in (targets[0].split(",") if targets else []))]:
            if name and name not in {mark["id"] for mark in marks}:
                marks.append(_nearest(name, start, end, every, where))
    known = {mark["id"] for mark in marks}
    labels = [
        label
        for actor, line in block.labels
        if (label := parse_label(actor, line, known=known, sides=sides, where=where))
    ]
    return {"start": start, "end": end, "actors": marks, "labels": labels}


def _nearest(actor: str, start: int, end: int, every: list[dict[str, Any]], where: str) -> dict[str, Any]:
    before = [mark for mark in every if mark["id"] == actor and mark["end"] <= start]
    after = [mark for mark in every if mark["id"] == actor and mark["start"] >= end]
    if not before and not after:
        raise MarkupError(f"{where}: {actor!r} is marked nowhere in the article")
    near = min(
        [*before[-1:], *after[:1]], key=lambda mark: start - mark["end"] if mark in before else mark["start"] - end
    )
    return {"id": actor, "start": near["start"], "end": near["end"], "via": "quote"}


def _add_header(block: _Block, key: str, value: str, where: str) -> None:
    if key == "raw":
        block.raw.append(value)
    elif key == "para":
        block.new_paragraph = True
    elif block.text is None:
        block.text = value
    else:
        raise MarkupError(f"{where}: a second 'text' in one block; expected a blank line between sentences")


if __name__ == "__main__":
    main()
