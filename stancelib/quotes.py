"""Find the quotations of a text, whatever marks they use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from stancelib.abbreviations import words_of
from stancelib.paragraphs import Span, split_paragraphs


@dataclass(frozen=True, slots=True)
class Quote:
    """A quotation; offsets are half-open and count in the text that was searched.

    Attributes:
        start: Where the opening mark begins.
        end: Where the closing mark ends, or the paragraph if there is none.
        content_start: The first character after the opening mark.
        content_end: The end of what is quoted.
        closed: Whether there is a closing mark. Words quoted over several paragraphs give a quotation for each
            paragraph, of which only the last is closed.
        is_speech: Whether somebody is heard to speak, in contrast to a quoted name or scare quotes.
    """

    start: int
    end: int
    content_start: int
    content_end: int
    closed: bool
    is_speech: bool


SPEECH_VERBS = words_of(
    """
    said says say saying add adds added adding told tells telling asked asks asking replied replies replying answered
    wrote writes writing tweeted tweets tweeting posted declared declares declaring stated states stating announced
    announces announcing insisted insists insisting warned warns warning noted notes noting stressed stresses stressing
    emphasized emphasised emphasizes emphasizing explained explains explaining continued continues continuing recalled
    recalls concluded concludes concluding argued argues arguing claimed claims claiming vowed vows vowing pledged
    remarked quipped shouted shouting chanted chanting cried yelled whispered exclaimed demanded demanding urged urging
    acknowledged admitted conceded affirmed reaffirmed reiterated asserted maintained commented observed read reads
    quoted responded retorted joked lamented complained cautioned predicted recounted pleaded promised
    """
)
"""Verbs that give words to their speaker."""

_NAMING_VERBS = frozenset({"read", "reads", "wrote", "writes"})
"""Speech verbs after which the marks may hold a title."""

_Kind = Literal["double", "curly", "low", "angle", "single"]

_MARK = re.compile(r"``|''|[\"“”„«»‘’'`]")
_OPENERS: dict[str, _Kind] = {"“": "curly", "„": "low", "«": "angle", "``": "double"}
_CLOSERS: dict[str, tuple[_Kind, ...]] = {
    "”": ("curly", "low", "double"),
    "»": ("angle",),
    '"': ("double", "curly", "low"),
    "''": ("double", "curly"),
}
_BEFORE_OPENING = "([{—–-/“\"‘'«„"
_ELISION = re.compile(r"(?:em|tis|twas|til|till|cause|n|round|bout|cos|cuz|ere|un)\b|\d\ds?\b", re.IGNORECASE)
_AYN = re.compile(r"(?:Abd|Ali|Umar|Omar|Uthman|Aziz|Id|Eid|Isa|Amr|Adnan|Ayn|Ain|Alawi|Arab)\w*\b")
_SINGLE_CLOSE = re.compile(r"['’]")
_WORD = re.compile(r"\w[\w'’-]*")
_SUBJECT = re.compile(
    r"\b(?:I|[Ww]e|[Yy]ou|[Tt]hey|[Hh]e|[Ss]he|[Ii]t|[Tt]h(?:is|ere|at))(?:['’](?:m|re|s|ll|ve|d))?\b"
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|am|will|would|can|cannot|could|must|shall|should|may|might|has|have|had|do|does|did)\b"
    r"|n['’]t\b|['’](?:re|ll|ve|m)\b"
)
_CLAUSE_END = re.compile(r"[.;:!?]\s|[\"“«\n]")
_SPEECH_WORDS = 7
"""So many words in one quotation are somebody speaking."""


def find_quotes(text: str) -> list[Quote]:
    """Return the quotations in order of their start, nested ones after the one around them.

    Apostrophes, feet and inches are no quotation marks. A quotation whose closing mark is missing ends with its
    paragraph.
    """
    if not _MARK.search(text):
        return []
    return [quote for span in split_paragraphs(text) for quote in _find_in_paragraph(text, span)]


def follows_attribution(text: str, position: int) -> bool:
    """Say whether words of attribution stand at a position just after a quotation: "he said", "said the minister"."""
    clause = _CLAUSE_END.split(text[position : position + 120], maxsplit=1)[0]
    return any(word in SPEECH_VERBS for word in _WORD.findall(clause)[:9])


@dataclass(slots=True)
class _Open:
    kind: _Kind
    start: int
    content_start: int
    close_at: int = -1


@dataclass(slots=True)
class _Scan:
    """The state of one pass over a paragraph."""

    text: str
    span: Span
    stack: list[_Open] = field(default_factory=list)
    found: list[Quote] = field(default_factory=list)

    def is_open(self, kinds: tuple[_Kind, ...]) -> bool:
        return any(mark.kind in kinds for mark in self.stack)

    def close(self, kinds: tuple[_Kind, ...], start: int, end: int) -> None:
        """End the innermost quotation of these kinds; single ones left open inside it were apostrophes."""
        for position in reversed(range(len(self.stack))):
            if self.stack[position].kind in kinds:
                opened = self.stack[position]
                self.found.append(
                    _make_quote(self.text, (opened.start, end), (opened.content_start, start), closed=True)
                )
                del self.stack[position:]
                return


def _find_in_paragraph(text: str, span: Span) -> list[Quote]:
    scan = _Scan(text, span)
    for match in _MARK.finditer(text, *span):
        mark = match.group()
        if mark == "“" and scan.stack and scan.stack[-1].kind == "low":
            scan.close(("low",), *match.span())
        elif mark in _OPENERS:
            scan.stack.append(_Open(_OPENERS[mark], match.start(), match.end()))
        elif mark in {"”", "»"}:
            scan.close(_CLOSERS[mark], match.start(), match.end())
        elif mark in {'"', "''"}:
            _take_double(scan, match)
        else:
            _take_single(scan, match)
    for opened in scan.stack:
        if opened.kind != "single" or opened.close_at < 0:
            whole = (opened.start, span[1])
            scan.found.append(_make_quote(text, whole, (opened.content_start, span[1]), closed=False))
    return sorted(
        (q for q in scan.found if q.content_start < q.content_end), key=lambda quote: (quote.start, -quote.end)
    )


def _take_double(scan: _Scan, match: re.Match[str]) -> None:
    start, end = match.span()
    before, after = _around(scan, start, end)
    if not scan.is_open(_CLOSERS['"']):
        if _opens_double(scan, before, after, end):
            scan.stack.append(_Open("double", start, end))
    elif before.isspace() and not after.isspace():
        # Quoted words inside a quotation, with the same marks.
        scan.stack.append(_Open("double", start, end))
    elif not (before.isdigit() and _is_measure(scan, end)):
        scan.close(_CLOSERS['"'], start, end)


def _opens_double(scan: _Scan, before: str, after: str, end: int) -> bool:
    if after.isspace():
        return before.isspace() and '"' in scan.text[end : scan.span[1]]
    if before.isspace() or before in _BEFORE_OPENING:
        return True
    return not before.isdigit() and (after.isalnum() or after in "([‘'“")


def _is_measure(scan: _Scan, end: int) -> bool:
    """Say whether the mark after a number is inches: another mark closes the quotation later."""
    for match in re.finditer(r"[\"”]", scan.text[end : scan.span[1]]):
        before, after = _around(scan, end + match.start(), end + match.end())
        return not before.isspace() and not after.isalnum()
    return False


def _take_single(scan: _Scan, match: re.Match[str]) -> None:
    start, end = match.span()
    single = next((opened for opened in reversed(scan.stack) if opened.kind == "single"), None)
    if single:
        if single.close_at == start:
            scan.close(("single",), start, end)
        return
    before, after = _around(scan, start, end)
    opens = match.group() != "’" and (before.isspace() or before in _BEFORE_OPENING)
    if not opens or not (after.isalnum() or after in '"“([…') or _ELISION.match(scan.text, end):
        return
    close_at = _find_single_close(scan, end)
    if close_at >= 0:
        scan.stack.append(_Open("single", start, end, close_at))
    elif start == scan.span[0] and after.isupper() and not _AYN.match(scan.text, end):
        scan.stack.append(_Open("single", start, end))


def _find_single_close(scan: _Scan, start: int) -> int:
    """Return where a quotation in single marks closes; -1 if nowhere, the mark then being an apostrophe."""
    fallback = -1
    for match in _SINGLE_CLOSE.finditer(scan.text, start, scan.span[1]):
        at = match.start()
        before, after = _around(scan, at, at + 1)
        if before.isspace() or after.isalnum():
            if fallback >= 0 and before.isspace():
                break
            continue
        # The plural possessive: "the rebels' camp" closes nothing if a better mark comes later.
        if before in "sz" and after.isspace() and scan.text[at + 2 : at + 3].islower():
            fallback = at if fallback < 0 else fallback
            continue
        if not (before.isdigit() and after.isspace()):
            return at
    return fallback


def _around(scan: _Scan, start: int, end: int) -> tuple[str, str]:
    """Return the characters next to a mark; a blank at the paragraph's ends."""
    before = scan.text[start - 1] if start > scan.span[0] else " "
    after = scan.text[end] if end < scan.span[1] else " "
    return before, after


