"""The sparse features of the linear model: what the words around an actor, or between a pair, are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from stancelib.rendering import BOTH, OTHER, SELF, SPEAKER, TARGET, RoledSentence

_ROLES = frozenset((SELF, TARGET, OTHER, BOTH))
_BREAKS = frozenset(
    (
        *(",", ";", ":", "-", "–", "—", "(", ")", '"', "while", "but", "although", "though", "whilst", "as", "that"),
        *("which", "who", "whose", "when", "after", "befor", "if", "becaus", "sinc"),
    )
)
_NEGATIONS = frozenset(
    (
        *("not", "no", "never", "without", "neither", "nor", "none", "deni", "refus", "declin", "reject", "if"),
        *("unless", "would", "could", "might", "may", "cannot", "yet", "fail"),
    )
)
_WINDOW = 6


def actor_features(rendered: RoledSentence, actor: str) -> set[str]:
    """Return the features of an actor in its sentence: for its types and its status."""
    tokens = rendered.view(actor)
    places = [i for i, token in enumerate(tokens) if token in (SELF, BOTH)]
    features = {f"w={token}" for token in tokens}
    features.update(f"b={left}_{right}" for left, right in pairwise(tokens))
    features.update(_negated(tokens))
    clauses = _clauses(tokens)
    own = {clauses[i] for i in places}
    features.update(f"c={token}" for token, clause in zip(tokens, clauses, strict=True) if clause in own)
    features.update(f"o={token}" for token, clause in zip(tokens, clauses, strict=True) if clause not in own)
    for place in places:
        features.update(_around(tokens, place, "s"))
    features.update(_order(tokens, places))
    if SPEAKER in tokens and tokens[0] == SELF:
        features.update(f"q={token}" for token in tokens[2:])
    return features


def pair_features(rendered: RoledSentence, actor: str, target: str) -> set[str]:
    """Return the features of an ordered pair of actors: for the direction and the target."""
    tokens = rendered.view(actor, target)
    self_places = [i for i, token in enumerate(tokens) if token in (SELF, BOTH)]
    target_places = [i for i, token in enumerate(tokens) if token in (TARGET, BOTH)]
    here, there = min(
        ((s, t) for s in self_places for t in target_places), key=lambda pair: (abs(pair[0] - pair[1]), pair)
    )
    features = {f"w={token}" for token in tokens}
    features.update(_negated(tokens))
    features.update(_between(tokens, here, there))
    features.update(_around(tokens, there, "t"))
    features.update(_around(tokens, here, "s"))
    for place in target_places:
        features.update(_around(tokens, place, "T"))
    clauses = _clauses(tokens)
    if clauses[here] == clauses[there]:
        features.add("same-clause")
    features.update(f"tc={token}" for token, c in zip(tokens, clauses, strict=True) if c == clauses[there])
    return features


def _around(tokens: Sequence[str], place: int, name: str) -> Iterator[str]:
    """Yield what stands left and right of a place: as a bag, and as n-grams that touch it."""
    left, right = tokens[max(0, place - _WINDOW) : place], tokens[place + 1 : place + 1 + _WINDOW]
    yield from (f"{name}l={token}" for token in left)
    yield from (f"{name}r={token}" for token in right)
    for n in (1, 2, 3):
        if len(left) >= n:
            yield f"{name}L={'_'.join(left[-n:])}"
        if len(right) >= n:
            yield f"{name}R={'_'.join(right[:n])}"


def _between(tokens: Sequence[str], here: int, there: int) -> Iterator[str]:
    """Yield what stands between two places, with the order in which they come."""
    order = "st" if here < there else "ts" if there < here else "same"
    middle = tokens[min(here, there) + 1 : max(here, there)]
    yield f"order={order}"
    yield f"gap={order}{min(len(middle) // 3, 6)}"
    yield f"others={order}{min(sum(token == OTHER for token in middle), 3)}"
    yield from (f"m{order}={token}" for token in middle)
    yield from (f"m{order}={left}_{right}" for left, right in pairwise(middle))
    if len(middle) <= 5:
        yield f"path{order}={'_'.join(middle)}"


def _order(tokens: Sequence[str], places: Sequence[int]) -> Iterator[str]:
    """Yield where the actor stands among the actors of the sentence."""
    mentioned = [i for i, token in enumerate(tokens) if token in _ROLES]
    first = mentioned.index(places[0])
    yield f"first={min(first, 3)}"
    yield f"actors={min(len(mentioned), 4)}"
    if places[0] == 0:
        yield "begins"


def _negated(tokens: Sequence[str]) -> Iterator[str]:
    for i, token in enumerate(tokens):
        if token in _NEGATIONS:
            yield from (f"n={token}_{after}" for after in tokens[i + 1 : i + 5])


def _clauses(tokens: Sequence[str]) -> list[int]:
    """Number the clauses, roughly: a new one begins at a comma, a bracket, a quotation mark or a conjunction."""
    clause, clauses = 0, []
    for token in tokens:
        clause += token in _BREAKS
        clauses.append(clause)
    return clauses
