"""Templates filled with actors: texts in which every mention is marked, and the second texts of pairs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stancelib.evaluation.casting import Cast, Party
from stancelib.evaluation.respelling import curl_quotes, respell_name, slip_letters
from stancelib.evaluation.templates import ACTOR_ID, PRINCIPALS, TOKEN, Respelling, Template
from stancelib.types import Mark

_N_ATTEMPTS = 30
_BEGINS = re.compile(r"(?:^|[.!?][\"”]? |[\"“])$")


@dataclass(frozen=True, slots=True)
class Role:
    """An actor in a slot.

    Attributes:
        party: The actor.
        side: Whose member it is here; empty: a third party.
        names: For each form that the template needs, the spellings of the chosen name; the first is written.
    """

    party: Party
    side: str
    names: Mapping[str, Sequence[str]]


Filling = Mapping[str, Role]
"""Who stands in which slot."""


@dataclass(frozen=True, slots=True)
class Text:
    """A template with filled slots.

    Attributes:
        text: The sentence.
        context: The text before it; may be empty.
        marks: The mentions in both.
        filling: Who stands in the slots.
        cast: Where they were drawn from.
    """

    text: str
    context: str
    marks: tuple[Mark, ...]
    filling: Filling
    cast: Cast

    def actor(self, slot: str) -> str:
        """Return the id of the actor in a slot; an id stands for itself."""
        return self.filling[slot].party.id if slot in self.filling else slot

    @property
    def conflict_id(self) -> str | None:
        """The id of the conflict that it is about."""
        return self.cast.conflict.id if self.cast.conflict else None


@dataclass(frozen=True, slots=True)
class Draw:
    """What a filling is drawn from.

    Attributes:
        template: What is filled.
        cast: Who may fill it.
        rng: Chooses; every draw moves it on.
    """

    template: Template
    cast: Cast
    rng: np.random.Generator


def fill(draw: Draw, *, before: Filling | None = None) -> Filling | None:
    """Fill the slots of a template with different actors; None where the cast has too few.

    Args:
        draw: The template and the cast.
        before: An earlier filling, of which only the slots of ``replace`` change, each within its kind or side.
    """
    template, cast = draw.template, draw.cast
    forms = _forms_of(template)
    if any(slot in PRINCIPALS for slot in forms) and len(cast.sides) < 2:
        return None
    kept = {slot: role for slot, role in (before or {}).items() if slot not in template.replace}
    barred = frozenset(role.party.id for role in (before or {}).values())
    for _ in range(_N_ATTEMPTS):
        sides = [list(cast.sides)[k] for k in draw.rng.permutation(len(cast.sides))[:2]]
        filling = dict(kept)
        for slot, wanted in forms.items():
            if slot in filling:
                continue
            like = before[slot] if before else None
            side = (like.side if like else sides[PRINCIPALS[slot]]) if slot in PRINCIPALS else ""
            kind = like.party.kind if like and not side else template.only.get(slot, "")
            taken = barred | {role.party.id for role in filling.values()}
            role = _role(draw, _Wanted(side, kind, wanted, official="2" not in slot and not like), barred=taken)
            if role is not None:
                filling[slot] = role
        if len(filling) == len(forms) and _shows(filling, template.respell):
            return filling
    return None


def write_text(wording: str, filling: Filling, *, draw: Draw) -> Text:
    """Write a template's wording, or a change of it, and the template's context with the names of a filling."""
    before, context_marks = _render(draw.template.context, filling)
    own, marks = _render(wording, filling)
    in_context = [replace(mark, in_context=True) for mark in context_marks]
    return Text(own, before, (*marks, *in_context), filling, draw.cast)


def other_texts(draw: Draw, filling: Filling) -> Iterator[Text]:
    """Yield the second texts of a filling's pairs."""
    template = draw.template
    for wording in template.also:
        yield write_text(wording, filling, draw=draw)
    if template.exchange:
        one, other = template.exchange
        yield write_text(template.text, {**filling, one: filling[other], other: filling[one]}, draw=draw)
    if template.replace:
        renamed = fill(draw, before=filling)
        if renamed is not None:
            yield write_text(template.text, renamed, draw=draw)
    if template.typos:
        yield write_text(slip_letters(template.text, template.typos, rng=draw.rng), filling, draw=draw)
    if template.respell == "curly":
        first = write_text(template.text, filling, draw=draw)
        yield replace(first, text=curl_quotes(first.text))
    elif template.respell:
        respelled = {slot: _respelled(role, template.respell) for slot, role in filling.items()}
        yield write_text(template.text, respelled, draw=draw)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a slot takes: a member of a side or a third party, of a kind (empty: any), with names of these forms."""

    side: str
    kind: str
    forms: Collection[str]
    official: bool


def _role(draw: Draw, wanted: _Wanted, *, barred: Collection[str]) -> Role | None:
    """Draw an actor and its names; None where nobody fits."""
    parties = draw.cast.sides[wanted.side] if wanted.side else draw.cast.thirds
    fit = [
        party
        for party in parties
        if party.id not in barred
        and (not wanted.kind or party.kind == wanted.kind)
        and all(party.names.get(form) for form in wanted.forms)
    ]
    # A side is mostly spoken of by its official principals.
    fit = [party for party in fit if party.official] or fit if wanted.official else fit
    if not fit:
        return None
    if not wanted.side and not wanted.kind:
        # As many organisations as states, of which there are far more.
        kinds = sorted({party.kind for party in fit})
        kind = kinds[int(draw.rng.integers(len(kinds)))]
        fit = [party for party in fit if party.kind == kind]
    party = fit[int(draw.rng.integers(len(fit)))]
    names = {form: _name(party.names[form], draw, form=form) for form in sorted(wanted.forms)}
    return Role(party, wanted.side, names)


def _name(names: Sequence[Sequence[str]], draw: Draw, *, form: str) -> Sequence[str]:
    """Draw a name with its spellings: the usual name, or one of several spellings where these are wanted."""
    if draw.template.respell == "alias":
        names = [spellings for spellings in names if len(spellings) > 1] or names
    elif form != "person":
        names = names[:1]
    return names[int(draw.rng.integers(len(names)))]


def _shows(filling: Filling, respell: Respelling | None) -> bool:
    """Say whether a respelling changes a name."""
    if respell is None or respell == "curly":
        return True
    return any(
        _respelled(role, respell).names[form][0] != names[0]
        for role in filling.values()
        for form, names in role.names.items()
    )


def _respelled(role: Role, how: Respelling) -> Role:
    return replace(role, names={form: respell_name(names, how, form=form) for form, names in role.names.items()})


def _forms_of(template: Template) -> dict[str, set[str]]:
    """Return the forms in which a template needs each slot's name."""
    forms: dict[str, set[str]] = defaultdict(set)
    for text in (template.context, *template.wordings):
        for match in TOKEN.finditer(text):
            if match["slot"]:
                forms[match["slot"]].add(match["form"] or "")
            elif match["mark"] and not ACTOR_ID.fullmatch(match["mark"]):
                forms[match["mark"]] |= set()
    return dict(forms)


def _render(template: str, filling: Filling) -> tuple[str, list[Mark]]:
    """Fill the blanks of a text; a mark is the whole of a bracketed mention, without marks in it."""
    text, end = "", 0
    marks: list[Mark] = []
    opened = 0
    for match in TOKEN.finditer(template):
        text, end = text + template[end : match.start()], match.end()
        if match["open"]:
            opened = len(text)
        elif match["mark"]:
            marks = [mark for mark in marks if mark.start < opened]
            owner = filling.get(match["mark"])
            marks.append(Mark(owner.party.id if owner else match["mark"], opened, len(text)))
        else:
            role = filling[match["slot"]]
            name = role.names[match["form"] or ""][0]
            name = name[:1].upper() + name[1:] if _BEGINS.search(text) else name
            marks.append(Mark(role.party.id, len(text), len(text) + len(name)))
            text += name
            if name.endswith("s") and template.startswith("'s", end):
                text, end = text + "'", end + 2
    return text + template[end:], marks
