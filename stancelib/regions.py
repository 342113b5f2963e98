"""Mark what is not running text: a leading date, dateline, byline, captions and the wire's boilerplate."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from stancelib.boilerplate import find_tail, is_boilerplate, match_editors_note
from stancelib.captions import is_caption, match_glued_caption
from stancelib.datelines import is_place_line, match_dateline
from stancelib.dates import FULL_DATE, WEEKDAY, find_date
from stancelib.paragraphs import Span, split_paragraphs, trim
from stancelib.types import Region, RegionKind

_HEAD = 6
"""A byline or a date stands among so many first paragraphs."""

_DATE_LABEL = (
    r"(?:(?:first\s+|last\s+)?(?:date|dated|published|posted|updated|modified|issued|released|created|filed)"
    r"|(?:pub(?:lication|lished)?|release|issue|article|story)\s+date)(?:\s+on)?\b\s*[:\-–|]?\s*"
)
_TIME = r"(?:(?:,|\s+at|\s*[-–|])?\s*\d{1,2}[:.]\d\d(?::\d\d)?\s*(?:[ap]\.?m\.?)?(?:\s*\(?[A-Z]{2,4}\)?\b)?)?"
_LEADING_DATE = re.compile(
    rf"(?:(?P<label>{_DATE_LABEL})(?:{WEEKDAY},?\s+)?|(?:{WEEKDAY},?\s+)?){FULL_DATE}(?i:{_TIME})\.?", re.IGNORECASE
)
_PARTICLES = r"de|del|della|di|da|la|le|van|von|der|den|bin|ibn|ben|al|el|y"
_NAME_WORD = rf"(?:[A-Z][\w.'’-]+|[A-Z]\.|(?:al|el|an|as|ash|at|ad|ar|az)-[A-Z][\w'’-]+|(?:{_PARTICLES})\b)"
_NAME = rf"[A-Z][\w.'’-]*(?:\s+{_NAME_WORD}){{0,4}}"
_JOB_WORD = (
    r"(?:[A-Z][\w.'’/&-]*|staff|writers?|correspondents?|reporters?|editors?|special|to|the|in|of|for|and|foreign"
    r"|diplomatic|political|senior|chief|bureau|news|service|contributors?)"
)
_BYLINE_TAIL = (
    rf"(?:(?:,|\s+[|–—-]|\s+(?:in|of|at|for|from)\b)\s*(?:the\s+)?{_JOB_WORD}(?:\s+{_JOB_WORD}){{0,7}}){{0,4}}"
)
_BYLINE = re.compile(
    rf"(?:By|BY|Written by|Story by|Report by|Words by)\s+{_NAME}"
    rf"(?:(?:,\s*(?:and\s+)?|\s+and\s+|\s+AND\s+|\s*[&/;]\s*){_NAME}){{0,8}}{_BYLINE_TAIL}"
)
_NOT_A_NAME = re.compile(rf"By\s+(?:{WEEKDAY}|The\b|A\b|Early|Late|Mid|Now|Then|Contrast|Comparison|\d)", re.IGNORECASE)

_SPEAKER = re.compile(r"[A-Z][A-Z .'’-]{1,40}:\s")
_AFFILIATION = re.compile(
    r"(?:The\s+)?(?:Associated Press|AP|Reuters|AFP|Agence France-Presse|Bloomberg|UPI|Xinhua|dpa)"
    r"(?:\s+(?:Staff\s+)?(?:Writers?|Reporters?|Correspondents?|Editors?|News))?"
    r"|(?:Staff|Special|Foreign|Diplomatic|Senior|Chief)(?:\s+\w+){0,2}\s+(?:Writers?|Reporters?|Correspondents?|Editors?)",
    re.IGNORECASE,
)


def mark_regions(text: str) -> tuple[Region, ...]:
    """Return what is not running text, in order; regions do not overlap.

    The rules know the habits of newswire, not any one article. The text itself is never changed.
    """
    marker = _Marker(text, split_paragraphs(text))
    return tuple(region for region in marker.mark() if region.start < region.end)


def document_date(text: str, regions: Sequence[Region]) -> date | None:
    """Return the day that the leading date, or else the dateline, states; None without a year or in doubt."""
    for kind in ("date", "dateline"):
        for region in regions:
            if region.kind == kind and (found := find_date(text[region.start : region.end])):
                return found
    return None


@dataclass(slots=True)
class _Marker:
    """One pass over the paragraphs; knows whether running text has begun."""

    text: str
    paragraphs: list[Span]
    in_head: bool = True
    after_byline: bool = False
    is_transcript: bool = False

    def mark(self) -> Iterator[Region]:
        self.is_transcript = sum(_SPEAKER.match(self.text, *span) is not None for span in self.paragraphs) > 1
        for number, (start, end) in enumerate(self.paragraphs):
            self.in_head = self.in_head and number < _HEAD
            yield from self._mark_paragraph(start, end)

    def _mark_paragraph(self, start: int, end: int) -> Iterator[Region]:
        if self.in_head and (after := self._match_date(start, end)) > start:
            yield Region("date", start, after)
            start, _ = trim(self.text, after, end)
            self.after_byline = True
        if self.in_head and (after := self._match_byline(start, end)) > start:
            yield Region("byline", start, after)
            start, _ = trim(self.text, after, end)
            self.after_byline = True
        if (after := match_editors_note(self.text, start, end)) > start:
            yield Region("boilerplate", start, after)
            start, _ = trim(self.text, after, end)
        if start == end:
            return
        if kind := self._whole_kind(start, end):
            yield Region(kind, start, end)
            return
        if self.in_head and (after := match_glued_caption(self.text, start, end)) > start:
            yield Region("caption", start, after)
            start, _ = trim(self.text, after, end)
        yield from self._mark_running(start, end)

    def _mark_running(self, start: int, end: int) -> Iterator[Region]:
        after = match_dateline(self.text, (start, end), is_first=self.in_head, allow_colon=not self.is_transcript)
        if after > start:
            yield Region("dateline", start, after)
        if tail := find_tail(self.text, max(start, after), end):
            yield Region("boilerplate", *tail)
        # A headline is no running text yet: the dateline is still to come.
        if after > start or (end - start > 120) or self.text[end - 1] in '.!?"”':
            self.in_head = False
        self.after_byline = False

    def _whole_kind(self, start: int, end: int) -> RegionKind | None:
        paragraph = self.text[start:end]
        if is_boilerplate(paragraph):
            return "boilerplate"
        if is_caption(paragraph):
            return "caption"
        if self.in_head and self.after_byline and is_place_line(paragraph) and end < len(self.text.rstrip()):
            return "dateline"
        return None

    def _match_date(self, start: int, end: int) -> int:
        match = _LEADING_DATE.match(self.text, start, end)
        if not match:
            return start
        rest = self.text[match.end() : end].lstrip(" \t")
        at_top = start == len(self.text) - len(self.text.lstrip())
        if not rest or rest[0] in "\r\n":
            return match.end()
        if rest[0] in "|–—-:" and at_top:
            return match.end() + (len(self.text[match.end() : end]) - len(rest)) + 1
        follows = rest[0].isupper() or rest[0] in "\"“‘'(["
        is_apart = self.text[match.end()].isspace()
        return match.end() if at_top and is_apart and follows else start

    def _match_byline(self, start: int, end: int) -> int:
        line = self.text[start:end]
        if _AFFILIATION.fullmatch(line):
            return end
        match = _BYLINE.match(line)
        if not match or _NOT_A_NAME.match(line):
            return start
        if match.end() == len(line) or line[match.end() :].strip(" .|-–—") == "":
            return end if len(line) < 200 and len(line.split()) > 2 else start
        return self._byline_before_dateline(start, end)

    def _byline_before_dateline(self, start: int, end: int) -> int:
        """Return where a byline ends that has a dateline on the same line."""
        for word in re.finditer(r"\s+(?=[A-Z]{3})", self.text[start : min(end, start + 150)]):
            at = start + word.end()
            if word.start() > 6 and match_dateline(self.text, (at, end), is_first=False, allow_colon=False) > at:
                return start + word.start()
        return start
