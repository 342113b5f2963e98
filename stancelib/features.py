"""The sparse features of the linear model: what the words around an actor, or between a pair, are.

Two streams are read: the words (as stems), and the classes of acts that they speak of (``cues``), which carry over to
words that training has not seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from stancelib.rendering import BOTH, OTHER, SELF, SPEAKER, TARGET, RoledSentence, View

_ROLES = frozenset((SELF, TARGET, OTHER, BOTH))
_BREAKS = frozenset(
    (
        *(",", ";", ":", "–", "—", "(", ")", '"', "while", "but", "although", "though", "whilst", "as", "that"),
        *("which", "who", "whose", "when", "after", "befor", "if", "becaus", "sinc"),
    )
)
_NEGATIONS = frozenset(
    (
        *("not", "no", "never", "without", "neither", "nor", "none", "deni", "refus", "declin", "reject", "if"),
        *("unless", "would", "could", "might", "may", "cannot", "yet", "fail"),
    )
)
_MODES = frozenset(("negate", "unreal", "plan", "past"))
"""Classes that say how an act is meant, not what it is."""

_BE = frozenset(("was", "were", "been", "be", "is", "are", "being"))
_WINDOW = 6


def actor_features(rendered: RoledSentence, actor: str) -> set[str]:
    """Return the features of an actor in its sentence: for its types and its status."""
    view = rendered.view(actor)
    tokens = view.tokens
    places = [i for i, token in enumerate(tokens) if token in (SELF, BOTH)]
    clauses = _clauses(tokens)
    own = {clauses[i] for i in places}
    features = {f"w={token}" for token in tokens}
    features.update([f"b={left}_{right}" for left, right in pairwise(tokens)])
    features.update(_negated(tokens))
    features.update([f"c={token}" for token, clause in zip(tokens, clauses, strict=True) if clause in own])
    for place in places:
        features.update(_around(tokens, place, "s"))
    features.update(_order(tokens, places))
    features.update(_acts(view, clauses, own))
    features.update(_speech(view))
    return features


def pair_features(rendered: RoledSentence, actor: str, target: str) -> set[str]:
    """Return the features of an ordered pair of actors: for the direction and the target."""
    view = rendered.view(actor, target)
    tokens, cues = view.tokens, view.cues
    here, there = _nearest(tokens)
    clauses = _clauses(tokens)
    features = {f"w={token}" for token in tokens}
    features.update(_negated(tokens))
    features.update(_between(tokens, here, there))
    features.update(_around(tokens, there, "t"))
    features.update(_around(tokens, here, "s"))
    features.update(_around_cues(tokens, cues, there, "t"))
    features.update(_between_cues(view, here, there))
    features.update(f"a={name}" for names in cues for name in names)
    if clauses[here] == clauses[there]:
        features.add("same-clause")
    there_clause = clauses[there]
    features.update([f"tc={token}" for token, clause in zip(tokens, clauses, strict=True) if clause == there_clause])
    return features


def _acts(view: View, clauses: Sequence[int], own: set[int]) -> Iterator[str]:
    """Yield for each act that the sentence speaks of how it stands to the actor: whose act it seems, and how meant."""
    tokens, cues = view.tokens, view.cues
    modes = _modes(cues, clauses)
    for place, names in enumerate(cues):
        if not names:
            continue
        role, after = _agent(view, place), _next_role(tokens, place)
        for name in names:
            yield f"a={name}"
            if name in _MODES:
                continue
            yield f"agent={role}:{name}"
            yield f"agent={role}:{name}:{tokens[place]}"
            yield f"patient={after}:{name}"
            if clauses[place] in own:
                yield f"ac={name}"
            for mode in modes[clauses[place]]:
                yield f"mode={mode}:{role}:{name}"


def _speech(view: View) -> Iterator[str]:
    """Yield the acts and words in what the actor says: in its quotation, and after its "said"."""
    tokens, cues = view.tokens, view.cues
    quoted = view.quoted
    if tokens[0] == SELF and tokens[1:2] == [SPEAKER]:
        spoken = list(range(2, len(tokens)))
    else:
        said = [i for i, names in enumerate(cues) if "say" in names and not quoted[i] and _says(view, i)]
        if not said:
            return
        yield "says"
        spoken = [i for i in range(len(tokens)) if quoted[i] or i > said[0]]
    for i in spoken:
        yield from (f"{'q' if quoted[i] else 'i'}={name}" for name in cues[i])
        if quoted[i]:
            yield f"qw={tokens[i]}"


def _says(view: View, place: int) -> bool:
    """Say whether the verb of speech at a place is the actor's: next to it, or with the actor before it."""
    near = view.tokens[max(0, place - 3) : place + 3]
    roles = [token for token in near if token in _ROLES]
    return SELF in roles or BOTH in roles or (not roles and _previous_role(view, place) in (SELF, BOTH))


