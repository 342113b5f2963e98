from __future__ import annotations

import pytest
from behaviour_kit import SILENT, FakeModel, ask, entry, make_tests, run, surface

from stancelib.conflict import Conflict

pytestmark = pytest.mark.usefixtures("shared_indices")


def test_letters_slip_outside_of_names_alone(duel: Conflict) -> None:
    text = "[The warring {x.adjective} government](x) urgently needs weapons from {p}."
    tests = make_tests(entry("invariance", text, "typos = 2", 'same = "x"', 'only = { x = "state" }'))
    asked = ask(tests, conflicts=[duel])
    assert asked
    for plain, slipped in zip(asked[::2], asked[1::2], strict=True):
        words, others = plain.sentence.text.split(), slipped.sentence.text.split()
        assert sum(one != other for one, other in zip(words, others, strict=True)) == 2
        assert surface(plain) == surface(slipped)
        assert surface(plain, plain.others[0]) == surface(slipped, plain.others[0])


PERSON = "On Monday, {p.person} condemned it."


@pytest.mark.parametrize(
    ("how", "text", "texts"),
    [
        ("alias", PERSON, {"On Monday, Anselm Brandt condemned it.", "On Monday, Ida Vos condemned it."}),
        ("accents", PERSON, {"On Monday, Ansel Brándt condemned it.", "On Monday, Ida Vóss condemned it."}),
        ("hyphens", "The war of {q.name} and {p.person} goes on.", set()),
    ],
)
def test_names_are_respelled(how: str, text: str, texts: set[str], duel: Conflict) -> None:
    tests = make_tests(entry("invariance", text, f'respell = "{how}"', 'same = "p"', "raw = true"))
    asked = {candidate.sentence.text for seed in range(5) for candidate in ask(tests, conflicts=[duel], seed=seed)}
    assert texts <= asked
    assert bool(asked) == bool(texts)


@pytest.mark.parametrize(
    ("how", "name", "other"),
    [
        ("wraps", "Orm Valley militia", "Orm Valley\nmilitia"),
        ("hyphens", "Orm-Tarn militia", "Orm Tarn militia"),
    ],
)
def test_names_are_broken_or_joined(how: str, name: str, other: str) -> None:
    sides = {"ORM": name, "ELM": "Elm Valley militia"}
    names = "".join(f'[[invented]]\nid = "{key}"\nname = "{sides[key]}"\nside = "{key}"\n' for key in sides)
    keys = [f'respell = "{how}"', 'same = "p"', "raw = true", "invented = true"]
    tests = make_tests(entry("invariance", "On Monday {p} went home.", *keys), head=names)
    model = FakeModel(lambda _: SILENT)
    rows = run(tests, model.rule, conflicts=[], model=model)
    # Who is not found under the other spelling is not asked about, but told as an example.
    told = {text for row in rows for example in row.examples for text in example.text.split(" → ")}
    texts = {candidate.sentence.text for candidate in model.asked} | told
    assert {f"On Monday the {name} went home.", f"On Monday the {other} went home."} <= texts


def test_curly_quotes_open_and_close(duel: Conflict) -> None:
    text = """In 2020 {p} said: "We 'won' it." """
    tests = make_tests(entry("invariance", text, 'respell = "curly"', 'same = "p"', "raw = true"))
    texts = [candidate.sentence.text for candidate in ask(tests, conflicts=[duel])]
    assert any("said: “We ’won’ it.”" in text for text in texts)
