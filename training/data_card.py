"""Fill the tables of the data card (``seeds/README.md``) from the files that the measuring scripts wrote.

python -m training.corpus seeds --splits seeds/splits.json > seeds/measured/corpus.json
python -m training.rounds seeds --data DIR --out seeds/measured/rounds.json
python -m training.realism seeds --news DIR --rounds seeds/measured/realism.json --plot seeds/measured/lengths.svg
python -m training.learning_curve seeds --out seeds/measured/learning_curve.json --plot seeds/measured/curve.svg
python -m training.data_card seeds
"""

from __future__ import annotations

import argparse
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stancelib.agreement import Reliability, compare_codings
from stancelib.codebook import load_codebook
from stancelib.conflict import load_conflict
from training.learning_curve import table

_BLOCK = re.compile(r"(<!-- generated: (?P<name>\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Fill every block of the card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seeds", type=Path)
    options = parser.parse_args()
    card = options.seeds / "README.md"
    text = card.read_text(encoding="utf-8")
    filled = _BLOCK.sub(lambda m: f"{m[1]}\n{RENDERERS[m['name']](options.seeds)}\n\n{m[3]}", text)
    card.write_text(filled, encoding="utf-8")


def render_counts(seeds: Path) -> str:
    """Return the counts of all parts, of the types and of the phenomena."""
    counts = _read(seeds, "corpus")["counts"]
    parts = ("all", "sentences_alone", "articles", "train", "dev", "test")
    rows = [name for name in counts["all"] if name != "types"]
    lines = [_row("", *(part.replace("_", " ") for part in parts)), _row(*["---"] * (len(parts) + 1))]
    lines += [_row(name.replace("_", " "), *(counts[part][name] for part in parts)) for name in rows]
    lines += [
        "",
        _row("positive pairs", *(part.replace("_", " ") for part in parts)),
        _row(*["---"] * (len(parts) + 1)),
    ]
    lines += [
        _row(type_id, *(counts[part]["types"].get(type_id, 0) for part in parts))
        for type_id in load_codebook().type_ids
    ]
    phenomena = ", ".join(f"{name} {n}" for name, n in counts["phenomena"].items())
    return "\n".join([*lines, "", f"Sentences (not in articles) by phenomenon: {phenomena}."])


def render_quality(seeds: Path) -> str:
    """Return the template smell, the leaks, and the conflicts of dev and test alone."""
    found = _read(seeds, "corpus")
    gram, share = next(iter(found["smell"].items()))
    return "\n".join(
        [
            f'- commonest 4-gram of content words: "{gram}", in {share:.3%} of the sentences',
            f"- near duplicates across splits: {len(found['near_duplicates_across_splits'])}",
            f"- conflicts that only test has: {', '.join(found['conflicts_of_test_alone'])}",
            f"- conflicts that only dev has: {', '.join(found['conflicts_of_dev_alone'])}",
        ]
    )


def render_agreement(seeds: Path) -> str:
    """Return alpha per question of the second coding, before anything was settled."""
    conflicts = [load_conflict(path) for path in sorted((seeds / "conflicts").glob("*.toml"))]
    paths = [seeds / "second_coding" / name for name in ("first.jsonl", "second.jsonl")]
    report = compare_codings(paths, codebook=load_codebook(), conflicts=conflicts)
    questions: dict[str, Reliability] = {
        **report.types,
        "side": report.side,
        "target": report.target,
        "status": report.status,
    }
    lines = [_row("question", "alpha", "95 % interval", "positive", "units"), _row(*["---"] * 5)]
    for name, found in questions.items():
        low, high = found.interval or (float("nan"), float("nan"))
        lines.append(_row(name, f"{found.alpha:.3f}", f"{low:.3f} - {high:.3f}", found.n_positive, found.n_units))
    return "\n".join([*lines, "", f"{report.n_pairs} pairs; mean alpha over the types {report.mean_alpha:.3f}."])


def render_rounds(seeds: Path) -> str:
    """Return what each round added, and the figures after it."""
    rounds, found = tomllib.loads((seeds / "rounds.toml").read_text(encoding="utf-8")), _read(seeds, "rounds")
    parts = [("sentences", "test sentences"), ("articles", "test articles"), ("unseen_conflicts", "unseen conflicts")]
    heads = [f"{title}: {what}" for _, title in parts for what in ("types", "side")]
    lines = [_row("after", "pairs", *heads, "PLV root", "PLV quad", "re3d for/against")]
    lines.append(_row(*["---"] * (len(heads) + 5)))
    for entry in rounds["round"]:
        figures = found[entry["id"]]
        scores = ("types_macro_f1", "side_macro_f1")
        cells = [_cell(figures[p][s]) if p in figures else "not measured" for p, _ in parts for s in scores]
        names = ("plv_root_macro_f1", "plv_quad_macro_f1", "re3d_for_against_macro_f1")
        lines.append(_row(entry["id"], figures["pairs"], *cells, *(_cell(figures["transfer"][n]) for n in names)))
    briefs = [f"- {entry['id']}: {entry['brief']}" for entry in rounds["round"]]
    return "\n".join([*lines, "", *briefs])


def render_realism(seeds: Path) -> str:
    """Return how far each round's sentences are from real news."""
    found = _read(seeds, "realism")
    lines = [
        _row(
            "part",
            "sentences",
            "median words",
            "over 45",
            "with quotes",
            "names",
            "length KS",
            "verbs JS",
            "AUC",
            "AUC, same n",
        )
    ]
    lines.append(_row(*["---"] * 10))
    for name, part in found.items():
        side, distance = part["ours"], part["distance"]
        lines.append(_row(name, *_side_cells(side), *(f"{value:.3f}" for value in distance.values())))
    news = next(iter(found.values()))["news"]
    return "\n".join([*lines, _row("public news sets", *_side_cells(news), "", "", "", "")])


def render_curve(seeds: Path) -> str:
    """Return the learning curve."""
    return table(_read(seeds, "learning_curve"))


def _side_cells(side: dict[str, Any]) -> list[object]:
    return [
        side["sentences"],
        f"{side['words_quartiles'][1]:.0f}",
        f"{side['over_45_words']:.1%}",
        f"{side['with_quotation_marks']:.1%}",
        f"{side['names_a_sentence']:.2f}",
    ]


def _cell(figure: dict[str, Any]) -> str:
    low, high = figure["interval"] if "interval" in figure else (figure["low"], figure["high"])
    return f"{figure['value']:.3f} ({low:.3f}-{high:.3f})"


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _read(seeds: Path, name: str) -> Any:
    return json.loads((seeds / "measured" / f"{name}.json").read_text(encoding="utf-8"))


RENDERERS: dict[str, Callable[[Path], str]] = {
    "counts": render_counts,
    "quality": render_quality,
    "agreement": render_agreement,
    "rounds": render_rounds,
    "realism": render_realism,
    "curve": render_curve,
}


if __name__ == "__main__":
    main()
