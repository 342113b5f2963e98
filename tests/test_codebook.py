from __future__ import annotations

from pathlib import Path

import pytest

from stancelib.codebook import Codebook, load_codebook, parse_codebook
from stancelib.errors import DataError


def test_the_shipped_codebook_has_the_22_types_in_order(codebook: Codebook) -> None:
    assert codebook.label == "conflict-stance@1"
    assert not codebook.exclusive
    assert len(codebook.type_ids) == len(set(codebook.type_ids)) == 22
    assert codebook.type_ids[:3] == ("ceasefire_call", "dialogue_call", "diplomacy")
    assert all(stance_type.definition for stance_type in codebook.types)


@pytest.mark.parametrize(
    ("type_id", "side"),
    [
        *((type_id, "opposes") for type_id in ("condemnation", "legal_action", "demand", "rejection", "threat")),
        *((type_id, "opposes") for type_id in ("relations_cut", "sanctions", "coercion", "military_action", "protest")),
        *((type_id, "supports") for type_id in ("endorsement", "military_support", "economic_aid")),
        ("military_deployment", "supports"),
        *((type_id, "neither") for type_id in ("ceasefire_call", "diplomacy", "agreement", "humanitarian_aid")),
    ],
)
def test_a_type_says_what_it_means_for_a_side(codebook: Codebook, type_id: str, side: str) -> None:
    assert codebook[type_id].side == side


def test_another_codebook_file_is_read(exclusive_codebook_path: Path) -> None:
    book = load_codebook(exclusive_codebook_path)
    assert (book.label, book.exclusive, book.type_ids) == ("favour@2", True, ("favour", "against", "none"))
    assert book["against"].quad == 3


def test_key_not_is_what_a_type_excludes() -> None:
    book = parse_codebook('id = "b"\n[[type]]\nid = "a"\nnot = "a visit"\n', where="b.toml")
    assert book["a"].excludes == "a visit"
    assert book["a"].side is None


def test_an_unknown_type_is_a_key_error(codebook: Codebook) -> None:
    with pytest.raises(KeyError, match="praise"):
        codebook["praise"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('id = "b"\n[[type]\n', r"b\.toml:2: not TOML: .*line 2"),
        ('id = "b"\n', r"b\.toml:1: no 'type' in the file; expected one"),
        ('[[type]]\nid = "a"\n', r"b\.toml:1: no 'id' in the file; expected one"),
        ('id = "b"\n[[type]]\nid = "a"\nquad = 7\n', r"b\.toml:4: type\[0\]\.quad: "),
        ('id = "b"\n[[type]]\nid = "a"\nside = "for"\n', r"b\.toml:4: type\[0\]\.side: "),
        ('id = "b"\n[[type]]\nid = "a"\n[[type]]\nid = "a"\n', r"b\.toml:5: type 'a' is defined twice"),
    ],
)
def test_a_broken_codebook_is_refused(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse_codebook(text, where="b.toml")


def test_a_codebook_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.toml: cannot be read"):
        load_codebook(tmp_path / "gone.toml")
    path = tmp_path / "latin.toml"
    path.write_bytes('id = "é"'.encode("latin-1"))
    with pytest.raises(DataError, match=r"latin\.toml:1: not UTF-8 at byte 6"):
        load_codebook(path)
