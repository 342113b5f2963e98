"""Several actors as one: whom a sentence joins, and who "both", "the two countries" or "the three ministers" are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from stancelib.antecedents import Names, first_of_each
from stancelib.attribution_words import load_attribution_words
from stancelib.cast import Cast
from stancelib.items import Item
from stancelib.types import Mention

_NUMBERS = {"three": 3, "four": 4, "five": 5, "trio": 3, "quartet": 4}
_ARTICLES = frozenset({"the", "his", "her", "its", "their", "also", "both"})
_STATES = (
    "countries",
    "states",
    "nations",
    "governments",
    "capitals",
    "neighbours",
    "neighbors",
    "powers",
    "armies",
    "militaries",
)
_RIVALS = ("rivals", "enemies", "sides", "parties", *(word for word in _STATES if word != "powers"))
"""Where nobody else was joined, "both capitals" and "the two rivals" are those whose conflict it is."""


def number_of(low: str) -> int:
    """Return how many actors an expression stands for: "the three ministers" for 3, "both" for 2."""
    return next((_NUMBERS[word] for word in low.split() if word in _NUMBERS), 2)


def find_pair(items: Sequence[Item], acting: Names) -> Names:
    """Return the two actors that a sentence joins: "X and Y", "X met with Y"; empty where it joins none or more."""
    if len({name.actor for name in acting}) == 2:
        return first_of_each(acting)
    actors = {name.actor for item in items if not item.reference for name in item.mentions}
    if len(actors) < 2:
        return ()
    joined = [pair for pair in _lists(items) if len(pair) == 2]
    if joined:
        return joined[0] if len({frozenset(name.actor for name in pair) for pair in joined}) == 1 else ()
    if len(actors) == 2 and acting and _meets(items):
        return first_of_each(_named(items))
    return ()


def find_groups(items: Sequence[Item], acting: Names) -> Iterator[Names]:
    """Yield the lists of three and more actors of a sentence, and all its actors if they meet."""
    for names in _lists(items):
        if len(names) > 2:
            yield names
    together = first_of_each(_named(items))
    if len(together) > 2 and acting and _meets(items):
        yield together


def _named(items: Sequence[Item]) -> list[Mention]:
    return [name for item in items if not item.reference for name in item.mentions]


def _meets(items: Sequence[Item]) -> bool:
    meetings = load_attribution_words()["meetings"]
    return any(item.low in meetings for item in items)


def _lists(items: Sequence[Item]) -> Iterator[Names]:
    """Yield the lists of names that end in "and" and one more name, each name of another actor."""
    for place in range(1, len(items) - 1):
        if items[place].low != "and":
            continue
        following = place + 1
        while following < len(items) - 1 and _is_article(items[following]):
            following += 1
        if not items[following].mentions and following < len(items) - 1:
            following += 1  # "and ally Y"
        if len(items[following].mentions) == 1:
            names = first_of_each([*_before(items, place), items[following].mentions[0]])
            if len(names) > 1:
                yield names


def _before(items: Sequence[Item], place: int) -> list[Mention]:
    """Return the names of a list that stand before its "and"."""
    names: list[Mention] = []
    i = place - 1 - (items[place - 1].low == ",")
    while i >= 0 and len(items[i].mentions) == 1:
        names.insert(0, items[i].mentions[0])
        i -= 1
        while i >= 0 and _is_article(items[i]):
            i -= 1
        if i < 0 or items[i].low != ",":
            break
        i -= 1
    return names


def _is_article(item: Item) -> bool:
    return item.low in _ARTICLES and not item.mentions


@dataclass(slots=True)
class Company:
    """The actors that the last sentences joined.

    Attributes:
        cast: The actors of the document.
        principals: The states whose conflict it is.
        pairs: The two that each of the last sentences joins; empty where it joins none.
        groups: The last list of each length from three up.
    """

    cast: Cast
    principals: Names = ()
    pairs: list[Names] = field(default_factory=list)
    groups: dict[int, Names] = field(default_factory=dict)

    def remember(self, items: Sequence[Item], acting: Names, *, window: int) -> None:
        """Keep whom a sentence joins."""
        if sum(bool(item.mentions) for item in items) < 2:  # most sentences: nobody to join
            self.pairs = [*self.pairs[1 - window :], first_of_each(acting) if len(acting) == 2 else ()]
            return
        self.pairs = [*self.pairs[1 - window :], find_pair(items, acting)]
        for names in find_groups(items, acting):
            self.groups[len(names)] = names

    def copy(self) -> Company:
        """Return what is known now."""
        return Company(self.cast, self.principals, list(self.pairs), dict(self.groups))

    def resolve(self, items: Sequence[Item], place: int) -> Names:
        """Return whom "the two countries" or "the three ministers" at a place stands for."""
        low = items[place].low
        number = number_of(low)
        if number > 2:
            return self._fitting(low, self.groups.get(number, ()))
        found = self._fitting(low, find_pair(items[:place], tuple(_named(items[:place])[:1])))
        if found:
            return found
        pair = next((names for names in reversed(self.pairs) if names), ())
        rivals = self.principals if len(self.principals) == 2 and low.endswith(_RIVALS) else ()
        if (
            rivals
            and (place > 1 or not pair)
            and {name.actor for name in pair}.isdisjoint(name.actor for name in rivals)
        ):
            return rivals  # after "Austria and Italy declined", they are still those whose conflict it is
        return self._fitting(low, pair) or rivals

    def _fitting(self, low: str, names: Names) -> Names:
        states = load_attribution_words().kinds["state"]
        if low.endswith(_STATES) and not all(self.cast.kind(name.actor) in states for name in names):
            return ()
        return names
