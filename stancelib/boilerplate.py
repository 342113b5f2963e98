"""Recognise what agencies and sites print around a report: credits, copyright, corrections, calls to read more."""

from __future__ import annotations

import re

from stancelib.abbreviations import words_of
from stancelib.paragraphs import Span, trim

LONGEST = 600
"""A paragraph longer than this is text."""

_JOBS = (
    r"(?:reporting|writing|editing|compiled|written|edited|reported|graphics?|translat(?:ed|ion|ing)|production|produced"
    r"|research)"
)
_BY = rf"(?:additional\s+)?{_JOBS}(?:\s+and\s+{_JOBS})?\s+by"
_PUBLISHED = (
    r"(?:published|updated|corrected|edited|amended|produced|republished|translated|generated|adapted|part\s+of"
    r"|contributed|not\s+been\s+edited|auto-?\w*)"
)
_PIECE = r"(?:article|story|report|version|post|page|copy|item|content|material|dispatch)"
_LINK_LABELS = "|".join(
    (
        r"advertisement|recommended|most\s+read|trending|newsletters?|comments?|tags?|topics?|keywords|sources?|editor",
        r"related(?:\s+(?:stories|articles|content|topics|news|coverage))?|editors?['’]?s?\s+picks|share\s+this(?:\s+\w+)?",
        r"continue\s+reading.{0,60}|story\s+continues\s+below.{0,40}|skip\s+.{0,40}|ends?|end\s+item|end\s+of\s+story",
        r"print|listen\s+to\s+this\s+(?:article|story)|loading\W*",
    )
)
_OPENINGS = (
    r"(?:information|material|details|content)\s+(?:for|from|in)\s+this\s+(?:article|story|report)\b.{0,40}?"
    r"\b(?:contributed|provided|gathered|used|came)",
    r"our\s+standards\s*:",
    r"(?:copyright|©|\(c\)|\(©\))\s*(?:©|\(c\)|\d{4}|by\b|(?-i:[A-Z]))",
    r"©|all\s+rights\s+reserved",
    r"read\s+(?:more|also|next|the\s+full|our|on)\b\s*(?:$|[:.>»|…]|about|on\b|at\b|here|from|stor|coverage|in\b)",
    r"(?:sign|log)\s+(?:up|in)\b\s*(?:$|[:.!]|for|to|here|now|today|with)",
    r"subscribe\b\s*(?:$|[:.!]|to|now|today|for|here)",
    r"(?:follow|like|join|find|contact|email)\s+(?:us|ap['’]s|reuters|@\w+|him\s+on|her\s+on|them\s+on)\b",
    r"(?:follow|find)\s+(?:more|our|the|all|full|live)\b.{0,80}(?:coverage|updates|at\s+http|here|twitter)",
    r"more\s+(?:ap\b|on\s+this\s+stor|stories\s+(?:on|from|at|about)|coverage|from\s+(?-i:[A-Z]\w*:?\s*$))",
    r"(?:click|tap)\s+(?:here|on\s+the\s+link)\b",
    rf"(?:{_LINK_LABELS})\s*(?:$|:\s)",
    r"(?:see|watch|listen|hear)\s*(?:also|more|now|live|here|the\s+video)?\s*:",
    r"(?:[A-Z]\d*|main|metro|news|national|world|foreign|sports|business)\s+section\s+on\s+\d",
    r"page\s+[A-Z]?\d+\s*(?:$|of\b|on\b|\|)",
    r"(?:an?|this)\s+(?:(?:earlier|previous|longer|shorter|prior)\s+)?version\s+of\s+this\s+(?:article|story|report)\b",
    rf"this\s+{_PIECE}\b.{{0,40}}?\b(?:was|were|is|has\s+been|have\s+been)\s+"
    rf"(?:(?:also|originally|first|last|automatically)\s+)*{_PUBLISHED}",
    rf"this\s+{_PIECE}\s+(?:corrects|includes\s+(?:reporting|material)|may\s+not\s+be|originally)\b",
    r"(?:with|includes)\s+(?:assistance|reporting|additional\s+reporting|inputs?|files|contributions?|agency\s+inputs)"
    r"\s+(?:from|by)\b",
    r"(?:additional\s+|with\s+)?(?:reporting|contributions?|contributors?)\s*(?:by|from)?\s*:",
    r"to\s+(?:contact\s+the\s+(?:reporter|editor|author)|read\s+(?:more|the\s+full|this)|subscribe|receive\s+our"
    r"|comment\s+on\s+this)\b",
    r"the\s+(?:associated\s+press|ap)\s+(?:is\s+an\s+independent|receives\s+(?:financial\s+)?support|is\s+(?:solely\s+)?"
    r"responsible)",
    r"(?:thomson\s+)?reuters\s+trust\s+principles|the\s+thomson\s+reuters\s+trust",
    r"(?:reuters|afp|ap|agencies|xinhua|tass|upi|dpa)(?:\s*[/,]\s*\w+){0,3}\s*[.]?$",
    r"download\s+(?:the|our)\b|support\s+(?:our|independent)\s+journalism|donate\s+(?:now|today|here|to\b)",
    r"get\s+(?:the\s+latest|our|breaking|all\s+the\s+latest|more)\b.{0,60}(?:inbox|newsletter|app|alerts)\b",
    r"(?:print|online|web)\s+headline\s*:",
    r"for\s+(?:more|further)\s+(?:information|details|inquiries|on\s+this\s+story)\b.{0,60}"
    r"(?:contact|visit|call|email|see|go\s+to|please|:|http)",
    r"(?:media|press)\s+(?:contacts?|inquiries|enquiries)\b",
    r"(?:https?://|www\.)\S+\s*$",
)
_BOILERPLATE = re.compile(r"(?:[-–—_*=#•.~]+\s*)?(?:" + "|".join(_OPENINGS) + ")", re.IGNORECASE)
_MARKS_ONLY = re.compile(r"[\W_]+|[-–—\s]*(?:30|END|ENDS|MORE|END ITEM)[-–—\s]*")
_EDITORS_NOTE = re.compile(
    r"\((?:adds|updates?|updated|recasts|corrects|corrected|rewrites|refiles|changes|releads|clarifies|repeats|fixes"
    r"|removes|inserts|drops|writes\s+(?:thru|through)|this\s+(?:story|version)|new\s+throughout)\b[^()\n]{0,300}\)",
    re.IGNORECASE,
)
_CONTRIBUTED = re.compile(
    r"contribut(?:ed|ing)\s+(?:additional\s+)?(?:to\s+(?:this|the)\s+(?:report|story|article|dispatch)|reporting)"
    r"(?:\s+(?:from|in)\s+[^.]{2,80})?\s*[.)\]]*$"
    r"|(?:reported|contributed)\s+from\s+[^.]{2,80}\.\s+[^.]{2,120}\s+(?:reported|contributed)\s+from\s+[^.]{2,80}\.$",
    re.IGNORECASE,
)
_CREDIT_WORDS = words_of(
    """
    and in at of for from the by with reporting writing editing compiled written edited reported graphic graphics
    translation translated translating production produced research additional de la del di da van von der den bin ibn
    al el y bureau newsroom staff agencies correspondents reporters
    """
)
_CREDIT = re.compile(rf"[-–—(\[\s]*{_BY}\s", re.IGNORECASE)
_CREDIT_AT_END = re.compile(
    rf"(?:\(\s*{_BY}\b[^()]{{2,400}}\)|(?:(?<=[.!?\"”])\s+|^){_BY}\s+[^.]{{2,250}})\.?$", re.IGNORECASE
)
_HAS_JOB = re.compile(rf"{_JOBS}\s+by\b", re.IGNORECASE)
_LAST_SENTENCE = re.compile(r"(?<=[a-z0-9\"”)]{2})[.!?][\"”)]?\s*(?=[A-Z(])")
_LOWER_WORD = re.compile(r"(?<![\w'’-])[a-z]+(?:-[a-z]+)*\b(?!-[A-Z])")


