"""From an alias in its context to a mention: offices, titles, possessives and appositions join into one."""

from __future__ import annotations

import re

from stancelib.aliases import Hit, Sense
from stancelib.contexts import is_address, is_compound, is_homonym, is_inside_name, names_city_of
from stancelib.learning import learn, learn_acronym, learn_apposed, learn_short
from stancelib.lexicon import Lexicon, load_common_words
from stancelib.phrases import (
    begins_sentence,
    head_run,
    name_run,
    owner_before,
    possessive_end,
    previous_word,
    title_start,
    with_article,
)
from stancelib.places import continues_places, is_place
from stancelib.scan import Built, Scan

_SEATS = (" in ", " of ", " based in ")
_DATING = frozenset(
    {"in", "since", "until", "by", "last", "next", "this", "early", "mid", "late", "of", "from", "on", "before"}
)
_MEMBER = re.compile(r" (?:ally|member|partner|aspirant|candidate)(?: (?:state|country|nation))?\b(?! of)")
_POSTED = frozenset({"ambassador", "ambassadors", "representative", "envoy", "delegate"})
_ANY = frozenset({"any", "every", "no", "future", "next", "another"})
_SAID = frozenset({"said", "say", "says", "want", "insist", "deny", "refuse"})
_COORDINATION = re.compile(r"(?:, (?:and |or )?| and | or |/)(?:the )?")


def take(scan: Scan, index: int) -> None:
    """Turn a hit into a mention, if it names an actor here, and learn what the text says of it."""
    hit = scan.hits[index]
    built = _build(scan, index)
    if built is None:
        return
    if built.actor:
        scan.built.append(built)
        learn_acronym(scan, hit, built)
        learn_short(scan, hit, built)
        if built.described:
            learn_apposed(scan, built)
    scan.floor = max(scan.floor, built.end)


def _build(scan: Scan, index: int) -> Built | None:
    hit = scan.hits[index]
    kind = hit.sense.kind
    if kind in ("other", "former") or not hit.sense.actor or is_compound(scan.text, hit, scan.lexicon):
        return None
    if kind == "adjective":
        return _build_adjective(scan, index) or _build_people(scan, index)
    if kind == "people":
        return _build_people(scan, index)
    if kind == "surname":
        return _build_surname(scan, index)
    if kind in ("person", "short"):
        return _build_person(scan, index, hit.sense)
    return _build_name(scan, index)


def _build_adjective(scan: Scan, index: int) -> Built | None:
    """Build "the Turkish foreign minister": an adjective needs a head, its own or that of its neighbour in a list."""
    hit = scan.hits[index]
    if _is_distanced(scan, hit.start) or _is_other_name(scan, index, hit.sense):
        return None
    built = _go_on(scan, index, position=hit.end, heads=_heads_of(hit.sense, scan.lexicon))
    if built is not None:
        return Built(_adjective_start(scan, hit), built.end, built.actor, built.described)
    if index + 1 < len(scan.hits):
        following = scan.hits[index + 1]
        between = _COORDINATION.fullmatch(scan.text, hit.end, following.start)
        if between and following.sense.kind == "adjective" and _build_adjective(scan, index + 1) is not None:
            return Built(hit.start, hit.end, hit.sense.actor)
    return None


def _adjective_start(scan: Scan, hit: Hit) -> int:
    """Return where "a spokesman for the Turkish army" or "the Turkish army" starts."""
    start = with_article(scan.text, hit.start, floor=scan.floor)
    owner = owner_before(scan.text, start, floor=scan.floor, lexicon=scan.lexicon)
    return owner.start if owner is not None and owner.start >= 0 else start


def _heads_of(sense: Sense, lexicon: Lexicon) -> frozenset[str]:
    return lexicon.group_heads | lexicon.relations if sense.local else lexicon.adjective_heads


def _build_people(scan: Scan, index: int) -> Built | None:
    """Build "the Turks": the name of a people with nothing but "the" around it."""
    hit = scan.hits[index]
    if all(sense.kind != "people" for sense in hit.senses):
        return None
    start = with_article(scan.text, hit.start, floor=scan.floor)
    if start == hit.start:
        return None
    if not hit.sense.text.endswith("s") or hit.sense.kind == "adjective":
        # "the French" are a people only where no noun follows.
        after = re.compile(r" ([^\W\d_]+)").match(scan.text, hit.end)
        if after is not None and after[1] not in scan.lexicon.starters | _SAID:
            return None
    return Built(start, hit.end, hit.sense.actor)


