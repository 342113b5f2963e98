"""What is wrong with the answers to a case of a behavioural test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from stancelib.evaluation.filling import Text
from stancelib.evaluation.report import BehaviourExample
from stancelib.evaluation.templates import BehaviourTest, Expectation, Kind
from stancelib.types import Status


@dataclass(frozen=True, slots=True)
class Case:
    """What counts as one in a row of results.

    Attributes:
        test: Whose case it is.
        kind: What is asked; "minimum" also of the first text of a pair whose right answer is known.
        texts: One text for "minimum", otherwise the two that are compared.
    """

    test: BehaviourTest
    kind: Kind
    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tagger says of an actor.

    Attributes:
        types: Those over their thresholds; None: it did not find the actor.
        supports: A side, or empty.
        opposes: A side, or empty.
        target: The id of another actor, or empty.
        status: None where there is no type.
    """

    types: frozenset[str] | None
    supports: str = ""
    opposes: str = ""
    target: str = ""
    status: Status | None = None

    @property
    def stance(self) -> tuple[frozenset[str] | None, str, str]:
        """What has to stay the same in another wording."""
        return self.types, self.supports, self.opposes

    def __str__(self) -> str:
        if self.types is None:
            return "not found"
        parts = [" + ".join(sorted(self.types)) or "no stance"]
        parts += [f"{name} {side}" for name, side in (("supports", self.supports), ("opposes", self.opposes)) if side]
        return ", ".join(parts + ([self.status] if self.status == "planned" else []))


Answers = Mapping[str, Answer]
"""Of a text, by slot or actor id."""


def find_fault(case: Case, answers: Sequence[Answers]) -> BehaviourExample | None:
    """Return the first thing that is wrong with the answers to a case; None if nothing is.

    Args:
        case: The case.
        answers: One for each of its texts, in order.
    """
    check = {"minimum": _minimum, "invariance": _invariance, "direction": _direction}[case.kind]
    for slot, expected, said in check(case, answers):
        text = " → ".join(text.text for text in case.texts)
        return BehaviourExample(text=text, actor=case.texts[0].actor(slot), expected=expected, said=said)
    return None


_Faults = Iterator[tuple[str, str, str]]
"""Whose answer is wrong, what was expected and what was said."""


def _minimum(case: Case, answers: Sequence[Answers]) -> _Faults:
    for slot, expectation in case.test.template.expect.items():
        if not _meets(answers[0][slot], expectation, text=case.texts[0]):
            yield slot, _described(expectation, case.texts[0]), str(answers[0][slot])


def _invariance(case: Case, answers: Sequence[Answers]) -> _Faults:
    for slot in case.test.template.compared:
        first, second = answers[0][slot], answers[1][slot]
        if first.stance != second.stance:
            yield slot, "the same answer", f"{first} → {second}"


def _direction(case: Case, answers: Sequence[Answers]) -> _Faults:
    template = case.test.template
    for slot in template.compared if template.exchange else template.then:
        first, second = answers[0][slot], answers[1][slot]
        if template.exchange:
            expected = "the same types, the sides exchanged"
            right = bool(first.supports or first.opposes) and second.stance == _exchanged(first, case.texts[0]).stance
        else:
            expected = f"{_described(template.then[slot], case.texts[1])}, unlike before"
            right = first != second and _meets(second, template.then[slot], text=case.texts[1])
        if not right:
            yield slot, expected, f"{first} → {second}"


def _exchanged(answer: Answer, text: Text) -> Answer:
    one, other = (text.filling[slot].side for slot in ("p", "q"))
    sides = {one: other, other: one}
    return replace(
        answer,
        supports=sides.get(answer.supports, answer.supports),
        opposes=sides.get(answer.opposes, answer.opposes),
    )


def _meets(answer: Answer, expectation: Expectation, *, text: Text) -> bool:
    if answer.types is None:
        return False
    sides = ((expectation.supports, answer.supports), (expectation.opposes, answer.opposes))
    return (
        (expectation.types is None or frozenset(expectation.types) == answer.types)
        and answer.types >= frozenset(expectation.has)
        and not answer.types & frozenset(expectation.lacks)
        and all(_is_one_of(said, slots, value=lambda slot: text.filling[slot].side) for slots, said in sides)
        and _is_one_of(answer.target, expectation.target, value=text.actor)
        and expectation.status in (None, answer.status)
    )


def _is_one_of(said: str, slots: Sequence[str] | None, *, value: Callable[[str], str]) -> bool:
    return slots is None or said in ({value(slot) for slot in slots} or {""})


def _described(expectation: Expectation, text: Text) -> str:
    parts = []
    if expectation.types is not None:
        parts.append(" + ".join(sorted(expectation.types)) or "no stance")
    parts += [f"has {type_id}" for type_id in expectation.has] + [f"no {type_id}" for type_id in expectation.lacks]
    for name in ("supports", "opposes"):
        slots = getattr(expectation, name)
        if slots is not None:
            parts.append(f"{name} {' or '.join(text.filling[slot].side for slot in slots) or 'no side'}")
    if expectation.target is not None:
        parts.append(f"target {' or '.join(map(text.actor, expectation.target)) or 'nobody'}")
    return ", ".join([*parts, *([expectation.status] if expectation.status else [])])