def _make_quote(text: str, whole: Span, content: Span, *, closed: bool) -> Quote:
    return Quote(*whole, *content, closed=closed, is_speech=_is_speech(text, whole, content))


def _is_speech(text: str, whole: Span, content: Span) -> bool:
    words = text[slice(*content)]
    n_words = len(_WORD.findall(words))
    if n_words >= _SPEECH_WORDS:
        return True
    return n_words > 0 and any(_signs_of_speech(text, whole, words.strip(), n_words=n_words))


def _signs_of_speech(text: str, whole: Span, words: str, *, n_words: int) -> Iterator[bool]:
    before = text[max(0, whole[0] - 40) : whole[0]].rstrip()
    last = before.split()[-1].lower() if before.split() else ""
    is_sentence = words[:1].isupper() and words[-1:] in {".", "!", "?", "…"}
    yield before[-1:] in {",", ":"} and (words[:1].isupper() or words[-1:] in {".", "!", "?"} or n_words > 2)
    yield last in SPEECH_VERBS and last not in _NAMING_VERBS
    yield is_sentence and (n_words > 1 or words[-1] != "." or not before or before[-1] in ".!?…")
    yield words[-1:] in {",", "!", "?"} and _is_attributed(text, whole[1])
    yield text[whole[1] : whole[1] + 1] == "," and words[:1].isupper() and _is_attributed(text, whole[1] + 1)
    yield n_words > 2 and _SUBJECT.search(words) is not None
    yield n_words > 3 and _FINITE.search(words) is not None


def _is_attributed(text: str, position: int) -> bool:
    return position < len(text) and follows_attribution(text, position)
