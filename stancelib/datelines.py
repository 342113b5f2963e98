"""Recognise the dateline that opens a news agency's report: place, date, agency."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stancelib.abbreviations import words_of
from stancelib.dates import TEXT_DATE, WEEKDAY
from stancelib.paragraphs import Span

_AGENCIES = words_of(
    """
    AP AFP Reuters TASS ITAR-TASS Xinhua UPI DPA ANSA EFE PTI IANS ANI WAM SPA KUNA QNA BNA ONA MENA SANA IRNA ISNA MNA
    IRIB Tasnim Fars Mehr Anadolu AA Yonhap Kyodo Jiji BelTA BELTA Interfax Sputnik RIA Novosti Ukrinform UNIAN CNN VOA
    RFE/RL RFE RL Bloomberg JTA TPS WAFA NNA LANA SUNA ENA FANA APA Trend AZERTAC Azertac Armenpress ARMENPRESS CP AAP
    NAN APP UNB BSS Bernama Antara ANTARA VNA KCNA MTI PAP CTK BTA HINA Hina Tanjug TANJUG Agerpres AGERPRES Belga BELGA
    ANP ATS NTB TT STT Ritzau LUSA Lusa ICRC UNHCR OCHA MSF IOM UNICEF WFP WHO BBC RT NBC ABC CBS NPR Axios Politico DW
    CNS EIR KP PNA Petra PETRA TAP MAP APS AMI JANA SAPA ITN NHK CNA TASR SITA MIA KNA ACI ZENIT Pajhwok Khaama Shafaq
    Rudaw Mizan YJC Press Agency News Newswire PRNewswire Wire Service Associated Agence France-Presse
    """
)
"""Words by which a news agency is known in the brackets of a dateline."""

_NO_PLACE = words_of(
    """
    UN EU US UK USA UAE NATO OPEC OSCE IAEA UNHCR ICRC UNICEF OCHA IMF WTO WHO ICC ICJ OPCW ASEAN ECOWAS IGAD SADC GCC
    IDF GNA LNA SDF FSA PKK YPG ISIS ISIL TPLF RSF SAF FARC ELN OIC CIS CSTO BRICS CIA FBI NSA KGB FSB GRU SBU NGO NGOS
    AP AFP REUTERS TASS XINHUA DPA UPI
    UPDATE WRAPUP CORRECTED EXCLUSIVE BREAKING URGENT ALERT FLASH WATCH ANALYSIS OPINION EDITORIAL EXPLAINER FACTBOX
    TIMELINE VIDEO PHOTOS PHOTO LIVE READ MORE NOTE NEWS INTERVIEW COMMENTARY REFILE RECASTS FILE ADVISORY BACKGROUND
    SUMMARY REPORT Q A QUESTION ANSWER HOST MODERATOR ICYMI KEY WARNING EDITOR CORRECTION SOURCE DATE TITLE
    """
)
"""Words in capitals that are no place."""

_PARTICLES = words_of("de del di da do la le al el el- of the and upon sur am on an aan den in ibn y e es")
_WORD = r"[^\W\d_][\w.'’‘-]*"
_LONGEST_PLACE = 4
_HEADLINE = 60
"""Text that is in capitals for so long is a headline."""

_PLACE = rf"(?P<place>{_WORD}(?:(?:\s|\s?/\s?){_WORD}){{0,5}}?)"
_REGION = rf"(?P<region>(?:,\s*{_WORD}(?:\s{_WORD}){{0,3}}?){{1,2}})?"
_DATE = rf"(?:(?P<comma>[,.]?)\s*(?:{WEEKDAY},?\s+)?(?P<date>\(?{TEXT_DATE}\)?)[.,]?)"
_BRACKET = r"(?P<agency>\([^()\n]{2,40}\))"
_DASH = r"(?P<dash>\s*(?:--+|[—–―‒]|\.\s?-+)|\s+[-_](?=\s)|(?<=[)A-Z])-(?=\s|[A-Z]))"

_COUNTRY = r"(?:\s\([A-Z][^()\n]{2,30}\)(?=\s\())?"
"""A country in brackets, where the agency's follow: "Goma (DR Congo) (AFP)"."""

_DASHED = re.compile(
    rf"{_PLACE}{_REGION}{_DATE}?{_COUNTRY}(?:,?\s*{_BRACKET}(?:\s?:(?=\s))?)?{_DASH}\s*", re.IGNORECASE
)
_SLASHED = re.compile(rf"{_PLACE}{_REGION}{_DATE}?\s*(?P<agency>/[^/\n]{{2,30}}/)\.?(?:\s*{_DASH})?\s*", re.IGNORECASE)
_UNDASHED = re.compile(rf"{_PLACE}{_REGION}{_DATE}\s*{_BRACKET}[.:]?\s+", re.IGNORECASE)
_BARE = re.compile(rf"{_PLACE}{_REGION}{_DATE}?,\s*(?P<agency>[A-Z][\w/]+(?:\s[A-Z]\w+)?)\.?{_DASH}\s*")
_AGENCY_LAST = re.compile(rf"{_PLACE}{_REGION}{_DATE}{_DASH}\s*(?P<agency>[A-Z]\w+(?:\s[A-Z]\w+)?)\.\s+", re.IGNORECASE)
_NO_CITY = re.compile(rf"(?:{TEXT_DATE}\s*)?{_BRACKET}(?:{_DASH}\s*|\s*(?=[A-Z]))", re.IGNORECASE)
_COLON = re.compile(rf"{_PLACE}(?P<region>)(?P<date>)(?P<agency>):\s+")


_BRACKETED = re.compile(r"\(([^()\n]{2,40})\)|/([^/\n]{2,30})/")
_SIGN = re.compile(r"[(/:—–―‒]|--|\s[-_]|[A-Z)]-|\.\s?-")


