"""The scripts under training/ that count, compare and sample the corpus, on a few sentences."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stancelib.codebook import load_codebook
from stancelib.types import Judgement
from training import blind_sample, compile_answers, corpus, realism, transfer
from training.compile_seeds import MarkupError, read_blocks, strip_marks

MARKS = [{"id": "TALVIA", "start": 0, "end": 6}, {"id": "RED", "start": 21, "end": 31}]


def _row(row_id: str, text: str = "Talvia condemned the Red League.", **changes: Any) -> dict[str, Any]:
    labels = [{"actor": "TALVIA", "types": ["condemnation"], "target": "RED"}, {"actor": "RED", "types": []}]
    return {"id": row_id, "conflict": None, "text": text, "actors": MARKS, "labels": labels, **changes}


def _write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_names_numbers_and_quotation_marks_are_masked_alike() -> None:
    text = "The Red League’s men took 40 villages, “at last”, said Ann Brell of Talvia."
    masked = 'NAME men took NUM villages , " at last " , said NAME of NAME .'
    assert " ".join(realism.mask(text)) == masked
    assert realism.mask("Clashes spread.") == ["clashes", "spread", "."]


def test_sides_that_write_alike_cannot_be_told_apart_and_others_can() -> None:
    rng = np.random.default_rng(0)
    words = ["troops", "met", "envoys", "near", "the", "river", "and", "left", "town", "again"]

    def sentences(*own: str) -> list[str]:
        return [" ".join([*own, *rng.permutation(words)[:8], str(n)]) for n in range(200)]

    assert realism.auc(sentences(), sentences(), seed=0) == pytest.approx(0.5, abs=0.12)
    assert realism.auc(sentences("alas"), sentences("indeed"), seed=0) > 0.99
    told = realism.telling_words(sentences("alas"), sentences("indeed"), n=3, seed=0)
    assert "alas" in told["ours:"]
    assert "indeed" in told["news:"]


def test_near_duplicates_across_splits_are_found_whatever_the_names(tmp_path: Path) -> None:
    text = "Talvia condemned the Red League for its raid on the northern harbour town."
    copy = "Morvia condemned the Blue Front for its raid on the northern harbour town."
    _write(tmp_path / "a.jsonl", _row("a-1", text), _row("a-2", copy), _row("a-3"))
    _write(tmp_path / "b.jsonl", _row("b-1", copy, split="test"), _row("b-2", "Rain fell on the town.", split="test"))
    found = corpus.leaks(list(corpus.read_corpus(tmp_path)))["near_duplicates_across_splits"]
    assert sorted(tuple(item["ids"]) for item in found) == [("a-1", "b-1"), ("a-2", "b-1")]


def test_smell_is_the_share_of_sentences_with_a_run_of_content_words(tmp_path: Path) -> None:
    texts = [f"The army shelled villages overnight near {place} again." for place in ("Ostrel", "Kem")]
    _write(tmp_path / "a.jsonl", *(_row(f"a-{n}", t) for n, t in enumerate(texts)), _row("a-9"), _row("a-8"))
    assert corpus.smell(list(corpus.read_corpus(tmp_path)))["army shelled villages overnight"] == 0.5


def test_counts_tell_sentences_articles_and_splits_apart(tmp_path: Path) -> None:
    article = {"id": "art-1", "conflict": None, "split": "test", "text": "Talvia condemned the Red League."}
    sentences = [{"start": 0, "end": 32, "actors": MARKS, "labels": [{"actor": "RED", "types": ["protest"]}]}]
    _write(tmp_path / "a.jsonl", _row("a-1"), {**article, "sentences": sentences})
    counts = corpus.count(list(corpus.read_corpus(tmp_path)))
    assert (counts["all"]["sentences"], counts["all"]["pairs"]) == (2, 3)
    assert counts["articles"]["types"] == {"protest": 1}
    assert counts["train"]["no_stance"] == 1
    assert counts["test"]["documents"] == 1


def test_a_blind_sample_prefers_rare_types_and_shows_no_labels(tmp_path: Path) -> None:
    rare = [{"actor": "TALVIA", "types": ["protest"]}]
    rows = [_row(f"a-{n}") for n in range(40)] + [_row("a-rare", labels=rare)]
    drawn = blind_sample.draw(rows, have=Counter(), n_pairs=6, per_type=1, seed=3)
    assert "a-rare" in {row["id"] for row in drawn}
    block = blind_sample.blind_block(_row("a-1", context="In [short] Talvia.", actors=[*MARKS]))
    assert "text: [TALVIA Talvia] condemned the [RED Red League]." in block
    assert r"context: In \[short\] Talvia." in block
    assert "condemnation" not in block
    assert block.endswith("TALVIA: ?\nRED: ?\n")


def test_a_blind_block_is_read_back_with_the_same_marks(tmp_path: Path) -> None:
    path = tmp_path / "blind.txt"
    path.write_text(blind_sample.blind_block(_row("a-1")), encoding="utf-8")
    ((block, _),) = read_blocks(path)
    assert strip_marks(block["text"], where="here") == (_row("a-1")["text"], MARKS)
    assert block["labels"] == [("TALVIA", "?"), ("RED", "?")]


def test_answers_become_rows_and_must_be_complete(tmp_path: Path) -> None:
    path = tmp_path / "answers.txt"
    path.write_text("id: a-1\nTALVIA: demand | > RED\nRED: -\n\nid: a-2\nRED: -\n", encoding="utf-8")
    (first, lines), (second, short) = compile_answers.read_answers(path)
    rows = {"a-1": _row("a-1"), "a-2": _row("a-2")}
    row = compile_answers.answer_row(rows, first, lines, where="here")
    assert [label["types"] for label in row["labels"]] == [["demand"], []]
    with pytest.raises(MarkupError, match="no answer for TALVIA"):
        compile_answers.answer_row(rows, second, short, where="here")
    with pytest.raises(MarkupError, match="no such row"):
        compile_answers.answer_row(rows, "a-3", [], where="here")


def test_plv_codes_come_from_the_likeliest_type_that_has_one() -> None:
    codebook = load_codebook()
    proba = {**dict.fromkeys(codebook.type_ids, 0.1), "concern": 0.9, "demand": 0.5}
    assert transfer.plv_code(Judgement(proba, {}, {}, 0.0), codebook) == "REQUEST"


def test_source_and_target_are_marked_apart() -> None:
    row = {"id": "x", "text": "Talvia said Talvia's rival left.", "source": "Talvia", "target": "Talvia"}
    marked = transfer.marked_row(row)
    assert marked is not None
    assert [(mark.actor, mark.start) for mark in marked.actors] == [("SOURCE", 0), ("TARGET", 12)]
    assert transfer.marked_row({**row, "target": "Morvia"}) is None
    assert transfer.marked_row({**row, "source": None}) is None


def test_intervals_resample_texts_and_hold_the_value() -> None:
    right = np.array([1.0, 0.0] * 50)
    found = transfer.with_interval(lambda rows: float(right[rows].mean()), [str(n // 2) for n in range(100)], seed=0)
    assert found == {"value": 0.5, "low": 0.5, "high": 0.5}  # every text has one right and one wrong answer
    found = transfer.with_interval(lambda rows: float(right[rows].mean()), [str(n) for n in range(100)], seed=0)
    assert found["low"] < 0.45 < 0.55 < found["high"]
