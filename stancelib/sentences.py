"""Split a document into sentences: a maintained splitter, corrected by what newswire needs."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

import sentencex

from stancelib.abbreviations import (
    AFTER_TIMES,
    BEFORE_NUMBERS,
    MAY_BE_LAST,
    NEVER_LAST,
    PRONOUN_STARTERS,
    STARTERS,
    TIMES,
    TITLES,
)
from stancelib.paragraphs import Span, split_paragraphs, trim
from stancelib.quotes import SPEECH_VERBS, Quote, find_quotes
from stancelib.types import Document, Sentence

_NOT_RUNNING_TEXT = frozenset({"date", "dateline"})
_STOP = re.compile(
    r"(?P<stop>\.(?:\s\.){2,}|[.!?…]+)(?P<close>(?:''|[\"”’'»)\]}]|\[\d{1,3}\]|\s[”»](?=\s|$))*)"
    r"(?:\s+(?=\S)|(?=[A-Z][a-z]+\s)(?<=[a-z][.!?]))"
)
_OPENING = "\"“‘'«„`([{"
_QUOTE_CLOSERS = "\"”’'»"
_MASKED = str.maketrans(dict.fromkeys('"“”«»„\n\r\v\f\x85\u2028\u2029', " "))
_INITIALISM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]{1,2}")
_LABEL = re.compile(r"\W*(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})\W*")
_TIME_PHRASE = re.compile(r"\W*(?:[A-Z][a-z]+\s+){1,2}[\d:.]+\s?[apAP]\.?[mM]")
_SHORT_NUMBER = re.compile(r"\W?\d{1,3}")
_NEXT_WORD = re.compile(r"[\w'’-]+")
_ARABIC_ARTICLE = re.compile(r"(?:a[a-z]h?|el|ul)-[A-Z]|[a-z][A-Z]")
_BRACKET = re.compile(r"\((?:[^()]|\([^()]*\))*\)|\[[^\[\]]*\]")
_NAME_THEN_VERB = re.compile(
    r"(?:(?:[A-Z]|(?:al|el|an|as|ash|at|ad|ar|az)-)[\w.'’-]*,?\s+(?:(?:of|the|de|bin|van|von|and|foreign|defen[cs]e)\s+){0,2}){1,6}"
    r"(?P<verb>[a-z]+)\b(?!\s+that\b)"
)


def split_sentences(document: Document) -> list[Sentence]:
    """Return the sentences in reading order.

    Every character of the running text that is not white space is in exactly one sentence. A leading date and a
    dateline belong to none; captions, bylines and boilerplate give sentences of their own. A quotation of several
    sentences is split into them, its marks staying with the first and the last.
    """
    text = document.text
    quotes = find_quotes(text)
    language = document.language or "en"
    spans = (span for block in _running_text(document) for span in _split_block(text, block, quotes, language=language))
    return [
        Sentence(document.id, index, start, end, text[start:end])
        for index, (start, end) in enumerate(span for span in spans if span[0] < span[1])
    ]


def _running_text(document: Document) -> Iterator[Span]:
    """Yield the paragraphs, cut where a region begins or ends."""
    regions = document.regions
    cuts = sorted({edge for region in regions for edge in (region.start, region.end)})
    skipped = [(region.start, region.end) for region in regions if region.kind in _NOT_RUNNING_TEXT]
    for start, end in split_paragraphs(document.text):
        inner = cuts[bisect_left(cuts, start + 1) : bisect_left(cuts, end)]
        edges = [start, *inner, end]
        for left, right in pairwise(edges):
            if not any(a <= left and right <= b for a, b in skipped):
                yield trim(document.text, left, right)


def _split_block(text: str, block: Span, quotes: Sequence[Quote], *, language: str) -> Iterator[Span]:
    start, end = block
    inside = [quote for quote in quotes if quote.start < end and start < quote.end]
    proposed = _propose(text, block, language=language)
    breaks = _correct(text, block, inside, proposed) if language == "en" else sorted(proposed)
    for at in breaks:
        yield trim(text, start, at)
        start = at
    yield trim(text, start, end)


def _propose(text: str, block: Span, *, language: str) -> set[int]:
    """Return the ends of the sentences that the splitter sees, but the last, when it does not see quotation marks."""
    masked = text[slice(*block)].translate(_MASKED)
    ends = set()
    for boundary in sentencex.get_sentence_boundaries(language, masked):
        last = block[0] + boundary["start_index"] + len(boundary["text"].rstrip())
        ends.add(last)
    return {end for end in ends if block[0] < end < block[1]}


def _correct(text: str, block: Span, quotes: Sequence[Quote], proposed: set[int]) -> list[int]:
    breaks: list[int] = []
    start = block[0]
    closed = _closed_stretches(text, block, quotes)
    introduced = {quote.end for quote in quotes if text[max(0, quote.start - 2) : quote.start].endswith((": ", ", "))}
    for match in _STOP.finditer(text, *block):
        at = match.end("close")
        if any(a <= match.start() and at < b for a, b in closed) or _is_fragment(text, start, match.start()):
            continue
        verdict = _judge(text, match, block)
        if verdict is None:
            verdict = any(place in proposed for place in range(match.end("stop"), match.end() + 1))
        if verdict or (at in introduced and text[match.end()].isupper()):
            breaks.append(at)
            start = at
    foreign = {end for end in proposed if text[end - 1] in "。！？؟।۔"}
    return sorted({*breaks, *foreign})


def _is_fragment(text: str, start: int, stop: int) -> bool:
    """Say whether what stands before a stop is only the number of a list's item, or a time ("At 6 p.m.")."""
    return any(pattern.fullmatch(text, start, stop) for pattern in (_LABEL, _TIME_PHRASE))


