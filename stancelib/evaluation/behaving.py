"""Behavioural tests at work: cases made of templates, put to a tagger in one batch, and counted."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from stancelib.conflict import Conflict
from stancelib.evaluation.casting import Cast, invent_cast, make_casts
from stancelib.evaluation.faults import Answer, Answers, Case, find_fault
from stancelib.evaluation.filling import Draw, Text, fill, other_texts, write_text
from stancelib.evaluation.report import BehaviourExample, BehaviourRow
from stancelib.evaluation.resampling import number_documents, resample
from stancelib.evaluation.templates import BehaviourTest, Kind
from stancelib.metrics import ratio
from stancelib.reading import make_document
from stancelib.tagger import StanceTagger, load
from stancelib.types import Example, StanceTag
from stancelib.world import load_world

_N_EXAMPLES = 5
_N_TRIES = 3
"""How many fillings are drawn for each that is wanted, as some give a text again."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A case and what is wrong with its answers, if anything is."""

    case: Case
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
    usual = make_casts(conflicts, load_world())
    chosen = [test for test in tests if test.types <= known]
    groups = dict.fromkeys(test.names for test in chosen if test.names)
    invented = {names: [invent_cast(names, number=number)] for number, names in enumerate(groups, 1)}
    cases = [case for test in chosen for case in _cases(test, invented.get(test.names, usual), n=fillings, seed=seed)]
    made = [cast.conflict for (cast,) in invented.values() if cast.conflict]
    answered = _answer(cases, load(tagger.model, conflicts=[*conflicts, *made]))
    outcomes = [_Outcome(case, find_fault(case, answers)) for case, answers in zip(cases, answered, strict=True)]
    rows: dict[tuple[str, Kind], list[_Outcome]] = defaultdict(list)
    for outcome in outcomes:
        rows[outcome.case.test.template.capability, outcome.case.kind].append(outcome)
    return tuple(_row(group, seed=seed) for group in rows.values())


def _cases(test: BehaviourTest, casts: Sequence[Cast], *, n: int, seed: int) -> list[Case]:
    """Return the cases of a template: of each filling the first text alone, if its answer is known, and each pair."""
    template = test.template
    rng = np.random.default_rng([seed, zlib.crc32(template.text.encode())])
    first = int(rng.integers(len(casts)))
    found: dict[str, list[Case]] = {}
    for number in range(_N_TRIES * n):
        draw = Draw(template, casts[(first + number) % len(casts)], rng)
        filling = fill(draw) if len(found) < n else None
        if filling is None:
            continue
        text = write_text(template.text, filling, draw=draw)
        own = [Case(test, "minimum", (text,))] if template.expect else []
        pairs = [Case(test, template.kind, (text, other)) for other in other_texts(draw, filling)]
        found.setdefault(text.context + text.text, own + pairs)
    return [case for cases in found.values() for case in cases]


def _answer(cases: Sequence[Case], tagger: StanceTagger) -> Iterator[list[Answers]]:
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


def _said(tag: StanceTag) -> Answer:
    return Answer(
        types=frozenset(tag.types),
        supports=tag.supports.side if tag.supports else "",
        opposes=tag.opposes.side if tag.opposes else "",
        target=tag.target.actor if tag.target else "",
        status=tag.status,
    )


def _found(text: Text, tags: Sequence[StanceTag], *, judged: Sequence[str]) -> Answers:
    """Return the answers in a text whose actors the tagger found; of several sentences the first that has a stance."""
    answers = {}
    for slot in judged:
        own = [_said(tag) for tag in tags if tag.actor.id == text.actor(slot)]
        answers[slot] = next((answer for answer in own if answer.types), own[0] if own else Answer(None))
    return answers


def _row(outcomes: Sequence[_Outcome], *, seed: int) -> BehaviourRow:
    """Count the cases of a capability and kind."""
    first = outcomes[0].case
    failed = np.array([outcome.fault is not None for outcome in outcomes])
    # Over templates, not cases: the fillings of one share all words but the names.
    templates = number_documents([outcome.case.test.template.text for outcome in outcomes], seed=seed)
    found = resample(lambda weights: {"rate": ratio(failed @ weights, weights.sum(axis=0))}, templates)
    return BehaviourRow(
        capability=first.test.template.capability,
        kind=first.kind,
        description=first.test.description,
        cases=len(outcomes),
        failed=int(failed.sum()),
        rate=found["rate"].at(),
        examples=tuple(_worst(outcomes)[:_N_EXAMPLES]),
    )


def _worst(outcomes: Sequence[_Outcome]) -> list[BehaviourExample]:
    """Return the first fault of each template that has one; first those of the templates that fail most."""
    by_template: dict[str, list[BehaviourExample | None]] = defaultdict(list)
    for outcome in outcomes:
        by_template[outcome.case.test.template.text].append(outcome.fault)
    faults = [([fault for fault in group if fault], len(group)) for group in by_template.values()]
    faults.sort(key=lambda own: -len(own[0]) / own[1])
    return [own[0] for own, _ in faults if own]
