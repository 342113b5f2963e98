"""Names that a document itself introduces: "(GNA)" after a name, the holder of an office, apposed names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stancelib.aliases import Hit, Sense, surnames_of
from stancelib.lexicon import load_common_words
from stancelib.phrases import begins_sentence, head_run, possessive_end, previous_word, title_start
from stancelib.places import is_acronym
from stancelib.scan import Built, Scan, touches

_ACRONYM = re.compile(r" \(([A-Z][A-Za-z.&-]{1,9})[);,]")
_SHORT_HEADS = frozenset(
    {"front", "council", "league", "movement", "alliance", "coalition", "union", "congress", "assembly", "brigades"}
    | {"commission", "court", "tribunal", "quartet", "organization", "organisation", "party"}
)
"""With a capital and by themselves they are short for a full name that the text has given."""
_APPOSED_AFTER = re.compile(r",((?: (?:al-|el-)?[A-Z][^\W\d_]+(?:-[^\W\d_]+)*){2,4}),")
_APPOSED_BEFORE = re.compile(
    r"((?:(?:al-|el-)?[A-Z][^\W\d_]+(?:-[^\W\d_]+)* ){1,3}(?:al-|el-)?[A-Z][^\W\d_]+(?:-[^\W\d_]+)*), (?:an? )?$"
)


def learn(scan: Scan, name: str, actor: str, position: int) -> None:
    """Keep a name and its surname for the rest of the document."""
    for text in (name, *surnames_of(name, actor=actor)):
        if text.lower() not in load_common_words() and text.lower() not in scan.lexicon.function_words:
            scan.learned.setdefault(text, (actor, position))


def learn_acronym(scan: Scan, hit: Hit, built: Built) -> None:
    """Learn "(GNA)" after a name."""
    for end in {hit.end, built.end}:
        match = _ACRONYM.match(scan.text, end)
        if match and sum(map(str.isupper, match[1])) > 1 and hit.sense.kind not in ("person", "short", "surname"):
            scan.learned.setdefault(match[1], (built.actor, match.start(1)))


def learn_short(scan: Scan, hit: Hit, built: Built) -> None:
    """Learn "the Front" from "the Highland Front"; what two actors' names end in is nobody's."""
    words = hit.sense.text.split()
    last = words[-1]
    if len(words) < 2 or hit.sense.kind != "name" or not last.istitle() or last.lower() not in _SHORT_HEADS:
        return
    if scan.text[hit.end - len(last) : hit.end] != last or hit.sense.text.startswith("the "):
        return
    known = scan.learned.setdefault(last, (built.actor, hit.end))
    if known[0] != built.actor:
        scan.learned[last] = ("", known[1])


def learn_apposed(scan: Scan, built: Built) -> None:
    """Learn the unknown name beside a description: "Hulusi Akar, the Turkish defence minister,"."""
    after = _APPOSED_AFTER.match(scan.text, built.end)
    if after is not None and not _is_hit(scan, after.span(1)):
        name = after[1].strip()
        learn(scan, name, built.actor, after.start(1))
        return
    if scan.text[built.end : built.end + 1] not in (",", ".", ";", ")"):
        return
    window = max(scan.floor, built.start - 80)
    before = _APPOSED_BEFORE.search(scan.text[window : built.start])
    if before is None:
        return
    start = window + before.start(1)
    found = previous_word(scan.text, start)
    if (found and found[0].lower() in scan.lexicon.locatives) or _is_hit(scan, (start, window + before.end(1))):
        return
    words = before[1].split()
    while words and words[0].lower() in scan.lexicon.function_words:
        words = words[1:]
    if len(words) > 1:
        learn(scan, " ".join(words), built.actor, start)


def _is_hit(scan: Scan, span: tuple[int, int]) -> bool:
    return any(hit.start < span[1] and span[0] < hit.end for hit in scan.hits if hit.sense.kind != "surname")


def find_learned(scan: Scan) -> None:
    """Add the mentions by names that the document introduced."""
    names = sorted(scan.learned, key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, names))})(?![\w-])")
    taken = [(built.start, built.end) for built in scan.built]
    taken += [(hit.start, hit.end) for hit in scan.hits if hit.sense.kind not in ("surname", "former")]
    for match in pattern.finditer(scan.text):
        actor, known_from = scan.learned[match[0]]
        if (
            not actor
            or match.start() < known_from
            or _goes_on(scan, match)
            or touches(taken, match.span())
            or _has_other_first_name(scan, match)
        ):
            continue
        start, end = match.start(), match.end()
        if not is_acronym(Sense(match[0], actor, "name")):
            start, _ = title_start(scan.text, start, floor=_floor_before(taken, start), lexicon=scan.lexicon)
        owned = possessive_end(scan.text, end)
        run = head_run(
            scan.text,
            owned or end,
            limit=_ceiling_after(taken, end, len(scan.text)),
            heads=scan.lexicon.owned_heads - scan.lexicon.verb_like,
            lexicon=scan.lexicon,
        )
        scan.built.append(Built(start, end if run.distanced or not run.end else run.end, actor))


def _goes_on(scan: Scan, match: re.Match[str]) -> bool:
    """Say whether a short form begins or ends a longer name: "Council of Ministers", "City Council"."""
    if match[0].lower() not in _SHORT_HEADS:
        return False
    found = previous_word(scan.text, match.start())
    if scan.text.endswith(("' ", "'s "), 0, match.start()):
        return True  # "the Dockers' Union"
    if found is not None and found[0][0].isupper() and not begins_sentence(scan.text, found[1]):
        return True
    return re.compile(r"(?: of)? [A-Z]").match(scan.text, match.end()) is not None


def _has_other_first_name(scan: Scan, match: re.Match[str]) -> bool:
    if " " in match[0] or match[0].isupper():
        return False
    found = previous_word(scan.text, match.start())
    if found is None or not found[0][0].isupper() or found[0].endswith("'s"):
        return False
    lower = found[0].lower().removesuffix(".")
    if found[0].endswith(".") and len(lower) > 2 and lower not in scan.lexicon.abbreviations:
        return False  # the sentence before ends there
    return lower not in scan.lexicon.function_words and not (
        begins_sentence(scan.text, found[1]) and lower in load_common_words()
    )


def _floor_before(taken: Sequence[tuple[int, int]], position: int) -> int:
    return max((end for _, end in taken if end <= position), default=0)


def _ceiling_after(taken: Sequence[tuple[int, int]], position: int, default: int) -> int:
    return min((start for start, _ in taken if start >= position), default=default)
