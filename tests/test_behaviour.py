from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from behaviour_kit import CONDEMNS, SILENT, make_tests, run

from stancelib.codebook import load_codebook
from stancelib.conflict import Conflict, load_conflict
from stancelib.errors import DataError
from stancelib.evaluation.behaviour import load_behaviour

DOCS = Path(__file__).parent.parent / "docs"

pytestmark = pytest.mark.usefixtures("shared_indices")


OK = "expect = { x = { types = [] } }"


@pytest.mark.parametrize(
    ("kind", "text", "lines", "line", "message"),
    [
        ("minimum", "{x}", ["expect = { x = { has = 'treat' } }"], 7, "unknown type 'treat'; did you mean 'threat'"),
        ("minimum", "{w}", [OK], 6, "unknown slot 'w'"),
        ("minimum", "{x.colour}", [OK], 6, "unknown form 'colour'"),
        ("minimum", "{x", [OK], 6, "stray braces"),
        ("minimum", "[the {x}", [OK], 6, "stray braces"),
        ("minimum", "{p}", [OK], 7, "unknown slot 'x'"),
        ("minimum", "{x}", ["expect = { x = { opposes = 'p' } }"], 7, "unknown slot 'p'"),
        ("minimum", "{x} {y}", ["expect = { x = { opposes = 'y' } }"], 7, "unknown slot with a side 'y'"),
        ("minimum", "{x}", ["expect = { x = { hass = 'threat' } }"], 7, "unknown key 'hass'; did you mean 'has'"),
        ("minimum", "{x}", [OK, "tpyos = 1"], 8, "unknown key 'tpyos'; did you mean 'typos'"),
        ("minimun", "{x}", [OK], 5, "kind: Input should be 'minimum', 'invariance' or 'direction'; found 'minimun'"),
        ("minimum", "{x}", ["same = 'x'"], 5, "without 'expect'"),
        ("minimum", "{x}", [OK, "typos = 1"], 5, "kind 'minimum' with 'typos'; expected none"),
        ("invariance", "{x}", [OK], 5, "kind 'invariance' with no change; expected one of 'also', 'replace'"),
        ("invariance", "{x}", [OK, "typos = 1", "replace = 'x'"], 5, "'replace' and 'typos'"),
        (
            "invariance",
            "{p} {q}",
            ["exchange = ['p', 'q']", "same = 'p'"],
            5,
            "with 'exchange'; expected one of",
        ),
        ("invariance", "{x}", ["typos = 1"], 6, "no 'expect' and no 'same'"),
        ("invariance", "{x}", [OK, "typos = 9"], 8, "less than or equal to 3"),
        ("invariance", "{x} a", [OK, "also = '{y} a'"], 7, "unknown slot 'x'"),
        ("invariance", "{x}", [OK, "respell = 'curly'"], 8, "without raw = true"),
        ("direction", "{x}", [OK, "also = '{x} b'"], 5, "'then' and kind 'direction'"),
        ("direction", "{x} {p} {p2}", [OK, "exchange = ['p', 'p2']"], 8, "expected two slots of different sides"),
        ("direction", "{x} {p} {q} {p2}", [OK, "exchange = ['p', 'q']"], 8, "who would change sides"),
        ("minimum", "{x}", [OK, "only = { x = 'stat' }"], 8, "Input should be 'state' or 'organisation'"),
        ("minimum", "{x}", [OK, "only = { y = 'state' }"], 8, "unknown slot 'y'"),
        ("minimum", "{x}", [OK, "context = '{x} b'", "raw = true"], 8, "'context' with raw = true"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(
    kind: str, text: str, lines: Sequence[str], line: int, message: str, tmp_path: Path
) -> None:
    head = ["[[capability]]", "name = 'a'", "description = 'A.'", "[[test]]", f"kind = '{kind}'", f"text = '{text}'"]
    path = tmp_path / "mine.toml"
    path.write_text("\n".join([*head, *lines, "capability = 'a'"]), encoding="utf-8")
    with pytest.raises(DataError, match=rf"mine\.toml:{line}: .*{re.escape(message)}"):
        load_behaviour(path)


def test_a_capability_must_be_described() -> None:
    with pytest.raises(DataError, match=r"mine\.toml:5: unknown capability 'aa'; did you mean 'a'"):
        make_tests(CONDEMNS.replace('"a"', '"aa"'))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([CONDEMNS, CONDEMNS], r"mine\.toml:12: text '{x} condemned {p}\.' stands in two \[\[test\]\] entries"),
        (
            ["[[capability]]\nname = 'a'\ndescription = 'b'\n", CONDEMNS],
            r"mine\.toml:5: name 'a' stands in two \[\[capab",
        ),
        (
            ["[[invented]]\nid = 'A'\nname = 'b'\n" * 2, CONDEMNS],
            r"mine\.toml:8: id 'A' stands in two \[\[invented\]\]",
        ),
    ],
)
def test_a_duplicate_is_told(parts: Sequence[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        make_tests(*parts)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.toml: cannot be read: .*; expected behavioural tests in TOML"):
        load_behaviour(tmp_path / "none.toml")


def test_a_test_knows_its_place() -> None:
    assert make_tests(CONDEMNS)[0].where == "mine.toml:7"


SHIPPED = load_behaviour()


def test_the_shipped_file_speaks_of_types_of_the_shipped_codebook() -> None:
    assert {type_id for test in SHIPPED for type_id in test.types} == set(load_codebook().type_ids)


def test_no_shipped_text_stands_twice_even_with_other_slots() -> None:
    texts = [re.sub(r"\{[^}]*\}", "_", text) for test in SHIPPED for text in test.template.wordings]
    assert sorted(set(texts)) == sorted(texts)


def test_each_shipped_capability_has_enough_templates_and_a_known_first_answer() -> None:
    counts: dict[str, int] = {}
    for test in SHIPPED:
        counts[test.template.capability] = counts.get(test.template.capability, 0) + 1
        assert test.template.expect, test.where
    assert min(counts.values()) >= 8
    assert len(counts) == 17


def test_each_shipped_template_can_be_filled() -> None:
    conflicts = [load_conflict(conflict_id) for conflict_id in ("libya", "ukraine")]
    apart = [replace(test, template=test.template.model_copy(update={"capability": test.where})) for test in SHIPPED]
    kinds = {(row.capability, row.kind) for row in run(apart, lambda _: SILENT, conflicts=conflicts)}
    assert kinds == {(test.where, kind) for test in SHIPPED for kind in ("minimum", test.template.kind)}


def test_the_file_of_the_page_is_read_and_run(conflict: Conflict, tmp_path: Path) -> None:
    page = (DOCS / "behaviour.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    path = tmp_path / "mine.toml"
    path.write_text(code, encoding="utf-8")
    rows = run(load_behaviour(path), lambda _: SILENT, conflicts=[conflict])
    assert {row.capability for row in rows} == {"hedges", "word order"}


def test_the_page_names_every_shipped_capability() -> None:
    page = (DOCS / "behaviour.md").read_text(encoding="utf-8")
    for name in {test.template.capability for test in SHIPPED}:
        assert f"| {name} |" in page
