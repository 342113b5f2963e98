"""Behavioural tests as values: sentences with blanks, and what must hold of the answers to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from stancelib.tomlsource import Entry
from stancelib.types import Status

Kind = Literal["minimum", "invariance", "direction"]
"""A right answer; two wordings with the same answer; a change that changes the answer in a stated way."""

Respelling = Literal["alias", "curly", "hyphens", "accents", "wraps"]
"""How the second text of a pair is written: with another listed spelling of each name; with curly quotes; with spaces
for the hyphens of names; with an accent on a vowel of persons' names; with a line break in names."""

THIRD_PARTIES = ("x", "y", "z")
PRINCIPALS = {"p": 0, "p2": 0, "q": 1, "q2": 1}
"""The slots of those who fight, and for which of two sides."""

FORMS = ("", "name", "adjective", "capital", "person")
"""``{x}`` is the name as it stands in a sentence, with its article; ``{x.name}`` the bare name."""

TOKEN = re.compile(r"\{(?P<slot>\w+)(?:\.(?P<form>\w+))?\}|(?P<open>\[)|\]\((?P<mark>\w+)\)")
"""What is not literal in a template: ``{slot}``, ``{slot.form}``, and ``[longer mention](slot)`` or ``[crowd](ID)``."""

ACTOR_ID = re.compile(r"[A-Z][A-Z0-9_]*")
"""An actor that a template names itself."""


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _slots(value: Any) -> Any:
    return [] if value == "none" else _listed(value)


_Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]
_Slots = Annotated[tuple[str, ...] | None, BeforeValidator(_slots)]


class Part(Entry):
    """A table of a file of behavioural tests; a value."""

    model_config = ConfigDict(frozen=True)


class Expectation(Part):
    """What must hold of an actor's answer; None: not looked at."""

    types: tuple[str, ...] | None = Field(default=None, description="Exactly these.")
    has: _Words = Field(default=(), description="At least these.")
    lacks: _Words = Field(default=(), description="None of these.")
    supports: _Slots = Field(default=None, description="The side of one of these slots; empty: no side.")
    opposes: _Slots = Field(default=None, description="The side of one of these slots; empty: no side.")
    target: _Slots = Field(default=None, description="One of these slots; empty: no target.")
    status: Status | None = None

    @property
    def named_types(self) -> tuple[str, ...]:
        """The types that it speaks of."""
        return (*(self.types or ()), *self.has, *self.lacks)

    @property
    def named_slots(self) -> tuple[str, ...]:
        """The other actors that it speaks of."""
        return (*(self.supports or ()), *(self.opposes or ()), *(self.target or ()))


class Invented(Part):
    """An actor that no file knows; one without a side is a third party."""

    id: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    name: str = Field(min_length=1)
    kind: str = "unknown"
    side: str = ""
    adjective: str = ""
    capital: str = ""
    person: str = ""


class Template(Part):
    """A test as its file has it; the keys of ``expect`` and ``then`` are slots, or the ids of actors named in ``text``.

    A test of the kinds "invariance" and "direction" says in one key how the second text differs from the first.
    """

    capability: str
    kind: Kind
    text: str = Field(min_length=1)
    context: str = Field(default="", description="The text before.")
    expect: dict[str, Expectation] = Field(default_factory=dict, description="What holds of the first text.")
    also: _Words = Field(default=(), description="Other wordings; each makes a pair with the text.")
    exchange: tuple[str, ...] = Field(default=(), description="Two slots whose actors are exchanged.")
    replace: _Words = Field(default=(), description="Slots that get another actor of the same kind or side.")
    typos: int = Field(default=0, ge=0, le=3, description="How many letters slip in words other than names.")
    respell: Respelling | None = None
    then: dict[str, Expectation] = Field(default_factory=dict, description="What holds of the other wordings.")
    same: _Words = Field(default=(), description="Whose answers are compared; absent: all of expect.")
    only: dict[str, Literal["state", "organisation"]] = Field(default_factory=dict)
    invented: bool = Field(default=False, description="Whether the slots take actors that nobody has seen.")
    raw: bool = Field(default=False, description="Whether the tagger has to find the actors itself.")

    @property
    def wordings(self) -> tuple[str, ...]:
        """The text and the other wordings."""
        return (self.text, *self.also)

    @property
    def compared(self) -> tuple[str, ...]:
        """The slots and ids whose answers in two texts are compared."""
        return self.same or tuple(self.expect)

    @property
    def judged(self) -> tuple[str, ...]:
        """The slots and ids whose answers are looked at."""
        return tuple(dict.fromkeys((*self.expect, *self.then, *self.same)))


@dataclass(frozen=True, slots=True, kw_only=True)
class BehaviourTest:
    """A template with the description of its capability and its place (``file:line``).

    ``names`` are the invented actors that fill its slots; empty: those of the conflicts and of the world do.
    """

    template: Template
    description: str
    names: tuple[Invented, ...]
    where: str

    @property
    def types(self) -> frozenset[str]:
        """The types that it speaks of; a model that lacks one cannot be tested by it."""
        stated = (*self.template.expect.values(), *self.template.then.values())
        return frozenset(type_id for expectation in stated for type_id in expectation.named_types)


def slots_of(*texts: str) -> tuple[str, ...]:
    """Return the slots of templates, in order of first use."""
    found = (match["slot"] or match["mark"] for text in texts for match in TOKEN.finditer(text))
    return tuple(dict.fromkeys(slot for slot in found if slot))
