"""Behavioural tests at work: templates filled with actors, put to a tagger in one batch, and counted."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from stancelib.conflict import Conflict, ConflictActor, Side
from stancelib.evaluation.behaviour import (
    ACTOR_ID,
    PRINCIPALS,
    TOKEN,
    BehaviourTest,
    Expectation,
    Invented,
    Kind,
    Respelling,
    Template,
)
from stancelib.evaluation.report import BehaviourExample, BehaviourRow, Estimate, Interval
from stancelib.reading import make_document
from stancelib.tagger import StanceTagger, load
from stancelib.tomlsource import Term
from stancelib.types import Example, Mark, StanceTag, Status
from stancelib.world import World, WorldActor, load_world

ORGANISATIONS = ("UN", "EU", "NATO", "AU", "ARAB_LEAGUE", "GCC", "ECOWAS", "IGAD", "ASEAN", "OSCE", "OIC")
"""The organisations that stand in for a third party: those that take every sort of stance."""

_UNARMED = frozenset({"VAT"})
"""States that cannot send a soldier."""

INVENTED = "invented"
"""The id of the conflict between invented actors."""

_N_EXAMPLES = 5
_N_RESAMPLES = 1000
_N_ATTEMPTS = 30
_N_TRIES = 3
"""How many fillings are drawn for each that is wanted, as some give a text again."""

_COLLECTIVE = re.compile(
    r"(?i)\b(?:"
    r"accord|administration|agency|alliance|army|assembly|authorities|authority|battalions|bloc|brigade|brigades"
    r"|brotherhood|coalition|committee|community|compact|congress|cooperation|cooperative|coordination|corps"
    r"|council|court|department|emirates|fighters|force|forces|framework|front|government|group|groups|guard|house"
    r"|houthis|hunters|institute|kingdom|league|legion|loyalists|military|militia|militias|movement|nations"
    r"|netherlands|network|organisation|organisations|organization|party|philippines|platform|rebels|republic"
    r"|resistance|senate|separatists|states|taliban|treasury|union|units|volunteers"
    r")\b"
)
"""In names that are said with an article: "the Rapid Support Forces", but "Hamas"."""

_SAID_AS_WORDS = frozenset({"NATO", "OPEC", "IGAD", "ASEAN", "ECOWAS", "UNICEF", "SADC"})
_ACRONYM = re.compile(r"(?:[A-Z]\.?){2,4}")
_BEGINS = re.compile(r"(?:^|[.!?][\"”]? |[\"“])$")
_PROTECTED = re.compile(r"\[[^\]]*\]\(\w+\)|\{[^}]*\}")
_LONG_WORD = re.compile(r"\b[a-z]{5,}\b")
_OPENING = re.compile(r'(?<!\S)"')


@dataclass(frozen=True, slots=True)
class _Party:
    """Somebody who can fill a slot; a form has one or several names, a name one or several spellings."""

    id: str
    kind: str
    names: Mapping[str, Sequence[Sequence[str]]]
    official: bool = True


@dataclass(frozen=True, slots=True)
class _Cast:
    """Who can fill the slots: of each side the official principals, then its other members; and third parties."""

    conflict: Conflict | None
    day: date | None
    sides: Mapping[str, Sequence[_Party]]
    thirds: Sequence[_Party]


@dataclass(frozen=True, slots=True)
class _Role:
    """An actor in a slot: its side (empty: none) and the chosen name for each form, with its spellings."""

    party: _Party
    side: str
    names: Mapping[str, Sequence[str]]


_Filling = Mapping[str, _Role]


@dataclass(frozen=True, slots=True)
class _Text:
    """A template with filled slots."""

    text: str
    context: str
    marks: tuple[Mark, ...]
    filling: _Filling
    cast: _Cast

    def actor(self, slot: str) -> str:
        """Return the id of the actor in a slot; an id stands for itself."""
        return self.filling[slot].party.id if slot in self.filling else slot

    @property
    def conflict_id(self) -> str | None:
        """The id of the conflict that it is about."""
        return self.cast.conflict.id if self.cast.conflict else None


@dataclass(frozen=True, slots=True)
class _Case:
    """One text and its right answer, or two texts that are compared."""

    test: BehaviourTest
    kind: Kind
    texts: tuple[_Text, ...]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a tagger says of an actor; types None: it did not find the actor."""

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


