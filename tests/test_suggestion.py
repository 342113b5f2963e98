from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import RunCli

from stancelib.checking import check_labels
from stancelib.codebook import Codebook
from stancelib.conflict import Conflict
from stancelib.errors import DataError
from stancelib.reading import make_document
from stancelib.suggestion import suggest
from stancelib.tagger import StanceTagger
from stancelib.types import Document

SENTENCES = (
    "Talvia condemned the Red League.",
    "The Red League shelled the harbour.",
    "Talvia sent rifles to Morvia.",
    "The president of Talvia met the Red League on Monday.",
    "Nothing happened in the market.",
)


@pytest.fixture
def documents() -> list[Document]:
    return [make_document(text, id=f"d{n}") for n, text in enumerate(SENTENCES)]


def test_sentences_that_name_nobody_are_not_suggested(tagger: StanceTagger, documents: list[Document]) -> None:
    found = suggest(documents, tagger, 10)
    assert {suggestion.sentence.text for suggestion in found} == set(SENTENCES[:4])


def test_the_most_informative_comes_first(tagger: StanceTagger, documents: list[Document]) -> None:
    bits = [suggestion.informativeness for suggestion in suggest(documents, tagger, 10)]
    assert bits == sorted(bits, reverse=True)
    assert bits[-1] > 0


def test_known_texts_and_copies_are_left_out(tagger: StanceTagger, documents: list[Document]) -> None:
    copies = [make_document(text, id=f"copy{n}") for n, text in enumerate(SENTENCES)]
    found = suggest([*documents, *copies], tagger, 10, known=["talvia  condemned the Red League."])
    assert sorted(suggestion.sentence.text for suggestion in found) == sorted(SENTENCES[1:4])


def test_what_is_taken_differs(tagger: StanceTagger) -> None:
    alike = [f"The Red League may shell the harbour of Talvia from hill {n}." for n in range(30)]
    texts = [*alike, "Morvia's minister visited Talvia.", "Talvia condemned the Red League."]
    documents = [make_document(text, id=str(n)) for n, text in enumerate(texts)]
    first = suggest(documents, tagger, len(documents))[:3]
    assert sum(suggestion.sentence.text in alike for suggestion in first) > 1  # what informativeness alone would take
    found = suggest(documents, tagger, 3, seed=1)
    assert len(found) == 3
    assert sum(suggestion.sentence.text in alike for suggestion in found) == 1
    again = suggest(documents, tagger, 3, seed=1)
    assert [s.document.id for s in again] == [s.document.id for s in found]


def test_a_suggestion_is_a_row_with_marks_and_the_speaker_in_its_context(
    tagger: StanceTagger, tmp_path: Path, codebook: Codebook, conflict: Conflict
) -> None:
    text = "The foreign minister of Talvia spoke on Monday.\n\n“We condemn the Red League,” he said. “We will act.”"
    rows = [s.to_dict() for s in suggest([make_document(text, id="a", date="2019-01-01")], tagger, 10)]
    quoted = next(row for row in rows if "condemn" in row["text"])
    assert "Talvia spoke on Monday." in quoted["context"]
    assert (quoted["conflict"], quoted["date"], quoted["labels"]) == (conflict.id, "2019-01-01", [])
    for row in rows:
        for mark in row["actors"]:
            host = row["context"] if mark.get("in") == "context" else row["text"]
            assert 0 <= mark["start"] < mark["end"] <= len(host)
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert check_labels(path, codebook=codebook, conflicts=[conflict]).errors == []


def test_the_same_document_id_twice_gives_different_rows(tagger: StanceTagger) -> None:
    documents = [make_document(text, id="same") for text in SENTENCES[:2]]
    assert sorted(s.to_dict()["id"] for s in suggest(documents, tagger, 5)) == ["same#0", "same~2#0"]


def test_none_is_too_few(tagger: StanceTagger) -> None:
    with pytest.raises(ValueError, match="expected 1 or more"):
        suggest([], tagger, 0)


def test_an_unknown_conflict_is_an_error(tagger: StanceTagger) -> None:
    with pytest.raises(DataError, match="nowhere"):
        suggest([make_document(SENTENCES[0], conflict="nowhere")], tagger, 1)


def test_the_command_writes_rows(
    tmp_path: Path, model_dir: Path, conflict_path: Path, labels_path: Path, run_cli: RunCli
) -> None:
    source, out = tmp_path / "a.txt", tmp_path / "todo.jsonl"
    source.write_text(" ".join(SENTENCES), encoding="utf-8")
    common = ("suggest", source, "--out", out, "--model", model_dir, "--conflict", conflict_path)
    result = run_cli(*common, "--n", "2", "--known", labels_path)
    assert (result.code, result.out) == (0, f"{out}: 2 sentences to label\n")
    assert [row["id"].partition("#")[0] for row in map(json.loads, out.read_text().splitlines())] == ["a.txt"] * 2
    source.write_text("Nothing happened.", encoding="utf-8")
    result = run_cli(*common)
    assert result.code == 2
    assert "no new sentence that names an actor" in result.err