def _closed_stretches(text: str, block: Span, quotes: Sequence[Quote]) -> list[Span]:
    """Return the stretches in which no sentence ends: brackets within a sentence, names and single words in quotes."""
    stretches = [(quote.start, quote.end) for quote in quotes if not quote.is_speech]
    for match in _BRACKET.finditer(text, *block):
        before = text[block[0] : match.start()].rstrip().rstrip(_QUOTE_CLOSERS)
        if before and before[-1] not in ".!?…":
            stretches.append(match.span())
    return stretches


def _judge(text: str, match: re.Match[str], block: Span) -> bool | None:
    """Say whether a sentence ends at a stop; None: as the splitter says."""
    after = text[match.end() : min(block[1], match.end() + 80)]
    following = after.lstrip(_OPENING)
    stop = match["stop"]
    if match.end("close") == match.end():
        # No blank after the stop: a slip of the pen if an ordinary sentence starts there, a name or address otherwise.
        return _is_starter(following, STARTERS)
    if following[:1].islower():
        return bool(_ARABIC_ARTICLE.match(following)) and not _is_attribution(match, following) and stop[-1:] != "…"
    if "?" in stop or "!" in stop:
        return not _is_attribution(match, after)
    if _is_attribution(match, after, alone=True):
        return False
    is_opening = after[:1] in '"“«„' and following[:1].isupper()
    if len(stop) > 1 or stop == "…":
        return _judge_ellipsis(text, match, following) or is_opening
    word = _word_before(text, match.start(), block[0])
    return _judge_word(text, word, after, is_opening=is_opening)


def _is_attribution(match: re.Match[str], after: str, *, alone: bool = False) -> bool:
    """Say whether a name and a verb of speech (if alone: only these) follow the closing mark: "Stop!" Smith said."""
    if not match["close"].strip(")]}") or _is_starter(after, STARTERS):
        return False
    name = _NAME_THEN_VERB.match(after)
    return name is not None and name["verb"] in SPEECH_VERBS and (not alone or after[name.end() :][:1] in {".", ","})


def _judge_ellipsis(text: str, match: re.Match[str], following: str) -> bool:
    spaced = match.start() > 0 and text[match.start() - 1].isspace()
    return _is_starter(following, STARTERS) if spaced and not match["close"] else True


def _word_before(text: str, end: int, floor: int) -> str:
    window = text[max(floor, end - 30) : end]
    pieces = window.split()
    return pieces[-1].lstrip(_OPENING + "-–—/") if pieces and not window[-1].isspace() else ""


def _judge_word(text: str, word: str, after: str, *, is_opening: bool) -> bool | None:
    following = after.lstrip(_OPENING)
    if word in NEVER_LAST:
        return False
    # "1. 5 billion" is one number, badly spaced.
    if following[:1].isdigit() and (word in BEFORE_NUMBERS or _SHORT_NUMBER.fullmatch(word)):
        return False
    if word in TITLES:
        return _is_sentence_after_title(following)
    if word in TIMES:
        return _first_word(following) not in AFTER_TIMES
    is_initial = len(word) == 1 and word.isupper() and word != "I"
    if is_initial or word in MAY_BE_LAST or _INITIALISM.fullmatch(word):
        return _is_starter(following, STARTERS) or (is_opening and not _is_nickname(after))
    if word in BEFORE_NUMBERS:
        return following[:1].isupper() or is_opening
    return True if following[:1].isdigit() or following[:1].isupper() else None


def _is_starter(following: str, starters: frozenset[str]) -> bool:
    word = _first_word(following)
    base = re.split(r"['’]", word)[0]
    # A letter with a stop is an initial ("J. A. Smith"), however like an article it looks.
    return base in starters and following[len(word) : len(word) + 1] != "."


def _is_sentence_after_title(following: str) -> bool:
    if not _is_starter(following, PRONOUN_STARTERS):
        return False
    word = _first_word(following)
    rest = following[len(word) :].lstrip()
    return len(word) > 3 or word in {"The", "But", "His"} or rest[:1].islower()


def _first_word(following: str) -> str:
    match = _NEXT_WORD.match(following)
    return match.group() if match else ""


def _is_nickname(after: str) -> bool:
    return re.match(r"[\"“]\w+(?:\s\w+)?[\"”]\s[A-Z]", after) is not None