_Answers = Mapping[str, _Answer]
"""Of a text, by slot or actor id."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A case and what is wrong with its answers, if anything is."""

    case: _Case
    fault: BehaviourExample | None


def run_behaviour(
    tests: Sequence[BehaviourTest],
    tagger: StanceTagger,
    *,
    conflicts: Sequence[Conflict],
    fillings: int = 4,
    seed: int = 0,
) -> tuple[BehaviourRow, ...]:
    """Put behavioural tests to a tagger's model.

    Args:
        tests: The tests; those that speak of a type which the model's codebook lacks are left out.
        tagger: Whose model is tested.
        conflicts: Whose actors fill the slots. One without two sides with a member is not used; without a usable one,
            only templates without principals are.
        fillings: How many times a template is filled; each time with actors of the next conflict.
        seed: Chooses the actors and the slips of letters. The cases of a test do not depend on the tests beside it.

    Returns:
        A row for each capability and kind that has a case, in the order of the tests.
    """
    known = frozenset(tagger.model.codebook.type_ids)
    usual = _casts(conflicts, load_world())
    chosen = [test for test in tests if test.types <= known]
    groups = dict.fromkeys(test.names for test in chosen if test.names)
    invented = {names: [_invented_cast(names, f"{INVENTED}-{number}")] for number, names in enumerate(groups, 1)}
    cases = [case for test in chosen for case in _cases(test, invented.get(test.names, usual), n=fillings, seed=seed)]
    made = [cast.conflict for (cast,) in invented.values() if cast.conflict]
    answered = _answer(cases, load(tagger.model, conflicts=[*conflicts, *made]))
    outcomes = [_Outcome(case, _fault(case, answers)) for case, answers in zip(cases, answered, strict=True)]
    rows: dict[tuple[str, Kind], list[_Outcome]] = defaultdict(list)
    for outcome in outcomes:
        rows[outcome.case.test.template.capability, outcome.case.kind].append(outcome)
    return tuple(_row(group, seed=seed) for group in rows.values())


def _cases(test: BehaviourTest, casts: Sequence[_Cast], *, n: int, seed: int) -> list[_Case]:
    """Return the cases of a template: of each filling the first text alone, if its answer is known, and each pair."""
    template = test.template
    rng = np.random.default_rng([seed, zlib.crc32(template.text.encode())])
    first = int(rng.integers(len(casts)))
    found: dict[str, list[_Case]] = {}
    for number in range(_N_TRIES * n):
        draw = _Draw(template, casts[(first + number) % len(casts)], rng)
        filling = _fill(draw) if len(found) < n else None
        if filling is None:
            continue
        text = _filled(template.text, filling, draw=draw)
        own = [_Case(test, "minimum", (text,))] if template.expect else []
        pairs = [_Case(test, template.kind, (text, other)) for other in _others(draw, filling)]
        found.setdefault(text.context + text.text, own + pairs)
    return [case for cases in found.values() for case in cases]


def _others(draw: _Draw, filling: _Filling) -> Iterator[_Text]:
    """Yield the second texts of a filling's pairs."""
    template = draw.template
    for wording in template.also:
        yield _filled(wording, filling, draw=draw)
    if template.exchange:
        one, other = template.exchange
        yield _filled(template.text, {**filling, one: filling[other], other: filling[one]}, draw=draw)
    if template.replace:
        renamed = _fill(draw, before=filling)
        if renamed is not None:
            yield _filled(template.text, renamed, draw=draw)
    if template.typos:
        yield _filled(_slipped(template.text, template.typos, rng=draw.rng), filling, draw=draw)
    if template.respell == "curly":
        first = _filled(template.text, filling, draw=draw)
        yield replace(first, text=_OPENING.sub("“", first.text).replace('"', "”").replace("'", "’"))
    elif template.respell:
        respelled = {slot: _respelled(role, template.respell) for slot, role in filling.items()}
        yield _filled(template.text, respelled, draw=draw)


