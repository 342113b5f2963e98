from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import stancelib
from stancelib.conflict import Conflict
from stancelib.errors import DataError, OutputError
from stancelib.linear_recipe import LinearConfig
from stancelib.training import hash_files, train

Rows = list[dict[str, Any]]

QUICK = LinearConfig(n_folds=2)


def _rows(path: Path) -> Rows:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _write(path: Path, rows: Rows) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_the_whole_way_from_labels_to_tags(labels_path: Path, conflict_path: Path, tmp_path: Path) -> None:
    conflict = stancelib.load_conflict(conflict_path)
    report = stancelib.train([labels_path], out=tmp_path / "mine", conflicts=[conflict])
    assert (report.n_sentences, report.n_examples, report.n_dev) == (24, 50, 0)
    tagger = stancelib.load(tmp_path / "mine", conflict=conflict)
    (tag,) = tagger.tag("The Green Guard condemned the Blue Front.")
    assert (tag.actor.id, list(tag.types), tag.model) == ("GREEN", ["condemnation"], "mine@1")
    assert tag.opposes is not None
    assert tag.opposes.side == "blues"


def test_a_report_counts_types_and_names_unknown_actors(labels_path: Path, conflict: Conflict, tmp_path: Path) -> None:
    report = train([str(labels_path)], out=str(tmp_path / "m"), conflicts=[conflict], config=QUICK)
    assert report.type_counts["condemnation"] == 6
    assert report.type_counts["protest"] == 0
    assert report.unknown_actors == {"BRELL": 5, "KESH": 4}


