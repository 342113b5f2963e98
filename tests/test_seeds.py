"""The corpus holds together: label files are those of the sources, splits do not leak, every batch is in a round."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from stancelib.checking import LabelReport, check_labels
from stancelib.codebook import load_codebook
from stancelib.conflict import load_conflict
from training.compile_seeds import compile_block, read_blocks
from training.corpus import CorpusSentence, leaks, read_corpus, smell, splits
from training.realism import batch_of

SEEDS = Path(__file__).parents[1] / "seeds"
INVENTED_OF_TEST = {"sorvino", "meridan", "urzhalan", "lombiri", "aruncay"}


@pytest.fixture(scope="module")
def sentences() -> list[CorpusSentence]:
    return list(read_corpus(SEEDS))


@pytest.fixture(scope="module")
def report() -> LabelReport:
    conflicts = [load_conflict(path) for path in sorted((SEEDS / "conflicts").glob("*.toml"))]
    return check_labels(sorted(SEEDS.glob("*.jsonl")), codebook=load_codebook(), conflicts=conflicts)


@pytest.mark.parametrize("source", sorted((SEEDS / "sources").glob("*.txt")), ids=lambda path: path.stem)
def test_a_label_file_is_what_its_source_compiles_to(source: Path) -> None:
    rows = [compile_block(block, where=f"{source.name}:{line}") for block, line in read_blocks(source)]
    written = (SEEDS / f"{source.stem}.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in written] == rows


def test_no_label_file_has_errors_or_contradictions(report: LabelReport) -> None:
    assert report.errors == []
    assert [line for line in report.warnings if "marked but not judged" not in line] == []


def test_every_type_is_well_filled(report: LabelReport) -> None:
    assert min(report.type_counts.values()) >= 300
    assert report.side_counts["supports"] >= 1500
    assert report.side_counts["opposes"] >= 1500


def test_nothing_near_stands_in_two_splits_and_nothing_smells_of_templates(sentences: list[CorpusSentence]) -> None:
    found = leaks(sentences)
    assert found["near_duplicates_across_splits"] == []
    assert set(found["conflicts_of_test_alone"]) >= INVENTED_OF_TEST
    assert max(smell(sentences).values()) <= 0.005


def test_the_list_of_splits_is_fresh(sentences: list[CorpusSentence]) -> None:
    assert json.loads((SEEDS / "splits.json").read_text(encoding="utf-8")) == splits(sentences)


def test_every_batch_of_train_is_in_one_round_and_no_other_batch_is(sentences: list[CorpusSentence]) -> None:
    rounds = tomllib.loads((SEEDS / "rounds.toml").read_text(encoding="utf-8"))
    named = [batch for entry in rounds["round"] for batch in entry["batches"]]
    homes = {
        split: {batch_of(s.id.partition("#")[0]) for s in sentences if s.split == split} for split in ("train", "test")
    }
    assert sorted(named) == sorted(homes["train"])
    assert set(rounds["before"]) == homes["test"]
