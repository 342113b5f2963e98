"""Actors in running text: which stretches of a document name whom."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from stancelib.aliases import AliasTable, Hit
from stancelib.building import take
from stancelib.conflict import Conflict
from stancelib.folding import Folded, fold
from stancelib.learning import find_learned
from stancelib.lexicon import Lexicon, load_common_words, load_lexicon
from stancelib.phrases import begins_sentence
from stancelib.scan import Scan, touches
from stancelib.types import Actor, Document, Mention
from stancelib.world import World, load_world

_RIVAL_NOUN = re.compile(
    r"(?i:sides|parties|factions|camps|belligerents|militaries|armies|generals|"
    r"(?:n?either|each) (?:side|party|camp|faction))\b"
)
_RIVAL_REACH = 48
_MET_AFTER = re.compile(r" (?:also |then )?(?:discussed|exchanged|reviewed|held talks)\b")
_MET_BEFORE = re.compile(r"\b(?:[Dd]uring|[Aa]t|[Aa]fter) (?:the|their) (?:meeting|talks|call|conversation|visit), $")
_TWO = re.compile(r"(?:the )?(?:both|n?either|two)\b", re.IGNORECASE)
_NAME = r"[A-Z][^\W\d_]+(?:[-'](?!s\b)[^\W\d_]+)*"
_CAPITALISED = re.compile(rf"(?:al-|el-)?{_NAME}(?: (?:(?:of|al|el|bin|ibn|de|van|von) )?{_NAME})*")


class ActorIndex:
    """The actors of a world and a conflict, ready to be found in documents."""

    def __init__(self, world: World, conflict: Conflict | None = None) -> None:
        """Build the index.

        Args:
            world: The states and organisations.
            conflict: Its actors come on top, and its aliases beat the world's.
        """
        self.world = world
        self.conflict = conflict
        self._table = AliasTable(world, conflict)
        self._lexicon = load_lexicon()
        self._rivals = _rivals_pattern(self._lexicon)

    def actor(self, actor_id: str) -> Actor:
        """Return the actor of an id; one that no file knows is named by its id."""
        local = self.conflict.actor(actor_id) if self.conflict else None
        known = self.world.actor(actor_id)
        if known is not None:
            return known
        return Actor(actor_id, local.name or actor_id, local.kind) if local else Actor(actor_id, actor_id)

    def knows(self, actor_id: str) -> bool:
        """Say whether the world or the conflict has an actor of an id."""
        return actor_id in self.world.actors or (
            self.conflict is not None and self.conflict.actor(actor_id) is not None
        )

    def find(self, document: Document) -> list[Mention]:
        """Return the mentions of actors in a document, in order; only those of one list share a span."""
        folded = fold(document.text)
        scan = self._scanned(document, folded)
        built = sorted(scan.built, key=lambda found: found.start)
        named = [Mention(found.actor, *folded.span(found.start, found.end)) for found in built if found.actor]
        listed = [mention for mention in self._listed(document, folded, named) if not _overlaps(mention, named)]
        return sorted(named + listed, key=lambda mention: (mention.start, mention.end))

    def unknown_names(self, document: Document, mentions: Sequence[Mention]) -> Counter[str]:
        """Count the capitalised names of a document that no file knows.

        Args:
            document: The document.
            mentions: What was found in it.
        """
        folded = fold(document.text)
        taken = [(hit.start, hit.end) for hit in self._hits(document, folded)]
        names: Counter[str] = Counter()
        for match in _CAPITALISED.finditer(folded.text):
            start, end = folded.span(*match.span())
            known = any(mention.start < end and start < mention.end for mention in mentions)
            if not known and not _in_regions(document, start) and not touches(taken, match.span()):
                name = _stripped(folded.text, match.span(), self._lexicon)
                names.update([name] if name else [])
        return names

    def _hits(self, document: Document, folded: Folded) -> list[Hit]:
        hits = self._table.hits(folded.text, document.date)
        if not document.regions:
            return hits
        return [hit for hit in hits if not _in_regions(document, folded.offset(hit.start))]

    def _scanned(self, document: Document, folded: Folded) -> Scan:
        scan = Scan(folded.text, self._hits(document, folded), self._lexicon)
        for index in range(len(scan.hits)):
            if scan.hits[index].start >= scan.floor:
                take(scan, index)
        if scan.learned:
            find_learned(scan)
            if document.regions:
                scan.built = [b for b in scan.built if not _in_regions(document, folded.offset(b.start))]
        return scan

    def _listed(self, document: Document, folded: Folded, named: Sequence[Mention]) -> list[Mention]:
        spans = [folded.span(*span) for span in _rival_spans(folded.text, self._rivals)] if self.conflict else []
        principals = self.conflict.principals(document.date) if self.conflict and spans else ()
        if self.conflict is None or len(principals) < 2:
            return []
        return [
            Mention(actor, start, end, "list")
            for start, end in spans
            if not _in_regions(document, start) and not _is_meeting(document.text, start, end)
            for actor in _meant(self.conflict, document, principals, span=(start, end), named=named)
        ]


def unknown_names(document: Document, mentions: Sequence[Mention], *, index: ActorIndex | None = None) -> Counter[str]:
    """Count the capitalised names of a document that no file knows.

    Args:
        document: The document.
        mentions: What was found in it.
        index: Whose names are known; None: the world's.
    """
    return (index or ActorIndex(load_world())).unknown_names(document, mentions)


def _rival_spans(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield where the rivals are named as one; the rare nouns are looked for first."""
    done = 0
    for noun in _RIVAL_NOUN.finditer(text):
        match = pattern.search(text, max(done, noun.start() - _RIVAL_REACH), noun.end() + _RIVAL_REACH)
        if match is not None and match.start() <= noun.start():
            done = match.end()
            yield match.span()