def is_boilerplate(paragraph: str) -> bool:
    """Say whether the whole paragraph is boilerplate."""
    if len(paragraph) > LONGEST:
        return False
    if _MARKS_ONLY.fullmatch(paragraph) or _BOILERPLATE.match(paragraph):
        return True
    if _CREDIT.match(paragraph) and _is_credit_line(paragraph):
        return True
    thanks = _find_thanks(paragraph, 0, len(paragraph))
    return thanks is not None and not _LAST_SENTENCE.search(paragraph, 0, thanks.start())


def match_editors_note(text: str, start: int, end: int) -> int:
    """Return where a note such as "(Adds details)" ends that opens a paragraph; ``start`` if there is none."""
    match = _EDITORS_NOTE.match(text, start, end)
    return match.end() if match else start


def find_tail(text: str, start: int, end: int) -> Span | None:
    """Return the credits at a paragraph's end: "(Reporting by X)", "Y contributed to this report."."""
    start = max(start, end - LONGEST)
    if " by " in text[start:end] and _HAS_JOB.search(text, start, end):
        credit = _CREDIT_AT_END.search(text, start, end)
        if credit and _is_credit_line(credit.group()):
            return trim(text, *credit.span())
    thanks = _find_thanks(text, start, end)
    before = [match.end() for match in _LAST_SENTENCE.finditer(text, start, thanks.start())] if thanks else []
    return (before[-1], end) if before else None


def _find_thanks(text: str, start: int, end: int) -> re.Match[str] | None:
    start = max(start, end - 400)
    last_words = text[end - 20 : end].lower().rstrip(".)] ")
    if (
        not last_words.endswith(("report", "story", "article", "dispatch", "reporting"))
        and "from" not in text[start:end]
    ):
        return None
    return _CONTRIBUTED.search(text, start, end)


def _is_credit_line(line: str) -> bool:
    """Say whether a line holds names and jobs only: "Reporting by Ann Lee in Rome; editing by Tom Roe"."""
    return all(word in _CREDIT_WORDS for word in _LOWER_WORD.findall(line))
