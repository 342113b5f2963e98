"""What one pass over a document's aliases carries along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from stancelib.aliases import Hit
from stancelib.lexicon import Lexicon


@dataclass(frozen=True, slots=True)
class Built:
    """A mention in folded text, and whether an office, head or title is part of it."""

    start: int
    end: int
    actor: str
    described: bool = False


@dataclass(slots=True)
class Scan:
    """What one pass over a document knows so far."""

    text: str
    hits: Sequence[Hit]
    lexicon: Lexicon
    floor: int = 0
    """Where the last mention ends."""
    places_end: int = -1
    """Where the last hit that was meant as a place ends."""
    persons: dict[str, None] = field(default_factory=dict)
    """The persons whose full name was read, the last one last."""
    learned: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Names that the document introduced: whose, and from where on."""
    built: list[Built] = field(default_factory=list)

    def next_start(self, index: int, *, surnames: bool = True) -> int:
        """Return where the next hit starts, or the end of the text.

        Args:
            index: The number of a hit.
            surnames: Count plain surnames and former leaders too.
        """
        for number in range(index + 1, len(self.hits)):
            hit = self.hits[number]
            if surnames or hit.sense.kind not in ("surname", "former"):
                return hit.start
        return len(self.text)


def touches(spans: Sequence[tuple[int, int]], span: tuple[int, int]) -> bool:
    """Say whether a stretch overlaps one of others."""
    return any(start < span[1] and span[0] < end for start, end in spans)