def _rivals_pattern(lexicon: Lexicon) -> re.Pattern[str]:
    words, nouns, subjects = (
        "|".join(sorted(group)) for group in (lexicon.rival_words, lexicon.rival_nouns, lexicon.rival_subjects)
    )
    number = "(?:two|three|four)"
    single = r"(?:n?either|each) (?:side|party|camp|faction)"
    quantified = (
        rf"(?:both|all|neither|either)(?: of)?(?: the)?(?: {number})?(?: (?:{words}))? (?:sides|parties|factions|camps)"
    )
    qualified = rf"(?:the )?(?:{number} )?(?:{words})(?: and (?:{words}))? (?:{nouns})"
    plain = rf"the {number} sides|the belligerents|(?:the )?parties to the (?:{subjects})"
    # "both sides of the border" are no rivals, "both sides of the conflict" are.
    elsewhere = rf"(?! of (?!\w+ing\b|(?:the|this|that|their)? ?(?:[\w-]+ ){{0,4}}(?:{subjects})\b))"
    return re.compile(
        rf"\b(?:{quantified}(?: (?:to|in) the (?:{subjects}))?|{qualified}|{plain}|{single})\b(?!-){elsewhere}",
        re.IGNORECASE,
    )


def _is_meeting(text: str, start: int, end: int) -> bool:
    """Say whether "the two sides" are those who met: "During the meeting, the two sides exchanged views"."""
    if _TWO.match(text, start) is None:
        return False
    return _MET_AFTER.match(text, end) is not None or _MET_BEFORE.search(text, max(0, start - 60), start) is not None


def _meant(
    conflict: Conflict,
    document: Document,
    principals: Sequence[str],
    *,
    span: tuple[int, int],
    named: Sequence[Mention],
) -> Sequence[str]:
    """Return which rivals are meant: of three and more sides "both" are the two that were named last."""
    sides = {actor: conflict.sides_of(actor, document.date) for actor in principals}
    if len(set(sides.values())) < 3 or not _TWO.match(document.text, span[0]):
        return principals
    recent: dict[str, None] = {}
    for mention in reversed([mention for mention in named if mention.end <= span[0]]):
        for side in conflict.sides_of(mention.actor, document.date):
            if len(recent) < 2:
                recent[side] = None
    if len(recent) == 2:
        return [actor for actor in principals if recent.keys() & sides[actor]]
    return () if document.text[span[0] : span[1]].lower().startswith(("the two", "two")) else principals


def _in_regions(document: Document, position: int) -> bool:
    return any(region.start <= position < region.end for region in document.regions)


def _overlaps(mention: Mention, others: Sequence[Mention]) -> bool:
    return any(other.start < mention.end and mention.start < other.end for other in others)


def _stripped(text: str, span: tuple[int, int], lexicon: Lexicon) -> str:
    """Return a capitalised name without the title or function word before it; empty if nothing is left."""
    words = text[span[0] : span[1]].split()
    at_start = begins_sentence(text, span[0])
    while words:
        lower = words[0].lower()
        if lower not in lexicon.function_words and not (at_start and lower in load_common_words()):
            break
        words, at_start = words[1:], False
    while words and words[-1].lower() in lexicon.calendar:
        words.pop()
    return " ".join(words)