@dataclass(frozen=True, slots=True)
class _Parts:
    place: str
    region: str
    has_date: bool
    has_comma: bool
    agency: str
    dash: str
    rest: str


def match_dateline(text: str, span: Span, *, is_first: bool, allow_colon: bool) -> int:
    """Return where the dateline ends that opens a paragraph; the paragraph's start if there is none.

    Args:
        text: The document's text.
        span: Where the paragraph begins and ends.
        is_first: Whether no running text came before; forms that may also be ordinary text count only there.
        allow_colon: Whether a place in capitals and a colon is a dateline, and not a speaker of a transcript.
    """
    start, end = span
    line = text[start : min(end, start + 400)]
    window = line[:160]
    if not _may_be_dateline(window):
        return start
    for pattern in (_SLASHED, _AGENCY_LAST, _DASHED, _UNDASHED, _BARE):
        match = pattern.match(window)
        if match and _holds(_parts(match, line), is_first=is_first):
            return _end(text, start, match)
    match = _NO_CITY.match(window)
    if match and match["agency"].strip("()") in _AGENCIES:
        return _end(text, start, match)
    if (
        is_first
        and allow_colon
        and (match := _COLON.match(window))
        and _is_colon_dateline(match["place"], line[match.end() :])
    ):
        return _end(text, start, match)
    return start


def dateline_agency(dateline: str) -> str:
    """Return the agency that a dateline names in brackets or between strokes; empty if it names none."""
    for match in _BRACKETED.finditer(dateline):
        name = match[1] or match[2]
        if _is_agency(name):
            return str(name).strip()
    return ""


def is_place_line(line: str) -> bool:
    """Say whether a line is nothing but a place in capitals, as some agencies write above the text."""
    return (
        len(line) <= 40
        and re.fullmatch(r"[^\W\d_][^\d:;!?\"()\[\]]*", line) is not None
        and _is_place_in_capitals(line.split(",")[0])
    )


def _may_be_dateline(window: str) -> bool:
    """Say whether nothing speaks against a dateline at first sight: capitalised words, then a sign of its end."""
    sign = _SIGN.search(window)
    if sign is None:
        return False
    return all(not word[0].islower() or word.rstrip(",") in _PARTICLES for word in window[: sign.start()].split())


def _parts(match: re.Match[str], line: str) -> _Parts:
    groups = match.groupdict()
    return _Parts(
        place=groups["place"],
        region=(groups["region"] or "").strip(", "),
        has_date=bool(groups.get("date")),
        has_comma=bool(groups.get("comma")) or (groups.get("date") or "").startswith("("),
        agency=groups.get("agency") or "",
        dash=groups.get("dash") or "",
        rest=line[match.end() :],
    )


def _holds(parts: _Parts, *, is_first: bool) -> bool:
    if not parts.rest or not (_is_place_in_capitals(parts.place) or _is_capitalised(parts.place)):
        return False
    if parts.region and not _is_capitalised(parts.region):
        return False
    in_capitals = _is_place_in_capitals(parts.place)
    if parts.agency[:1] == "/" and not (in_capitals or parts.has_date):
        return False
    if parts.agency:
        return _is_agency(parts.agency) or (in_capitals and (bool(parts.dash) or parts.agency[0] == "/"))
    if parts.has_date:
        return in_capitals or parts.has_comma
    if _begins_low(parts.rest) or _is_parenthesis(parts):
        return False
    if in_capitals:
        return len(parts.place.split()) <= _LONGEST_PLACE and not parts.rest[:_HEADLINE].isupper()
    return bool(parts.region) and is_first and parts.dash.strip() != "-" and parts.dash[:1].isspace()


def _begins_low(rest: str) -> bool:
    word = rest.lstrip("\"“‘'«(")
    return word[:1].islower() and not re.match(r"[a-z]{1,3}[-A-Z]", word)


def _is_parenthesis(parts: _Parts) -> bool:
    """Say whether a second dash closes what the first opened: "NATO - Europe's main alliance - said"."""
    clause = re.split(r"[.!?]\s", parts.rest[:120], maxsplit=1)[0]
    match = re.search(rf"\s{re.escape(parts.dash.strip())}\s+(?=[a-z])", clause)
    return match is not None and match.start() < 60


def _is_place_in_capitals(place: str) -> bool:
    letters = [letter for letter in place if letter.isalpha()]
    words = place.replace("/", " ").split()
    if len(letters) < 3 or any(word.strip(".,") in _NO_PLACE for word in words):
        return False
    capitals = re.sub(r"\b(?:Ma?c)(?=[A-Z])", "", place)
    return capitals.isupper() or all(word.isupper() or word in _PARTICLES for word in words)


def _is_capitalised(name: str) -> bool:
    words = re.split(r"[\s/,]+", name.strip())
    return all(word[:1].isupper() or word.lower() in _PARTICLES or "-" in word for word in words if word) and words[
        0
    ] not in {
        "On",
        "In",
        "By",
        "The",
        "From",
        "Since",
        "Until",
    }


def _is_agency(bracketed: str) -> bool:
    words = re.split(r"[\s,/&|-]+", bracketed.strip("()/. "))
    whole = bracketed.strip("()/. ")
    return whole in _AGENCIES or whole.title() in _AGENCIES or any(w in _AGENCIES or w.upper() == "DPA" for w in words)


def _is_colon_dateline(place: str, rest: str) -> bool:
    return (
        _is_place_in_capitals(place) and place.isupper() and len(place) > 3 and len(rest) > 60 and not _begins_low(rest)
    )


def _end(text: str, start: int, match: re.Match[str]) -> int:
    return start + len(text[start : start + match.end()].rstrip())
