"""Mark what is not running text: a leading date, dateline, byline, captions and the wire's boilerplate."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

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
_NAME_WORD = r"(?:[A-Z][\w.'’-]+|[A-Z]\.|(?:al|el|an|as|ash|at|ad|ar|az)-[A-Z][\w'’-]+|de|del|della|di|da|la|le|van|von|der|den|bin|ibn|ben|al|el|y)"
_NAME = rf"[A-Z][\w.'’-]*(?:\s+{_NAME_WORD}){{0,4}}"
_BYLINE_TAIL = (
    r"(?:(?:,|\s+[|–—-]|\s+(?:in|of|at|for|from)\b)\s*(?:the\s+)?(?:[A-Z][\w.'’/&-]*|staff|writers?|correspondents?|reporters?|"
    r"editors?|special|to|the|in|of|for|and|foreign|diplomatic|political|senior|chief|bureau|news|service|contributors?)"
    r"(?:\s+(?:[A-Z][\w.'’/&-]*|staff|writers?|correspondents?|reporters?|editors?|special|to|the|in|of|for|and|foreign|"
    r"diplomatic|political|senior|chief|bureau|news|service|contributors?)){0,7})*"
)
_BYLINE = re.compile(rf"(?:By|BY|Written by|Story by|Report by|Words by)\s+{_NAME}(?:(?:,\s*(?:and\s+)?|\s+and\s+|\s+AND\s+|\s*[&/;]\s*){_NAME})*{_BYLINE_TAIL}")
_NOT_A_NAME = re.compile(rf"By\s+(?:{WEEKDAY}|The\b|A\b|Early|Late|Mid|Now|Then|Contrast|Comparison|\d)", re.IGNORECASE)

_SOURCE = (
    r"AP|AFP|Reuters|REUTERS|EPA|EPA-EFE|Getty|Anadolu|AA|Xinhua|TASS|Sputnik|UPI|dpa|DPA|PA|ANSA|EFE|Pool|POOL|Shutterstock|Alamy|NurPhoto|"
    r"Bloomberg|Corbis|Wikimedia|Flickr|Photos?|PHOTOS?|Images?|Handout|HANDOUT|Courtesy|Photograph|Screengrab|Screenshot|Supplied"
)
_CREDIT = (
    rf"[(\[](?:(?:AP|File|Pool|Courtesy|Archive|Handout)?\s*(?:[Pp]hotos?|PHOTOS?|Images?|Pictures?|File)\s*(?:by|via|from|courtesy|:|/)[^()\[\]\n]{{2,120}}"
    rf"|[^()\[\]\n]{{0,80}}\b(?:{_SOURCE})\b\s*(?:/|via\b|photo\b|Photo\b|Images\b)[^()\[\]\n]{{0,80}}"
    rf"|[^()\[\]\n]{{1,80}}(?:/|via\s)\s*(?:{_SOURCE})\b[^()\[\]\n]{{0,60}})[)\]]\.?"
)
_CAPTION_END = re.compile(
    rf"(?:{_CREDIT}|(?:[.!?]|\b\d{{4}})\s+(?:(?:Photo|Image|Picture|Photograph|PHOTO)?\s?[Cc]redits?|Photo|Photograph|Picture|Image|PHOTO):\s[^\n]{{2,100}}"
    r"|[.!?]\s+REUTERS/[^\n]{2,80}|[.!?]\s+(?:AP|AFP|EPA) (?:Photo|PHOTO)/?[^\n]{2,80})$"
)
_GLUED_CREDIT = re.compile(rf"{_CREDIT}(?=\s+\S)")
_CAPTION_START = re.compile(
    r"(?:FILE(?:\s+(?:PHOTO|IMAGE|PICTURE))?\s*(?:[-–—:]|\()|(?:File )?(?:PHOTO|Photo|IMAGE|Image|PICTURE|Picture|CAPTION|Caption)(?:\s(?:caption|credit|by|CREDIT))?\s*[:(]"
    r"|(?:Photo|Image|Picture|Photograph)\s(?:caption|credit|by)\b|Image caption\b|Photo(?:graph)? by\b|(?:Photo )?Credits?:"
    rf"|(?:In )?[Tt]his\s(?:[^.\n]{{0,40}}\s)?(?:(?:file|handout|undated|satellite|aerial)\s+)+(?:photo|image|picture|photograph)\b"
    r"|(?:In this|This)\s(?:[^.\n]{0,30}\s)?(?:photo|image|picture|photograph)(?:graph)?\s+(?:taken|provided|released|made available|obtained|shows|from)\b)"
)

_SPEAKERS = r"(?:reporting|writing|editing|compiled|written|edited|reported|graphics?|translat(?:ed|ion|ing)|production|produced|research)"
_BOILERPLATE_START = re.compile(
    rf"""(?:[-–—_*=#•.~]+\s*)?(?:
      (?:information|material|details|content)\s+(?:for|from|in)\s+this\s+(?:article|story|report)\b.{{0,40}}?\b(?:contributed|provided|gathered|used|came)
    | our\s+standards\s*:
    | (?:copyright|©|\(c\)|\(©\))\s*(?:©|\(c\)|\d{{4}}|by\b|(?-i:[A-Z]))
    | (?:©|all\s+rights\s+reserved)
    | read\s+(?:more|also|next|the\s+full|our|on)\b\s*(?:$|[:.>»|…]|about|on\b|at\b|here|from|stor|coverage|in\b)
    | (?:sign|log)\s+(?:up|in)\b\s*(?:$|[:.!]|for|to|here|now|today|with)
    | subscribe\b\s*(?:$|[:.!]|to|now|today|for|here)
    | (?:follow|like|join|find|contact|email)\s+(?:us|ap['’]s|reuters|@\w+|him\s+on|her\s+on|them\s+on)\b
    | (?:follow|find)\s+(?:more|our|the|all|full|live)\b.{{0,80}}(?:coverage|updates|at\s+http|here|twitter)
    | more\s+(?:ap\b|on\s+this\s+stor|stories|coverage|from\b)
    | (?:click|tap)\s+(?:here|on)\b
    | (?:advertisement|related(?:\s+(?:stories|articles|content|topics|news|coverage))?|recommended|most\s+read|editors?['’]?s?\s+picks|trending|newsletters?|share\s+this(?:\s+\w+)?|print|comments?|tags?|topics?|keywords|sources?|editor|continue\s+reading.{{0,60}}|story\s+continues\s+below.{{0,40}}|skip\s+.{{0,40}}|ends?|end\s+item|end\s+of\s+story)\s*(?:$|:\s)
    | (?:see|watch|listen|hear)\s+(?:also|more|now|live|here|the\s+video)?\s*:
    | (?:[A-Z]\d*|main|metro|news|national|world|foreign|sports|business)\s+section\s+on\s+\d
    | page\s+[A-Z]?\d+\s*(?:$|of\b|on\b|\|)
    | (?:a|this)\s+version\s+of\s+this\s+(?:article|story|report)\b
    | this\s+(?:article|story|report|version|post|page|copy|item|content|material)\b.{{0,40}}?\b(?:(?:was|were|is|has\s+been|have\s+been)\s+(?:(?:also|originally|first|last|automatically)\s+)*(?:published|updated|corrected|edited|amended|produced|republished|translated|generated|part\s+of|contributed|adapted|not\s+been\s+edited|auto)|corrects|includes\s+(?:reporting|material)|may\s+not\s+be|originally|contains)\b
    | (?:an|a)\s+(?:earlier|previous)\s+version\s+of\s+this\b
    | \((?:adds|updates?|updated|recasts|corrects|corrected|rewrites|refiles|changes|releads|clarifies|writes\s+(?:thru|through)|this\s+(?:story|version)|repeats|new\s+throughout|fixes|removes|inserts|drops)\b
    | (?:with|includes)\s+(?:assistance|reporting|additional\s+reporting|inputs?|files|contributions?|agency\s+inputs)\s+(?:from|by)\b
    | (?:additional\s+|with\s+)?(?:reporting|contributions?|contributors?)\s*(?:by|from)?\s*:
    | to\s+(?:contact\s+the\s+(?:reporter|editor|author)|read\s+(?:more|the\s+full|this)|subscribe|receive\s+our|comment\s+on)\b
    | the\s+(?:associated\s+press|ap)\s+(?:is\s+an\s+independent|receives\s+(?:financial\s+)?support|is\s+(?:solely\s+)?responsible)
    | (?:thomson\s+)?reuters\s+trust\s+principles | the\s+thomson\s+reuters
    | (?:reuters|afp|ap|agencies|xinhua|tass|upi|dpa)(?:\s*[/,]\s*\w+)*\s*[.]?$
    | download\s+(?:the|our)\b | support\s+(?:our|independent)\s+journalism | donate\b | get\s+(?:the\s+latest|our|breaking|all\s+the\s+latest|more)\b.{{0,60}}(?:inbox|newsletter|app|alerts|news)
    | (?:print|online|web)\s+headline\s*:
    | for\s+(?:more|further)\s+(?:information|details|inquiries|on\s+this\s+story)\b.{{0,60}}(?:contact|visit|call|email|see|go\s+to|please|:|http)
    | (?:media|press)\s+(?:contacts?|inquiries|enquiries)\b
    | https?://\S+\s*$ | www\.\S+\s*$
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_BOILERPLATE_WHOLE = re.compile(r"[\W_]+|[-–—\s]*(?:30|END|ENDS|MORE|END ITEM)[-–—\s]*")
_CONTRIBUTED = re.compile(
    r"contribut(?:ed|ing)\s+(?:additional\s+)?(?:to\s+(?:this|the)\s+(?:report|story|article|dispatch)|reporting|writing|research)"
    r"(?:\s+(?:from|in)\s+[^.]{2,80})?\s*[.)\]]*$"
    r"|(?:reported|contributed)\s+from\s+[^.]{2,80}\.\s+[^.]{2,120}\s+(?:reported|contributed)\s+from\s+[^.]{2,80}\.$",
    re.IGNORECASE,
)
_CREDIT_WORDS = frozenset(
    """
    and in at of for from the by with reporting writing editing compiled written edited reported graphic graphics
    translation translated translating production produced research additional de la del di da van von der den bin ibn
    al el y bureau newsroom staff agencies correspondents reporters
    """.split()
)
_CREDIT_TAIL = re.compile(
    rf"(?:\(\s*(?:additional\s+)?{_SPEAKERS}(?:\s+and\s+{_SPEAKERS})?\s+by\b[^()]*\)"
    rf"|(?:(?<=[.!?\"”])\s+|^)(?:additional\s+)?{_SPEAKERS}(?:\s+and\s+{_SPEAKERS})?\s+by\s+[^.]{{2,250}})\.?$",
    re.IGNORECASE,
)
_CREDIT_START = re.compile(rf"[-–—(\[\s]*(?:additional\s+)?{_SPEAKERS}(?:\s+and\s+{_SPEAKERS})?\s+by\s", re.IGNORECASE)
_AFFILIATION = re.compile(
    r"(?:The\s+)?(?:Associated Press|AP|Reuters|AFP|Agence France-Presse|Bloomberg|UPI|Xinhua|dpa)"
    r"(?:\s+(?:Staff\s+)?(?:Writers?|Reporters?|Correspondents?|Editors?|News|writers?|reporters?|correspondents?|editors?))?"
    r"|(?:Staff|Special|Foreign|Diplomatic|Senior|Chief)(?:\s+\w+){0,2}\s+(?:Writers?|Reporters?|Correspondents?|Editors?)",
    re.IGNORECASE,
)
_LONGEST_BOILERPLATE = 600


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
    after_byline: bool = True

    def mark(self) -> Iterator[Region]:
        for number, (start, end) in enumerate(self.paragraphs):
            self.in_head = self.in_head and number < _HEAD
            yield from self._mark_paragraph(start, end)

    def _mark_paragraph(self, start: int, end: int) -> Iterator[Region]:
        if self.in_head and (after := self._match_date(start, end)) > start:
            yield Region("date", start, after)
            start, _ = trim(self.text, after, end)
        if self.in_head and (after := self._match_byline(start, end)) > start:
            yield Region("byline", start, after)
            start, _ = trim(self.text, after, end)
            self.after_byline = True
        if start == end:
            return
        if kind := self._whole_kind(start, end):
            yield Region(kind, start, end)
            return
        if self.in_head and (after := self._match_glued_caption(start, end)) > start:
            yield Region("caption", start, after)
            start, _ = trim(self.text, after, end)
        yield from self._mark_running(start, end)

    def _mark_running(self, start: int, end: int) -> Iterator[Region]:
        after = match_dateline(self.text, start, end, is_first=self.in_head)
        if after > start:
            yield Region("dateline", start, after)
        tail = _CREDIT_TAIL.search(self.text, max(start, end - _LONGEST_BOILERPLATE), end)
        if tail and _is_credit_line(tail.group()):
            yield Region("boilerplate", *trim(self.text, tail.start(), tail.end()))
        # A headline is no running text yet: the dateline is still to come.
        if after > start or (end - start > 120) or self.text[end - 1] in ".!?\"”":
            self.in_head = False
        self.after_byline = False

    def _whole_kind(self, start: int, end: int) -> RegionKind | None:
        paragraph = self.text[start:end]
        if _is_boilerplate(paragraph):
            return "boilerplate"
        if _CAPTION_START.match(paragraph) or (len(paragraph) < 1200 and _CAPTION_END.search(paragraph)):
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
            if word.start() > 6 and match_dateline(self.text, at, end, is_first=False) > at:
                return start + word.start()
        return start

    def _match_glued_caption(self, start: int, end: int) -> int:
        match = _GLUED_CREDIT.search(self.text, start, min(end, start + 1200))
        return match.end() if match else start


def _is_boilerplate(paragraph: str) -> bool:
    if len(paragraph) > _LONGEST_BOILERPLATE:
        return False
    if _BOILERPLATE_WHOLE.fullmatch(paragraph) or _BOILERPLATE_START.match(paragraph):
        return True
    if _CREDIT_START.match(paragraph) and _is_credit_line(paragraph):
        return True
    return len(paragraph) < 400 and _CONTRIBUTED.search(paragraph) is not None


def _is_credit_line(line: str) -> bool:
    """Say whether a line holds names and jobs only: "Reporting by Ann Lee in Rome; editing by Tom Roe"."""
    return all(word in _CREDIT_WORDS for word in re.findall(r"(?<![\w'’-])[a-z]+(?:-[a-z]+)*\b(?!-[A-Z])", line))