def _build_surname(scan: Scan, index: int) -> Built | None:
    """Build a plain surname: of a person named before, or after a title that fits."""
    hit = scan.hits[index]
    sense = _person_of(scan, hit)
    return None if sense is None else _build_person(scan, index, sense)


def _person_of(scan: Scan, hit: Hit, actor: str = "") -> Sense | None:
    """Return whom a surname means here; a known ``actor`` of the title before it settles it too."""
    surnames = [sense for sense in hit.senses if sense.kind == "surname"]
    for person in () if _is_month(scan, hit) else reversed(scan.persons):
        for sense in surnames:
            if sense.person == person:
                return sense
    _, titles = title_start(scan.text, hit.start, floor=scan.floor, lexicon=scan.lexicon)
    fitting = [sense for sense in surnames if titles and _title_fits(titles, sense, scan.lexicon)]
    if actor:
        fitting = [sense for sense in surnames if sense.actor == actor and (sense in fitting or not titles)]
    return fitting[0] if len({sense.actor for sense in fitting}) == 1 else None


def _is_month(scan: Scan, hit: Hit) -> bool:
    """Say whether a surname is the month here: "in May", "May 5"."""
    if scan.text[hit.start : hit.end].lower() not in scan.lexicon.months:
        return False
    before = previous_word(scan.text, hit.start)
    dated = before is not None and (before[0].lower() in _DATING or before[0].isdigit())
    return dated or scan.text[hit.end : hit.end + 2].strip().isdigit()


def _title_fits(titles: str, sense: Sense, lexicon: Lexicon) -> bool:
    words = {word for word in titles.split() if word not in ("of", "and")}
    offices = words - lexicon.honorifics
    if not offices:
        return False
    if sense.local and not sense.titles:
        return True
    if "premier" in offices:
        offices = (offices - {"premier"}) | {"prime", "minister"}
    return bool(offices & sense.titles) and offices - lexicon.institutions <= sense.titles


def _build_person(scan: Scan, index: int, sense: Sense) -> Built | None:
    """Build "Gen. Khalifa Hifter", "Hifter's forces", "forces loyal to Hifter"."""
    hit = scan.hits[index]
    if _is_other_name(scan, index, sense):
        return None
    scan.persons.pop(sense.person, None)
    scan.persons[sense.person] = None
    start, titles = title_start(scan.text, _with_first_name(scan, hit, sense), floor=scan.floor, lexicon=scan.lexicon)
    owner = owner_before(scan.text, start, floor=scan.floor, lexicon=scan.lexicon)
    described = bool(titles)
    if owner is not None and owner.start >= 0:
        start, described = owner.start, True
    end = _after_own(scan, index, sense)
    return Built(start, end, sense.actor, described)


def _with_first_name(scan: Scan, hit: Hit, sense: Sense) -> int:
    """Return where a first name starts that is spelt as no file has it: "Volodimir" before "Zelensky"."""
    found = previous_word(scan.text, hit.start) if sense.kind in ("short", "surname") else None
    if (
        found is None
        or found[1] < scan.floor
        or found[0].lower() in scan.lexicon.function_words
        or not found[0].isalpha()
    ):
        return hit.start
    if (
        not found[0][0].isupper()
        or found[0].isupper()
        or (begins_sentence(scan.text, found[1]) and found[0].lower() in load_common_words())
    ):
        return hit.start
    return found[1] if any(part[:1] == found[0][:1] for part in sense.person.split()[:-1]) else hit.start


def _after_own(scan: Scan, index: int, sense: Sense) -> int:
    """Return where a person's or group's "'s forces" or "forces" ends, or the name's end."""
    hit = scan.hits[index]
    owned = possessive_end(scan.text, hit.end)
    heads = (
        scan.lexicon.owned_heads if owned else scan.lexicon.forces | scan.lexicon.fighters | scan.lexicon.institutions
    )
    run = head_run(
        scan.text,
        owned or hit.end,
        limit=scan.next_start(index),
        heads=heads - scan.lexicon.verb_like,
        lexicon=scan.lexicon,
    )
    if not run.end or run.distanced or run.head.startswith("counterpart"):
        return hit.end
    return _with_name(scan, index, end=run.end, head=run.head, actor=sense.actor)