# ---- Filling a template ----


@dataclass(frozen=True, slots=True)
class _Draw:
    """A template, who may fill it, and what chooses."""

    template: Template
    cast: _Cast
    rng: np.random.Generator


def _fill(draw: _Draw, *, before: _Filling | None = None) -> _Filling | None:
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


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a slot takes: a member of a side or a third party, of a kind (empty: any), with names of these forms."""

    side: str
    kind: str
    forms: Collection[str]
    official: bool


def _role(draw: _Draw, wanted: _Wanted, *, barred: Collection[str]) -> _Role | None:
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
    return _Role(party, wanted.side, names)


def _name(names: Sequence[Sequence[str]], draw: _Draw, *, form: str) -> Sequence[str]:
    """Draw a name with its spellings: the usual name, or one of several spellings where these are wanted."""
    if draw.template.respell == "alias":
        names = [spellings for spellings in names if len(spellings) > 1] or names
    elif form != "person":
        names = names[:1]
    return names[int(draw.rng.integers(len(names)))]


def _shows(filling: _Filling, respell: Respelling | None) -> bool:
    """Say whether a respelling changes a name."""
    if respell is None or respell == "curly":
        return True
    return any(
        _respelled(role, respell).names[form][0] != names[0]
        for role in filling.values()
        for form, names in role.names.items()
    )


def _respelled(role: _Role, how: Respelling) -> _Role:
    return replace(role, names={form: _spelled(names, how, form=form) for form, names in role.names.items()})


def _spelled(names: Sequence[str], how: Respelling, *, form: str) -> Sequence[str]:
    """Return the spellings of a name with another one in front."""
    if how == "alias":
        return (*names[1:], names[0])
    if how == "wraps":
        return ("\n".join(names[0].rsplit(" ", 1)),)
    if how == "hyphens":
        return (names[0].replace("-", " "),)
    return (_accented(names[0]),) if form == "person" else names


def _accented(name: str) -> str:
    """Put an acute accent on the last vowel of a name that has small letters."""
    found = list(re.finditer(r"[aeiou](?=[a-z])", name))
    if not found:
        return name
    at = found[-1].start()
    return name[:at] + unicodedata.normalize("NFC", name[at] + "\u0301") + name[at + 1 :]


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


def _filled(text: str, filling: _Filling, *, draw: _Draw) -> _Text:
    template = draw.template
    before, context_marks = _render(template.context, filling)
    own, marks = _render(text, filling)
    in_context = [replace(mark, in_context=True) for mark in context_marks]
    return _Text(own, before, (*marks, *in_context), filling, draw.cast)


def _render(template: str, filling: _Filling) -> tuple[str, list[Mark]]:
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


def _slipped(text: str, n: int, *, rng: np.random.Generator) -> str:
    """Let letters slip in long words of a template, never in a name: two change places, one is lost or doubled."""
    guarded = [match.span() for match in _PROTECTED.finditer(text)]
    words = [
        match.span()
        for match in _LONG_WORD.finditer(text)
        if not any(start < match.end() and match.start() < end for start, end in guarded)
    ]
    chosen = sorted(rng.permutation(len(words))[:n], reverse=True)
    for start, end in (words[number] for number in chosen):
        text = text[:start] + _misspelt(text[start:end], rng) + text[end:]
    return text


def _misspelt(word: str, rng: np.random.Generator) -> str:
    """Let one letter slip; the first stays, as in most slips of a typist."""
    at = int(rng.integers(1, len(word) - 1))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    slips = [swapped, word[:at] + word[at + 1 :], word[: at + 1] + word[at:]]
    different = [slip for slip in slips if slip != word]
    return different[int(rng.integers(len(different)))]


# ---- Who fills ----


def _casts(conflicts: Sequence[Conflict], world: World) -> Sequence[_Cast]:
    """Return a cast for each conflict with two sides that have a member; if there is none, third parties alone."""
    casts = [_conflict_cast(conflict, world) for conflict in conflicts]
    return [cast for cast in casts if len(cast.sides) > 1] or [
        _Cast(None, None, {}, _thirds(world, conflict=None, day=None))
    ]


def _conflict_cast(conflict: Conflict, world: World) -> _Cast:
    day = _last_day(conflict)
    sides = {}
    for side in conflict.sides:
        members = [conflict.actor(actor_id) for actor_id in conflict.members(side.id, day)]
        parties = [_member(actor, world, day=day, side=side) for actor in members if actor is not None]
        sides[side.id] = [party for party in parties if party.names.get("")]
    return _Cast(
        conflict,
        day,
        {side: found for side, found in sides.items() if found},
        _thirds(world, conflict=conflict, day=day),
    )


def _last_day(conflict: Conflict) -> date | None:
    """Return the last day of a war on which its file has something change."""
    terms = [term for actor in conflict.actors for term in actor.sides]
    people = [person for actor in conflict.actors for person in actor.people]
    changes = [day for term in terms for day in (term.start, term.end)]
    changes += [day for person in people for day in (person.start, person.end)]
    days = [day for day in (conflict.start, *changes) if day is not None]
    last = max(days, default=None)
    if last is None or conflict.end is None:
        return last
    return min(last, conflict.end - timedelta(days=1))


def _member(actor: ConflictActor, world: World, *, day: date | None, side: Side) -> _Party:
    known = world.actors.get(actor.id)
    people = [
        (person.name, *_now(person.spellings, day))
        for person in actor.people
        if Term(person.name, person.start, person.end).holds(day or date.max)
    ]
    names = _names(
        actor.name or (known.name if known else ""),
        aliases=[*_now(actor.aliases, day), *(_now(known.aliases, day) if known else [])],
    )
    adjectives = [*_now(actor.adjectives, day), *(_now(known.adjectives, day) if known else [])]
    capitals = _now(known.capitals, day) if known else []
    persons = people or (_persons(known, world, day=day) if known else [])
    kind = known.kind if known else actor.kind
    return _Party(
        actor.id,
        kind,
        {**names, **_forms(adjectives=adjectives, capitals=capitals, persons=persons)},
        actor.id in side.principals,
    )


def _thirds(world: World, *, conflict: Conflict | None, day: date | None) -> list[_Party]:
    """Return the states that have leaders in the world file, and some organisations, less those with a side."""
    led = {person.actor for person in world.persons}
    actors = [actor for actor in world.actors.values() if actor.kind == "state" and actor.id in led - _UNARMED]
    actors += [world.actors[actor_id] for actor_id in ORGANISATIONS if actor_id in world.actors]
    local = conflict.actors if conflict else ()
    parties = {actor.id for actor in local if actor.sides} | {
        term.value for actor in local for term in actor.stands_for
    }
    return [_third(actor, world, day=day) for actor in actors if actor.id not in parties]


def _third(actor: WorldActor, world: World, *, day: date | None) -> _Party:
    forms = _forms(
        adjectives=_now(actor.adjectives, day),
        capitals=_now(actor.capitals, day),
        persons=_persons(actor, world, day=day),
    )
    kind = "state" if actor.kind == "state" else "organisation"
    return _Party(actor.id, kind, {**_names(actor.name, aliases=_now(actor.aliases, day)), **forms})


def _persons(actor: WorldActor, world: World, *, day: date | None) -> list[Sequence[str]]:
    """Return those who speak for an actor on a day, with their spellings; nobody without a day."""
    return [
        (person.name, *_now(person.spellings, day))
        for person in world.persons
        if person.actor == actor.id and day is not None and any(office.holds(day) for office in person.offices)
    ]


_Names = Sequence[Sequence[str]]


def _forms(*, adjectives: Sequence[str], capitals: Sequence[str], persons: _Names) -> dict[str, _Names]:
    return {
        "adjective": [adjectives[:1]] * bool(adjectives),
        "capital": [capitals[:1]] * bool(capitals),
        "person": persons,
    }


def _names(name: str, *, aliases: Sequence[str]) -> dict[str, _Names]:
    """Return the plain names: the usual one, with those aliases that have the same letters as its spellings."""
    if not name or "(" in name:
        return {}
    same = [alias for alias in aliases if _letters(alias) == _letters(name) and alias != name]
    groups: dict[str, list[str]] = defaultdict(list)
    for alias in aliases:
        if alias[:1].isupper() and _letters(alias) != _letters(name):
            groups[_letters(alias)].append(alias)
    spelled = [(name, *same), *(tuple(dict.fromkeys(group)) for group in groups.values() if len(set(group)) > 1)]
    return {"": [tuple(map(_with_article, spellings)) for spellings in spelled], "name": spelled}


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in plain if sign.isalnum())


def _with_article(name: str) -> str:
    bare = name.replace(".", "")
    said = (_ACRONYM.fullmatch(name) and bare not in _SAID_AS_WORDS) or bool(_COLLECTIVE.search(name))
    return f"the {name}" if said and not name.startswith(("the ", "The ")) else name


def _now(terms: Iterable[Term], day: date | None) -> list[str]:
    """Return what holds on a day; without one, what always holds."""
    return [term.value for term in terms if (term.holds(day) if day else term.start is None and term.end is None)]


def _invented_cast(names: Sequence[Invented], conflict_id: str) -> _Cast:
    """Return the cast of a conflict made of invented actors; the third parties are known from their marks alone."""
    sides = list(dict.fromkeys(name.side for name in names if name.side))
    conflict = Conflict(
        id=conflict_id,
        name="Invented conflict",
        version=1,
        start=None,
        end=None,
        sides=tuple(Side(side, side) for side in sides),
        actors=tuple(
            ConflictActor(
                id=name.id, name=name.name, kind=name.kind, sides=(Term(name.side),), aliases=(Term(name.name),)
            )
            for name in names
            if name.side
        ),
    )
    members = {side: [_invented_party(name) for name in names if name.side == side] for side in sides}
    return _Cast(conflict, None, members, [_invented_party(name) for name in names if not name.side])


def _invented_party(name: Invented) -> _Party:
    persons = [(name.person,)] if name.person else []
    forms = _forms(
        adjectives=[name.adjective] * bool(name.adjective),
        capitals=[name.capital] * bool(name.capital),
        persons=persons,
    )
    return _Party(name.id, name.kind, {**_names(name.name, aliases=()), **forms})


# ---- Answers ----


def _answer(cases: Sequence[_Case], tagger: StanceTagger) -> Iterator[list[_Answers]]:
    """Yield the answers of each case, by text; all cases are judged in one batch."""
    asked = [(case.test.template, text) for case in cases for text in case.texts]
    examples = [
        Example(text.text, text.marks, text.actor(slot), text.context, text.cast.day, text.conflict_id)
        for template, text in asked
        if not template.raw
        for slot in template.judged
    ]
    documents = [
        make_document(text.text, date=text.cast.day, conflict=text.conflict_id)
        for template, text in asked
        if template.raw
    ]
    marked = iter(tagger.predict(examples))
    found = tagger.pipe(documents, keep_all=True, any_language=True)
    for case in cases:
        judged, raw = case.test.template.judged, case.test.template.raw
        yield [
            _found(text, next(found), judged=judged) if raw else {slot: _said(next(marked)) for slot in judged}
            for text in case.texts
        ]


def _said(tag: StanceTag) -> _Answer:
    return _Answer(
        types=frozenset(tag.types),
        supports=tag.supports.side if tag.supports else "",
        opposes=tag.opposes.side if tag.opposes else "",
        target=tag.target.actor if tag.target else "",
        status=tag.status,
    )


def _found(text: _Text, tags: Sequence[StanceTag], *, judged: Sequence[str]) -> _Answers:
    """Return the answers in a text whose actors the tagger found; of several sentences the first that has a stance."""
    answers = {}
    for slot in judged:
        own = [_said(tag) for tag in tags if tag.actor.id == text.actor(slot)]
        answers[slot] = next((answer for answer in own if answer.types), own[0] if own else _Answer(None))
    return answers


# ---- Judging ----


def _fault(case: _Case, answers: Sequence[_Answers]) -> BehaviourExample | None:
    """Return the first thing that is wrong with the answers of a case."""
    check = {"minimum": _minimum, "invariance": _invariance, "direction": _direction}[case.kind]
    for slot, expected, said in check(case, answers):
        text = " → ".join(text.text for text in case.texts)
        return BehaviourExample(text=text, actor=case.texts[0].actor(slot), expected=expected, said=said)
    return None


_Faults = Iterator[tuple[str, str, str]]
"""Whose answer is wrong, what was expected and what was said."""


def _minimum(case: _Case, answers: Sequence[_Answers]) -> _Faults:
    for slot, expectation in case.test.template.expect.items():
        if not _meets(answers[0][slot], expectation, text=case.texts[0]):
            yield slot, _described(expectation, case.texts[0]), str(answers[0][slot])


def _invariance(case: _Case, answers: Sequence[_Answers]) -> _Faults:
    for slot in case.test.template.compared:
        first, second = answers[0][slot], answers[1][slot]
        if first.stance != second.stance:
            yield slot, "the same answer", f"{first} → {second}"


def _direction(case: _Case, answers: Sequence[_Answers]) -> _Faults:
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


def _exchanged(answer: _Answer, text: _Text) -> _Answer:
    one, other = (text.filling[slot].side for slot in ("p", "q"))
    sides = {one: other, other: one}
    return replace(
        answer,
        supports=sides.get(answer.supports, answer.supports),
        opposes=sides.get(answer.opposes, answer.opposes),
    )


def _meets(answer: _Answer, expectation: Expectation, *, text: _Text) -> bool:
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


def _described(expectation: Expectation, text: _Text) -> str:
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


# ---- Counting ----


def _row(outcomes: Sequence[_Outcome], *, seed: int) -> BehaviourRow:
    """Count the cases of a capability and kind; examples are of the templates that fail most, one each."""
    by_template: dict[str, list[_Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_template[outcome.case.test.template.text].append(outcome)
    faults = {text: [o.fault for o in group if o.fault] for text, group in by_template.items()}
    worst = sorted(faults, key=lambda text: -len(faults[text]) / len(by_template[text]))
    counts = np.array([(len(faults[text]), len(group)) for text, group in by_template.items()])
    failed, n = counts.sum(axis=0).tolist()
    first = outcomes[0].case
    return BehaviourRow(
        capability=first.test.template.capability,
        kind=first.kind,
        description=first.test.description,
        cases=n,
        failed=failed,
        rate=Estimate(value=failed / n, interval=_interval(counts, seed)),
        examples=tuple(faults[text][0] for text in worst[:_N_EXAMPLES] if faults[text]),
    )


def _interval(counts: npt.NDArray[np.int64], seed: int) -> Interval | None:
    """Return the 95 % bootstrap interval of a rate; None for a single template, which says nothing of others.

    Args:
        counts: Failed cases and cases of each template; shape ``(n_templates, 2)``.
        seed: Of the resamples.
    """
    n = len(counts)
    if n < 2:
        return None
    drawn = np.random.default_rng(seed).integers(n, size=(_N_RESAMPLES, n))
    failed, cases = counts[drawn].sum(axis=1).T
    low, high = np.quantile(failed / cases, (0.025, 0.975))
    return float(low), float(high)