def test_the_card_and_the_config_say_what_the_model_was_made_from(model_dir: Path, labels_path: Path) -> None:
    digest = hash_files([labels_path])
    card = (model_dir / "README.md").read_text(encoding="utf-8")
    assert card.startswith("# tiny\n")
    assert "trained on 24 sentences with 50 judged (sentence, actor) pairs" in card
    assert digest in card
    config = json.loads((model_dir / "config.json").read_text(encoding="utf-8"))
    assert config["training"]["data_sha256"] == digest
    metrics = json.loads((model_dir / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["type_counts"]["condemnation"] == 6


def test_rows_of_the_test_split_are_never_learnt_from(labels_path: Path, conflict: Conflict, tmp_path: Path) -> None:
    rows = _rows(labels_path)
    path = _write(tmp_path / "l.jsonl", [{**row, "split": "test" if i % 2 else "train"} for i, row in enumerate(rows)])
    report = train([path], out=tmp_path / "m", conflicts=[conflict], config=QUICK)
    assert report.n_sentences == 12
    assert report.n_dev == 0
    none = _write(tmp_path / "none.jsonl", [{**row, "split": "test"} for row in rows])
    with pytest.raises(DataError, match=r"none\.jsonl: no labelled pair to learn from"):
        train([none], out=tmp_path / "m", conflicts=[conflict])


def test_held_out_rows_come_from_the_split_and_the_dev_file(
    labels_path: Path, conflict: Conflict, tmp_path: Path
) -> None:
    rows = _rows(labels_path)
    rows[0]["split"] = "dev"
    path, dev = _write(tmp_path / "l.jsonl", rows[:20]), _write(tmp_path / "dev.jsonl", rows[20:])
    report = train([path], out=tmp_path / "m", conflicts=[conflict], dev=dev, config=QUICK)
    assert report.n_sentences == 19
    assert report.n_dev == 2 + 1 + 2 + 3 + 2
    crossed = train([path], out=tmp_path / "c", conflicts=[conflict], dev=dev, calibration="crossed", config=QUICK)
    assert (crossed.n_dev, crossed.n_examples) == (0, report.n_examples)
    assert "fitted on 10 held-out pairs" in (tmp_path / "m/README.md").read_text(encoding="utf-8")


def test_several_files_are_learnt_from_together(labels_path: Path, conflict: Conflict, tmp_path: Path) -> None:
    rows = _rows(labels_path)
    paths = [_write(tmp_path / "a.jsonl", rows[:10]), _write(tmp_path / "b.jsonl", rows[10:20])]
    report = train(paths, out=tmp_path / "m", conflicts=[conflict], config=QUICK)
    assert report.n_sentences == 20


def test_labelled_articles_are_learnt_from(tmp_path: Path, conflict: Conflict) -> None:
    first = "Talvia condemned the Red League."
    text = f"{first} Morvia praised the Red League."

    def sentence(actor: str, start: int, end: int, types: list[str]) -> dict[str, Any]:
        name = {"start": start, "end": start + 6, "id": actor}
        return {"start": start, "end": end, "actors": [name], "labels": [{"actor": actor, "types": types}]}

    sentences = [
        sentence("TALVIA", 0, 32, ["condemnation"]),
        sentence("MORVIA", 33, len(text), ["endorsement"]),
    ]
    row = {"id": "art", "conflict": "veldmark", "text": text, "sentences": sentences}
    report = train([_write(tmp_path / "l.jsonl", [row])], out=tmp_path / "m", conflicts=[conflict], config=QUICK)
    assert (report.n_sentences, report.n_examples) == (2, 2)


def test_an_exclusive_codebook_trains_and_gives_exactly_one_type_each(
    labels_path: Path, conflict: Conflict, exclusive_codebook_path: Path, tmp_path: Path
) -> None:
    words = {"endorsement": "favour", "military_support": "favour", "condemnation": "against", "sanctions": "against"}
    rows = _rows(labels_path)
    for row in rows:
        for label in row["labels"]:
            label["types"] = [words.get("".join(label["types"][:1]), "none")]
    path = _write(tmp_path / "l.jsonl", rows)
    train([path], out=tmp_path / "m", conflicts=[conflict], codebook=exclusive_codebook_path, config=QUICK)
    tagger = stancelib.load(tmp_path / "m", conflict=conflict)
    tags = tagger.tag("Talvia condemned the Red League. Morvia praised the Blue Front.", keep_all=True)
    assert [(tag.actor.id, list(tag.types)) for tag in tags] == [
        ("TALVIA", ["against"]),
        ("RED", ["none"]),
        ("MORVIA", ["favour"]),
        ("BLUE", ["none"]),
    ]
    assert all(sum(tag.type_proba.values()) == pytest.approx(1) for tag in tags)
    assert {tag.codebook for tag in tags} == {"favour@2"}
    found = stancelib.evaluate(path, model=tmp_path / "m", conflicts=[conflict])
    assert found.metrics["types_macro_f1"] == pytest.approx(1, abs=0.1)
    assert list(found.by_type) == ["favour", "against", "none"]


def _break_a_side(row: dict[str, Any]) -> None:
    row["labels"][0]["opposes"] = "red"


def _break_a_type(row: dict[str, Any]) -> None:
    row["labels"][0]["types"] = ["praise"]


@pytest.mark.parametrize(
    ("change", "message"),
    [(_break_a_side, r"l\.jsonl:2: unknown side 'red'"), (_break_a_type, r"l\.jsonl:2: unknown type 'praise'")],
)
def test_a_wrong_label_stops_the_training(
    change: Callable[[dict[str, Any]], None], message: str, labels_path: Path, conflict: Conflict, tmp_path: Path
) -> None:
    rows = _rows(labels_path)
    change(rows[1])
    with pytest.raises(DataError, match=message):
        train([_write(tmp_path / "l.jsonl", rows)], out=tmp_path / "m", conflicts=[conflict])
    assert not (tmp_path / "m").exists()


def test_what_cannot_be_trained_is_refused(labels_path: Path, conflict: Conflict, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="unknown recipe 'forest'; expected 'linear'"):
        train([labels_path], out=tmp_path / "m", recipe="forest")  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"gone\.jsonl: cannot be read"):
        train([tmp_path / "gone.jsonl"], out=tmp_path / "m")
    with pytest.raises(DataError, match="unknown conflict 'veldmark'"):
        train([labels_path], out=tmp_path / "m")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="file: cannot be written"):
        train([labels_path], out=tmp_path / "file", conflicts=[conflict], config=QUICK)
