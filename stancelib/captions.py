"""Recognise the caption of a photograph by its credit or its opening."""

from __future__ import annotations

import re

_AGENCIES = (
    r"AP|AFP|Reuters|REUTERS|EPA(?:-EFE)?|Getty|Anadolu|AA|Xinhua|TASS|Sputnik|UPI|dpa|DPA|PA|ANSA|EFE|Pool|POOL"
    r"|Shutterstock|Alamy|NurPhoto|Bloomberg|Corbis|Wikimedia|Flickr"
)
_PICTURE = r"(?:[Pp]hotos?|PHOTOS?|[Pp]hotographs?|[Ii]mages?|IMAGES?|[Pp]ictures?|File|FILE)"
_INNER = r"[^()\[\]\n]"
_CREDIT = "|".join(
    (
        rf"(?:{_AGENCIES}|File|Courtesy|Archive|Handout)?\s*{_PICTURE}\s*(?:by\b|via\b|from\b|courtesy\b|:|/){_INNER}{{2,120}}",
        rf"{_INNER}{{0,80}}\b(?:{_AGENCIES}|{_PICTURE}|Handout|Courtesy|Screengrab|Supplied)"
        rf"\s*(?:/|via\b|[Pp]hoto\b|Images\b){_INNER}{{0,80}}",
        rf"{_INNER}{{1,80}}(?:/|via\s)\s*(?:{_AGENCIES}|Handout|Shutterstock){_INNER}{{0,60}}",
    )
)
_IN_BRACKETS = rf"[(\[](?:{_CREDIT})[)\]]\.?"
_LAST_WORDS = "|".join(
    (
        _IN_BRACKETS,
        rf"(?:[.!?]|\b\d{{4}})\s+(?:{_PICTURE}\s?)?[Cc]redits?:\s[^\n]{{2,100}}",
        rf"[.!?\w]\s+{_PICTURE}:\s[^\n]{{2,100}}",
        r"[.!?]\s+REUTERS/[^\n]{2,80}",
        r"[.!?]\s+(?:AP|AFP|EPA) (?:Photo|PHOTO)/?[^\n]{2,80}",
    )
)
_KINDS = r"(?:photo|image|picture|photograph|video grab|frame grab|screengrab)"
_FIRST_WORDS = "|".join(
    (
        r"(?:REUTERS|AFP|AP)\s?/\s?\w",
        r"FILE(?:\s+(?:PHOTO|IMAGE|PICTURE))?\s*(?:[-–—:]|\()",
        r"(?:File )?(?:PHOTO|Photo|IMAGE|Image|PICTURE|Picture|CAPTION|Caption)(?:\s(?:caption|credit|CREDIT))?\s*[:(]",
        rf"{_PICTURE}\s(?:caption|credit|by)\b",
        r"(?:Photo )?Credits?:",
        rf"(?:In )?[Tt]his\s(?:[^.\n]{{0,40}}\s)?(?:(?:file|handout|undated|satellite|aerial)\s+)+{_KINDS}\b",
        rf"(?:In )?[Tt]his\s(?:[^\n]{{0,30}}\s)?{_KINDS}\s+(?:taken|provided|released|made available|obtained|shows)\b",
        rf"(?:A|An)\s(?:[a-z]+\s)?{_KINDS}\s+(?:taken|provided|released|made available|obtained)\s(?:by|from|on)\b",
    )
)
_CAPTION_END = re.compile(rf"(?:{_LAST_WORDS})$")
_CAPTION_START = re.compile(rf"(?:{_FIRST_WORDS})")
_BRACKETED_CREDIT = re.compile(rf"{_IN_BRACKETS}(?=\s+\S)")
_CREDIT_SIGN = re.compile(r"[Cc]redits?:|[Pp]hotos?\b|PHOTO|REUTERS/|[Ii]mage|[Pp]icture|[Pp]hotograph")
_LONGEST_CAPTION = 1200
_LONGEST_CREDIT = 200


def is_caption(paragraph: str) -> bool:
    """Say whether a paragraph is the caption of a photograph."""
    if _CAPTION_START.match(paragraph):
        return True
    if len(paragraph) > _LONGEST_CAPTION:
        return False
    tail = paragraph[-_LONGEST_CREDIT:]
    return (tail.rstrip(".")[-1:] in {")", "]"} or bool(_CREDIT_SIGN.search(tail))) and bool(_CAPTION_END.search(tail))


def match_glued_caption(text: str, start: int, end: int) -> int:
    """Return where a caption ends, its credit in brackets, to which text is glued; ``start`` if none is."""
    match = _BRACKETED_CREDIT.search(text, start, min(end, start + _LONGEST_CAPTION))
    return match.end() if match else start
