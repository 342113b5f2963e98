"""Dates as newswire writes them: how to find one in a text and what day it is."""

from __future__ import annotations

import re
from datetime import date

MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
WEEKDAY = r"(?:Mon|Tue|Tues|Wed|Wednes|Thu|Thur|Thurs|Fri|Sat|Satur|Sun)(?:day)?\b\.?"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?\b"
_YEAR = r"(?:19|20)\d\d\b"
ISO_DATE = r"(?:19|20)\d\d-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|\s?[+-]\d\d:?\d\d)?)?(?![\d-])"
SLASHED_DATE = r"\d{1,2}/\d{1,2}/(?:19|20)\d\d\b"
TEXT_DATE = rf"(?:{MONTH}\s+{_DAY}(?:,?\s+{_YEAR})?|{_DAY}\s+(?:of\s+)?{MONTH}(?:,?\s+{_YEAR})?)"
FULL_DATE = rf"(?:{MONTH}\s+{_DAY},?\s+{_YEAR}|{_DAY}\s+(?:of\s+)?{MONTH},?\s+{_YEAR}|{ISO_DATE}|{SLASHED_DATE})"

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIND_ISO = re.compile(r"\b((?:19|20)\d\d)-(\d\d)-(\d\d)")
_FIND_SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})/((?:19|20)\d\d)\b")
_FIND_MONTH_FIRST = re.compile(rf"\b({MONTH})\s+({_DAY}),?\s+({_YEAR})", re.IGNORECASE)
_FIND_DAY_FIRST = re.compile(rf"\b({_DAY})\s+(?:of\s+)?({MONTH}),?\s+({_YEAR})", re.IGNORECASE)


def find_date(text: str) -> date | None:
    """Return the first date with a year that a text states; None if there is none, or it can be read in two ways."""
    if match := _FIND_ISO.search(text):
        return _make_date(*match.groups())
    if match := _FIND_MONTH_FIRST.search(text):
        month, day, year = match.groups()
        return _make_date(year, _month_number(month), day)
    if match := _FIND_DAY_FIRST.search(text):
        day, month, year = match.groups()
        return _make_date(year, _month_number(month), day)
    if match := _FIND_SLASHED.search(text):
        first, second, year = match.groups()
        return _read_slashed(int(first), int(second), year)
    return None


def to_date(value: object) -> date | None:
    """Return a date given as such or as ISO text (a time after it does not matter); None for None and "".

    Raises:
        ValueError: The value is no date.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    if not isinstance(value, str):
        raise ValueError(f"bad date {value!r}; expected YYYY-MM-DD")
    day, _, _ = value.strip().replace(" ", "T", 1).partition("T")
    try:
        return date.fromisoformat(day)
    except ValueError as error:
        raise ValueError(f"bad date {value!r}; expected YYYY-MM-DD") from error


def _read_slashed(first: int, second: int, year: str) -> date | None:
    # 03/04/2020 is March in one country and April in another.
    if first <= 12 and second <= 12 and first != second:
        return None
    month, day = (first, second) if first <= 12 else (second, first)
    return _make_date(year, month, day)


def _month_number(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


def _make_date(year: str, month: str | int, day: str | int) -> date | None:
    number = day if isinstance(day, int) else int(re.sub(r"\D", "", day))
    try:
        return date(int(year), int(month), number)
    except ValueError:
        return None