def _build_name(scan: Scan, index: int) -> Built | None:
    """Build a name that stands by itself, with what it owns: "Turkey's parliament", "the government in Tripoli"."""
    hit = scan.hits[index]
    text, lexicon = scan.text, scan.lexicon
    if _is_seated_elsewhere(scan, index):
        return None
    owner = owner_before(text, hit.start, floor=scan.floor, lexicon=lexicon)
    if hit.sense.text.lower() not in lexicon.titles and _is_other_name(scan, index, hit.sense):
        return None
    if owner is not None and owner.start < 0 and owner.head in _POSTED and hit.sense.kind == "name":
        return None  # "the British ambassador to the United Nations" speaks for Britain
    if _is_only_member(scan, hit) or (
        owner is not None and owner.head in lexicon.seated and _is_any(scan, owner.start)
    ):
        return None
    if owner is not None and owner.start >= 0:
        joined = _go_on(scan, index, position=hit.end, heads=lexicon.name_heads)
        end = joined.end if joined and joined.end else _body_end(scan, index)
        return Built(owner.start, end, joined.actor if joined and joined.end else hit.sense.actor, described=True)
    if _is_no_actor(scan, index, owned=owner is not None and not possessive_end(text, hit.end)):
        return None
    owned = possessive_end(text, hit.end)
    built = _go_on(scan, index, position=owned or hit.end, heads=lexicon.owned_heads if owned else lexicon.name_heads)
    if built is not None:
        start = with_article(text, hit.start, floor=scan.floor)
        return None if built.end == 0 else Built(start, built.end, built.actor, built.described)
    start, last = hit.start, hit.sense.text.rsplit(" ", 1)[-1]
    if hit.sense.kind == "seat" or hit.sense.text[0].islower() or last.islower():
        start = with_article(text, start, floor=scan.floor)
    if hit.sense.kind == "name" and last.lower() in lexicon.titles:
        end = _with_name(scan, index, end=hit.end, head=last.lower(), actor=hit.sense.actor)
        return Built(start, end, hit.sense.actor, described=True)
    return Built(start, hit.end, hit.sense.actor)


def _body_end(scan: Scan, index: int) -> int:
    """Return where "for the US National Security Council" ends, or the name's end."""
    hit = scan.hits[index]
    run = head_run(
        scan.text,
        possessive_end(scan.text, hit.end) or hit.end,
        limit=scan.next_start(index),
        heads=scan.lexicon.institutions | scan.lexicon.forces - scan.lexicon.verb_like,
        lexicon=scan.lexicon,
    )
    return run.end if run.end and not run.distanced else hit.end


def _is_only_member(scan: Scan, hit: Hit) -> bool:
    """Say whether a name only says what somebody else belongs to: "their NATO ally", "an EU member state"."""
    return hit.sense.kind == "name" and not hit.sense.local and _MEMBER.match(scan.text, hit.end) is not None


def _is_any(scan: Scan, start: int) -> bool:
    """Say whether a description is of nobody yet: "any government in" Kabul."""
    found = previous_word(scan.text, start) if start >= 0 else None
    return found is not None and found[0].lower() in _ANY


def _is_seated_elsewhere(scan: Scan, index: int) -> bool:
    """Say whether the place after "the government" says whose it is: "the government in Damascus"."""
    hit = scan.hits[index]
    if index + 1 >= len(scan.hits) or hit.sense.text.rsplit(" ", 1)[-1] not in scan.lexicon.seated:
        return False
    following = scan.hits[index + 1]
    between = scan.text[hit.end : following.start]
    return hit.sense.text.startswith("the ") and following.sense.kind in ("state", "capital") and between in _SEATS


def _is_no_actor(scan: Scan, index: int, *, owned: bool) -> bool:
    """Say whether a name is a place, a topic, an address, another thing or part of a longer name here."""
    hit = scan.hits[index]
    text, lexicon = scan.text, scan.lexicon
    following = scan.hits[index + 1] if index + 1 < len(scan.hits) else None
    if hit.start - 2 == scan.places_end and text[scan.places_end : hit.start] == ", " and hit.sense.kind == "state":
        before = scan.hits[index - 1]
        if names_city_of(text, before, hit):
            scan.places_end = hit.end
            return True
    places = hit.sense.kind in ("state", "capital", "seat")
    if (
        (places and owned)
        or is_place(text, hit, lexicon)
        or continues_places(text, scan.places_end, hit)
        or names_city_of(text, hit, following)
        or is_address(text, hit, _previous_end(scan, index), lexicon)
    ):
        scan.places_end = hit.end
        return True
    return is_homonym(text, hit, lexicon)


