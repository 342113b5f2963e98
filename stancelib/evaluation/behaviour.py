"""Behavioural tests: files of sentences with blanks whose right answer is known, read into checked values.

After CheckList (Ribeiro et al. 2020): capabilities times three kinds of test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from pydantic import Field

from stancelib.codebook import load_codebook
from stancelib.errors import UnknownNameError
from stancelib.evaluation.templates import (
    ACTOR_ID,
    FORMS,
    PRINCIPALS,
    THIRD_PARTIES,
    TOKEN,
    BehaviourTest,
    Invented,
    Kind,
    Part,
    Template,
    slots_of,
)
from stancelib.tomlsource import Entry, Place, Problem, TomlSource, read_source

_SHIPPED = Path(__file__).parent.parent / "data" / "behaviour.toml"
_CHANGES = ("also", "exchange", "replace", "typos", "respell")
_CHANGES_OF: dict[Kind, tuple[str, ...]] = {
    "minimum": (),
    "invariance": ("also", "replace", "typos", "respell"),
    "direction": ("also", "exchange"),
}


class _Capability(Part):
    name: str = Field(min_length=1)
    description: str = Field(min_length=1)


class _BehaviourFile(Entry):
    types: tuple[str, ...] = ()
    capability: tuple[_Capability, ...] = ()
    invented: tuple[Invented, ...] = ()
    test: tuple[Template, ...] = Field(min_length=1)


def load_behaviour(path: Path | None = None) -> tuple[BehaviourTest, ...]:
    """Read a file of behavioural tests, in its order; None: the shipped file.

    Raises:
        DataError: The file cannot be read or is wrong; the message names file and line.
    """
    return _load_shipped() if path is None else parse_behaviour(read_source(path, expected="behavioural tests in TOML"))


def parse_behaviour(source: TomlSource) -> tuple[BehaviourTest, ...]:
    """Read behavioural tests from the text of their file.

    Raises:
        DataError: The text is not TOML, or something in it is wrong; the message names the line.
    """
    checked, problems = source.check(source.parse(), _BehaviourFile)
    if checked is None:
        raise source.error(problems[0])
    for problem in _problems(checked, source):
        raise source.error(problem)
    borrows = not checked.invented and any(template.invented for template in checked.test)
    names = _shipped_names() if borrows else checked.invented
    descriptions = {entry.name: entry.description for entry in checked.capability}
    return tuple(
        BehaviourTest(
            template=template,
            description=descriptions[template.capability],
            names=names if template.invented else (),
            where=f"{source.where}:{source.line(('test', number, 'text'))}",
        )
        for number, template in enumerate(checked.test)
    )


@cache
def _load_shipped() -> tuple[BehaviourTest, ...]:
    text = read_source(_SHIPPED, expected="behavioural tests in TOML").text
    return parse_behaviour(TomlSource(text, "shipped behaviour.toml"))


def _shipped_names() -> tuple[Invented, ...]:
    return next(test.names for test in _load_shipped() if test.names)


def _problems(checked: _BehaviourFile, source: TomlSource) -> Iterator[Problem]:
    known_types = (*load_codebook().type_ids, *checked.types)
    names = [entry.name for entry in checked.capability]
    yield from _twice("capability", names, "name", source=source)
    yield from _twice("invented", [entry.id for entry in checked.invented], "id", source=source)
    yield from _twice("test", [template.text for template in checked.test], "text", source=source)
    for number, template in enumerate(checked.test):
        place: Place = ("test", number)
        if template.capability not in names:
            message = str(UnknownNameError("capability", template.capability, names))
            yield Problem(source.line((*place, "capability")), f"{message}; a [[capability]] of the file describes it")
        for key, message in _wrong(template, known_types):
            yield Problem(source.line((*place, *key)), message)


def _twice(table: str, values: Sequence[str], key: str, *, source: TomlSource) -> Iterator[Problem]:
    for number, value in enumerate(values):
        if value in values[:number]:
            line = source.line((table, number, key))
            yield Problem(line, f"{key} {value!r} stands in two [[{table}]] entries; expected each once")


_Wrong = Iterator[tuple[Place, str]]
"""The key where something is wrong, and what."""


def _wrong(template: Template, known_types: Sequence[str]) -> _Wrong:
    for key in ("text", "context", "also"):
        for text in template.also if key == "also" else (getattr(template, key),):
            yield from (((key,), message) for message in _wrong_text(text))
    yield from _wrong_change(template)
    yield from _wrong_slots(template)
    for key in ("expect", "then"):
        for slot, expectation in getattr(template, key).items():
            for type_id in expectation.named_types:
                if type_id not in known_types:
                    message = str(UnknownNameError("type", type_id, known_types))
                    yield (key, slot), f"{message}; a codebook's own types stand in the file's key 'types'"
    if not template.judged:
        yield ("text",), "no 'expect' and no 'same'; expected one that says whose answer is looked at"


def _wrong_text(text: str) -> Iterator[str]:
    for match in TOKEN.finditer(text):
        slot = match["slot"] or match["mark"]
        if slot and not (match["mark"] and ACTOR_ID.fullmatch(slot)) and slot not in (*THIRD_PARTIES, *PRINCIPALS):
            yield str(UnknownNameError("slot", slot, (*THIRD_PARTIES, *PRINCIPALS)))
        if (match["form"] or "") not in FORMS:
            yield str(UnknownNameError("form", match["form"], FORMS[1:]))
    rest = TOKEN.sub("", text)
    if re.search(r"[{}\[\]]", rest) or len(re.findall(r"\[", text)) != len(re.findall(r"\]\(", text)):
        yield f"stray braces or brackets in {text!r}; expected {{x}}, {{x.form}}, [words](x) or [words](ID)"


def _wrong_change(template: Template) -> _Wrong:
    given = [key for key in _CHANGES if getattr(template, key)]
    allowed = _CHANGES_OF[template.kind]
    if len(given) != (1 if allowed else 0) or not set(given) <= set(allowed):
        wanted = f"one of {', '.join(map(repr, allowed))}" if allowed else "none of them"
        yield (
            ("kind",),
            f"kind {template.kind!r} with {' and '.join(map(repr, given)) or 'no change'}; expected {wanted}",
        )
    if bool(template.then) != (template.kind == "direction" and bool(template.also)):
        yield ("kind",), "'then' and kind 'direction' with 'also' belong together; expected both or none"
    if template.exchange and sorted(PRINCIPALS.get(slot, -1) for slot in template.exchange) != [0, 1]:
        yield ("exchange",), f"exchange of {', '.join(template.exchange)}; expected two slots of different sides"
    if template.exchange and {"p2", "q2"} & {*slots_of(template.context, template.text)}:
        yield ("exchange",), "exchange with {p2} or {q2}, who would change sides; expected {p} and {q} alone"
    if template.raw and template.context:
        yield ("context",), "'context' with raw = true; expected the sentence alone"
    if template.respell and not template.raw:
        yield ("respell",), "'respell' without raw = true; expected it, as spellings matter to who finds the names"
    if template.kind == "minimum" and not template.expect:
        yield ("kind",), "kind 'minimum' without 'expect'; expected the right answer"


def _wrong_slots(template: Template) -> _Wrong:
    # Whoever is judged must stand in every wording.
    filled = [
        slot for slot in slots_of(*template.wordings) if all(slot in slots_of(text) for text in template.wordings)
    ]
    filled += [slot for slot in slots_of(template.context) if slot not in filled]
    stated = [((key, slot), item) for key in ("expect", "then") for slot, item in getattr(template, key).items()]
    used: list[tuple[Place, str]] = [(place, str(place[1])) for place, _ in stated]
    used += [((key,), slot) for key in ("exchange", "replace", "same", "only") for slot in getattr(template, key)]
    for place, slot in used:
        if slot not in filled and not (template.raw and ACTOR_ID.fullmatch(slot)):
            yield place, str(UnknownNameError("slot", slot, filled))
    for place, item in stated:
        for slot in item.named_slots:
            sided = slot in (item.target or ()) or slot in PRINCIPALS
            if slot not in filled or not sided:
                yield place, str(UnknownNameError("slot with a side" if slot in filled else "slot", slot, filled))
