"""How fast and how large: sentences per second end to end, peak memory on a large corpus, time of a cold start.

The corpus is made of the labelled articles of the seeds, over and over, with their sentences shuffled so that no two
documents are the same. Each measurement is a process of its own.

    python -m training.benchmarks.speed --megabytes 100
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, default=Path("seeds/articles.jsonl"))
    parser.add_argument("--megabytes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    articles = [json.loads(line) for line in options.articles.read_text(encoding="utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus.jsonl"
        n_documents, n_sentences = write_corpus(corpus, articles, megabytes=options.megabytes, seed=options.seed)
        print(f"corpus: {corpus.stat().st_size / 1e6:.1f} MB, {n_documents} documents, {n_sentences} sentences")
        tags = Path(folder) / "tags.jsonl"
        seconds, memory = run(["tag", str(corpus), "--format", "jsonl", "--output", str(tags)])
        print(f"tag: {seconds:.1f} s, {n_sentences / seconds:.0f} sentences/s, peak memory {memory:.0f} MB")
        article = Path(folder) / "article.txt"
        article.write_text(articles[0]["text"], encoding="utf-8")
        colds = sorted(run(["tag", str(article), "--conflict", "libya"])[0] for _ in range(options.repeats))
        print(f"cold start, one article: median {colds[len(colds) // 2]:.2f} s ({colds[0]:.2f} - {colds[-1]:.2f})")


def write_corpus(path: Path, articles: list[dict[str, Any]], *, megabytes: float, seed: int) -> tuple[int, int]:
    """Write a corpus of about so many megabytes; return how many documents and sentences it has."""
    rng = random.Random(seed)
    shipped = {file.stem for file in Path("stancelib/data/conflicts").glob("*.toml")}
    n_documents = n_sentences = size = 0
    with path.open("w", encoding="utf-8") as stream:
        while size < megabytes * 1e6:
            article = rng.choice(articles)
            spans = list(article["sentences"])
            rng.shuffle(spans)
            text = " ".join(article["text"][span["start"] : span["end"]] for span in spans)
            row = {"id": str(n_documents), "text": text, "date": article.get("date")}
            if article["conflict"] in shipped:
                row["conflict"] = article["conflict"]
            size += stream.write(json.dumps(row) + "\n")
            n_documents += 1
            n_sentences += len(spans)
    return n_documents, n_sentences


def run(arguments: list[str]) -> tuple[float, float]:
    """Run the command line; return the seconds it took and its peak memory in MB."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "stancelib.cli", *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"stancelib {' '.join(arguments)} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