def _is_other_name(scan: Scan, index: int, sense: Sense) -> bool:
    """Say whether a hit is part of a longer name that no file knows."""
    hit = scan.hits[index]
    return is_inside_name(
        scan.text,
        Hit(hit.start, hit.end, (sense,)),
        previous_end=_previous_end(scan, index),
        next_start=scan.next_start(index),
        lexicon=scan.lexicon,
    )


def _previous_end(scan: Scan, index: int) -> int:
    return max(scan.floor, scan.hits[index - 1].end if index and scan.hits[index - 1].sense.kind != "surname" else 0)


def _go_on(scan: Scan, index: int, *, position: int, heads: frozenset[str]) -> Built | None:
    """Follow the office, force or person after a name: "Turkish President Erdogan", "Libya's Gen. Hifter".

    Args:
        scan: The pass.
        index: The number of the hit that modifies.
        position: Where it ends, its possessive included.
        heads: The words that may complete it.

    Returns:
        None: nothing follows that belongs to it. A mention that ends at 0: it is no actor at all ("Turkey's former
        president").
    """
    hit = scan.hits[index]
    modifies = hit.sense.kind == "adjective" or position > hit.end
    run = head_run(
        scan.text, position, limit=scan.next_start(index), heads=heads | scan.lexicon.fighters, lexicon=scan.lexicon
    )
    if run.distanced and modifies:
        return None if hit.sense.kind == "adjective" else Built(0, 0, "")
    joined = _join(scan, index, reach=run.reach, modifies=modifies or bool(run.end))
    if joined is not None:
        return joined
    if run.end and run.head not in heads and run.head not in scan.lexicon.titles:
        run = head_run(scan.text, position, limit=scan.next_start(index), heads=heads, lexicon=scan.lexicon)
    if not run.end:
        return None
    end = _with_name(scan, index, end=run.end, head=run.head, actor=hit.sense.actor)
    return Built(hit.start, end, hit.sense.actor, described=True)


def _join(scan: Scan, index: int, *, reach: int, modifies: bool) -> Built | None:
    """Join a name with the person or group right after it, whose actor the whole then names."""
    hit = scan.hits[index]
    if index + 1 >= len(scan.hits) or scan.hits[index + 1].start != reach + 1 or scan.text[reach] != " ":
        return None
    if not modifies and hit.sense.text.rsplit(" ", 1)[-1].lower() not in scan.lexicon.titles:
        return None
    following = scan.hits[index + 1]
    sense = following.sense
    if sense.kind == "former" and sense.actor == hit.sense.actor:
        # "U.S. President" before the name of a former one is not the state.
        scan.floor = max(scan.floor, following.end)
        return Built(0, 0, "")
    if sense.kind == "surname":
        found = _person_of(scan, following, hit.sense.actor)
        inner = None if found is None else _build_person(scan, index + 1, found)
    elif sense.kind in ("person", "short") or (sense.local and sense.kind == "name") or sense.actor == hit.sense.actor:
        inner = _build(scan, index + 1) if sense.kind not in ("state", "capital", "adjective", "people") else None
    else:
        return None
    return None if inner is None else Built(hit.start, inner.end, inner.actor, described=True)


def _with_name(scan: Scan, index: int, *, end: int, head: str, actor: str) -> int:
    """Return where the unknown name after an office ends, and learn it: "Turkish Defence Minister" Hulusi Akar."""
    if head not in scan.lexicon.titles and head not in ("counterpart", "colleague"):
        return end
    after = name_run(scan.text, end, limit=scan.next_start(index, surnames=False), lexicon=scan.lexicon)
    if after > end:
        learn(scan, scan.text[end + 1 : after], actor, after)
    return after


def _is_distanced(scan: Scan, start: int) -> bool:
    """Say whether "former" or the like stands before a description."""
    found = previous_word(scan.text, start)
    if found is not None and found[0].lower() == "the":
        found = previous_word(scan.text, found[1])
    return found is not None and found[0].lower() in scan.lexicon.distancing - {"then", "late"}