def _agent(view: View, place: int) -> str:
    """Guess who does the act at a place: after "by" in a passive, else the last subject before it, else who follows."""
    tokens = view.tokens
    if _BE.intersection(tokens[max(0, place - 3) : place]) or tokens[place + 1 : place + 2] == ["by"]:
        for i in range(place + 1, min(len(tokens) - 1, place + 9)):
            if tokens[i] == "by" and (role := _next_role(tokens[: i + 5], i)):
                return f"by{role}"
        return "passive" + _previous_role(view, place)
    return _previous_role(view, place) or "after" + _next_role(tokens, place)


def _previous_role(view: View, place: int) -> str:
    """Return the role of the nearest actor before a place that is no object; else of the nearest."""
    nearest = ""
    for i in range(place - 1, -1, -1):
        if view.tokens[i] in _ROLES:
            nearest = nearest or view.tokens[i]
            if not _is_object(view, i):
                return view.tokens[i]
    return nearest


def _is_object(view: View, place: int) -> bool:
    """Say whether a preposition or a verb stands right before an actor: "on the Guard", "condemned the Guard"."""
    before = place - 1
    while before > 0 and view.tokens[before] in _DETERMINERS:
        before -= 1
    return before >= 0 and (view.tokens[before] in _OBJECT or bool(_VERBAL.intersection(view.cues[before])))


_OBJECT = frozenset(("of", "to", "for", "with", "by", "on", "against", "in", "from", "at", "over", "between", "into"))
_DETERMINERS = frozenset(("the", "a", "all", "both", "its", "their", "his", "her", "our", "rival", "enemi"))
_VERBAL = frozenset(
    (
        *("condemn", "accuse", "urge", "demand", "meet", "support", "supply", "reject", "threat", "sanction", "attack"),
        *("coerce", "cooperate", "law", "yield"),
    )
)
"""The classes of which most words are verbs that take an object."""


def _next_role(tokens: Sequence[str], place: int) -> str:
    return next((token for token in tokens[place + 1 :] if token in _ROLES), "")


def _modes(cues: Sequence[tuple[str, ...]], clauses: Sequence[int]) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in range(clauses[-1] + 1)]
    for names, clause in zip(cues, clauses, strict=True):
        if names:
            found[clause] += [name for name in names if name in _MODES]
    return found


def _around(tokens: Sequence[str], place: int, name: str) -> list[str]:
    """Return what stands left and right of a place: as a bag, and as n-grams that touch it."""
    left, right = tokens[max(0, place - _WINDOW) : place], tokens[place + 1 : place + 1 + _WINDOW]
    found = [f"{name}l={token}" for token in left]
    found += [f"{name}r={token}" for token in right]
    found += [f"{name}L={'_'.join(left[-n:])}" for n in (1, 2, 3) if len(left) >= n]
    found += [f"{name}R={'_'.join(right[:n])}" for n in (1, 2, 3) if len(right) >= n]
    return found


def _around_cues(tokens: Sequence[str], cues: Sequence[tuple[str, ...]], place: int, name: str) -> Iterator[str]:
    before = tokens[place - 1] if place else ""
    for i in range(max(0, place - _WINDOW), min(len(tokens), place + _WINDOW + 1)):
        for cue in cues[i]:
            side = "l" if i < place else "r"
            yield f"{name}{side}a={cue}"
            if i < place:
                yield f"{name}p={before}:{cue}"


def _between(tokens: Sequence[str], here: int, there: int) -> list[str]:
    """Return what stands between two places, with the order in which they come."""
    order = _direction(here, there)
    middle = tokens[min(here, there) + 1 : max(here, there)]
    found = [
        f"order={order}",
        f"gap={order}{min(len(middle) // 3, 6)}",
        f"others={order}{min(middle.count(OTHER), 3)}",
    ]
    found += [f"m{order}={token}" for token in middle]
    found += [f"m{order}={left}_{right}" for left, right in pairwise(middle)]
    if len(middle) <= 5:
        found.append(f"path{order}={'_'.join(middle)}")
    return found


def _between_cues(view: View, here: int, there: int) -> Iterator[str]:
    tokens, cues = view.tokens, view.cues
    order = _direction(here, there)
    before = tokens[there - 1] if there else ""
    for i in range(min(here, there) + 1, max(here, there)):
        if not cues[i]:
            continue
        agent = _agent(view, i)
        for cue in cues[i]:
            yield f"am{order}={cue}"
            yield f"am{order}={cue}:{before}"
            yield f"am{order}={cue}:{agent}"


def _direction(here: int, there: int) -> str:
    return "st" if here < there else "ts" if there < here else "same"


def _nearest(tokens: Sequence[str]) -> tuple[int, int]:
    """Return the places of the mention of the actor and the one of the target that are nearest to each other."""
    selves = [i for i, token in enumerate(tokens) if token in (SELF, BOTH)]
    targets = [i for i, token in enumerate(tokens) if token in (TARGET, BOTH)]
    return min(((s, t) for s in selves for t in targets), key=lambda pair: (abs(pair[0] - pair[1]), pair))


def _order(tokens: Sequence[str], places: Sequence[int]) -> Iterator[str]:
    """Yield where the actor stands among the actors of the sentence."""
    mentioned = [i for i, token in enumerate(tokens) if token in _ROLES]
    yield f"first={min(mentioned.index(places[0]), 3)}"
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
