"""What a model sees of a sentence: its words, and its actors as roles instead of names.

Names are masked, so that exchanging two names in the text exchanges the answers exactly. A sentence is rendered once;
a view then says who of its actors is asked about (SELF), who the other one of a pair is (TARGET), and who else is
there (OTHER).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from stancelib.cues import find_cues
from stancelib.stems import stem
from stancelib.types import Candidate, Mention, Sentence

SELF, TARGET, OTHER, BOTH = "@self", "@target", "@other", "@both"
"""The role tokens; BOTH is a group mention ("both sides") that holds SELF and TARGET."""

SPEAKER = "@speaker"
"""Stands before a sentence whose speaker is named elsewhere."""

_TOKEN = re.compile(r"'s\b|\d[\d.,]*|[^\W\d_]+(?:[.'-][^\W\d_]+)*|[^\w\s]")
_ARTICLES = {"an": "a"}  # "an Egyptian" and "a Turkish": the article would betray the name that follows
_OPENING, _CLOSING = "“", "”"
_LETTERS = str.maketrans("‘’ʼ‑‐«»‟″＂", "'''--“”" + '"""')
"""How quotation marks, apostrophes and hyphens are written; every character stays one, so that offsets hold."""

_QUOTES = re.compile("[„“”\"]|''|``")
_DASHES = re.compile(r"(?<!\S)-(?!\S)|-(?=-)|(?<=-)-")
_NOT = {"can't": "cannot", "won't": "will not", "n't": " not"}
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))

_JOINING = frozenset(
    (
        *(",", "and", "or", "&", "the", "both", "as", "well", "of", "from", "'s", "then", "also", "togeth", "foreign"),
        *("prime", "defenc", "defens", "minist", "ministri", "presid", "leader", "offici", "govern", "envoy", "chief"),
        *("ambassador", "head", "state", "counterpart", "spokesman", "diplomat", "forc", "troop", "armi"),
    )
)
"""What may stand between the members of a list of actors ("A, B and the foreign ministers of C and D")."""

_CLOSERS = frozenset(("and", "or", "&", "well"))
"""Stand before the last member of a list; "well" is that of "as well as"."""

_GROUPS = frozenset(("minist", "presid", "leader", "offici", "envoy", "chief", "ambassador", "diplomat", "govern"))
"""Heads that open a list within a list: "A and the ministers of B, C and D"."""


@dataclass(frozen=True, slots=True)
class View:
    """A sentence as it looks when one actor, or one ordered pair, is asked about.

    Attributes:
        tokens: Stems, and role tokens where actors stand.
        cues: For each token the classes of acts that it speaks of.
        quoted: For each token whether it stands in quotation marks.
    """

    tokens: list[str]
    cues: list[tuple[str, ...]]
    quoted: list[bool]


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a mention, or a list of mentions.

    Attributes:
        word: The lower-case stem; empty for mentions.
        actors: The ids of the actors mentioned; empty for a word.
        cues: The classes of acts that the word speaks of.
        members: Of a list ("A, B and C") the tokens that it is made of; empty otherwise.
        quoted: Whether it stands in quotation marks; the mark that opens does, the one that closes does not.
        joins: Whether it can be a member of a list; a pronoun cannot ("A blamed B and it left").
    """

    word: str
    actors: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    members: tuple[Token, ...] = ()
    quoted: bool = False
    joins: bool = False


@dataclass(frozen=True, slots=True)
class RoledSentence:
    """The tokens of a sentence, with its actors ready to become roles."""

    tokens: tuple[Token, ...]

    def view(self, actor: str, target: str | None = None) -> View:
        """Return the sentence with roles for names.

        A list of actors becomes one role, so that each of its members is seen as if it stood alone; a list that holds
        both actor and target stays as it is.
        """
        parts = self.tokens
        if any(token.members and actor in token.actors and target in token.actors for token in parts):
            parts = tuple(part for token in parts for part in _expand(token, {actor, target}))
        return View(
            [_role(part.actors, actor, target) if part.actors else part.word for part in parts],
            [part.cues for part in parts],
            [part.quoted for part in parts],
        )


def _expand(token: Token, pair: set[str | None]) -> tuple[Token, ...]:
    return token.members if token.members and pair.issubset(token.actors) else (token,)


def _role(ids: tuple[str, ...], actor: str, target: str | None) -> str:
    if actor in ids:
        return BOTH if target in ids else SELF
    return TARGET if target in ids else OTHER


def render_sentence(candidate: Candidate) -> RoledSentence:
    """Render the sentence of a candidate, with the speaker that stands outside it put in front."""
    outside = candidate.speakers
    plain = [
        *([("", outside, False, False), (SPEAKER, (), False, False)] if outside else []),
        *_plain(candidate.sentence, candidate.inside),
    ]
    cues = find_cues([word for word, *_ in plain])
    tokens = [
        Token("", ids, quoted=quoted, joins=joins) if ids else _word(word, names, quoted=quoted)
        for (word, ids, quoted, joins), names in zip(plain, cues, strict=True)
    ]
    return RoledSentence(tuple(_joined(tokens)))


@lru_cache(maxsize=50_000)
def _word(word: str, cues: tuple[str, ...], *, quoted: bool) -> Token:
    return Token(word, cues=cues, quoted=quoted)


def _joined(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens, those of a list of actors as one."""
    last = 0
    for start, end in _lists(tokens):
        yield from tokens[last:start]
        members = tuple(tokens[start:end])
        actors = tuple(dict.fromkeys(name for token in members for name in token.actors))
        yield Token("", actors, members=members, quoted=members[0].quoted)
        last = end
    yield from tokens[last:]


def _lists(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield the first token and the one after the last of each list of actors.

    Two members need an "and" without a comma before it: in "A condemned B, and C left" B and C are no list. A comma
    after the "and" ends a list: in "As agreed by A and B, C left" C is no member; but ", as well as" goes on, and so
    does what an "and the ministers of" opens.
    """
    run: list[int] = []
    closed = False
    for place in [place for place, token in enumerate(tokens) if token.actors]:
        between = [token.word for token in tokens[run[-1] + 1 : place]] if run else []
        joins = tokens[place].joins and bool(run) and tokens[run[-1]].joins and _joins(between)
        if not joins or (closed and "," in between and "well" not in between):
            yield from _list_of(tokens, run)
            run, closed = [], False
        run.append(place)
        closed = closed or (len(run) > 1 and not _CLOSERS.isdisjoint(between) and _GROUPS.isdisjoint(between))
    yield from _list_of(tokens, run)


def _list_of(tokens: Sequence[Token], run: Sequence[int]) -> Iterator[tuple[int, int]]:
    if len(run) > 2 or (len(run) == 2 and all(token.word != "," for token in tokens[run[0] : run[1]])):
        yield run[0], run[-1] + 1


def _joins(between: Sequence[str]) -> bool:
    return ("," in between or not _CLOSERS.isdisjoint(between)) and _JOINING.issuperset(between)


def _plain(sentence: Sentence, mentions: Sequence[Mention]) -> Iterator[tuple[str, tuple[str, ...], bool, bool]]:
    """Yield of each token the word, the actors, whether it is quoted, and whether it can be a member of a list."""
    text = _directed(sentence.text.translate(_LETTERS))
    marks = [mark for mark in text if mark in (_OPENING, _CLOSING)]
    position, quoted = 0, marks[:1] == [_CLOSING]
    for start, end, ids, joins in [*_spans(sentence, mentions), (len(text), len(text), (), False)]:
        for word in _words(text[position:start]):
            if word in (_OPENING, _CLOSING):
                quoted = word == _OPENING
                yield '"', (), quoted, False
            else:
                yield word, (), quoted, False
        if ids:
            yield "", ids, quoted, joins
        position = end


def _directed(text: str) -> str:
    """Return the text with quotation marks that tell opening from closing, and dashes that tell them from hyphens.

    A straight mark opens after a space and before a word, closes after a word and before a space or a stop, and is
    else what the one before it was not. The mark that opens in English closes what a low one opened.
    """
    pieces: list[str] = []
    last, opened, low = 0, False, False
    for match in _QUOTES.finditer(text):
        mark, start, end = match[0], match.start(), match.end()
        if mark in ("„", _OPENING, _CLOSING, "``"):
            opened = mark != _CLOSING and not (low and mark == _OPENING)
            low = mark == "„"
        else:
            before, after = start > 0 and text[start - 1] not in " \t\n([-–—", text[end : end + 1].isalnum()
            opened = after if before != after else not opened
        pieces += [text[last:start], (_OPENING if opened else _CLOSING).ljust(end - start)]
        last = end
    return _DASHES.sub("–", "".join([*pieces, text[last:]]))


def _spans(sentence: Sentence, mentions: Sequence[Mention]) -> list[tuple[int, int, tuple[str, ...], bool]]:
    """Merge mentions that overlap into one span, in sentence coordinates, and say which can be members of lists."""
    spans: list[tuple[int, int, tuple[str, ...], bool]] = []
    for mention in sorted(mentions, key=lambda m: (m.start, m.end)):
        start, end, joins = mention.start - sentence.start, mention.end - sentence.start, mention.via != "pronoun"
        if spans and start < spans[-1][1]:
            last = spans.pop()
            ids = last[2] if mention.actor in last[2] else (*last[2], mention.actor)
            spans.append((last[0], max(last[1], end), ids, joins and last[3]))
        else:
            spans.append((start, end, (mention.actor,), joins))
    return spans


def _words(text: str) -> list[str]:
    """Return the stems of a stretch of text."""
    text = text.lower()
    if not text.isascii():
        text = text.translate(_INVISIBLE)
    if "n't" in text:
        for short, long in _NOT.items():
            text = text.replace(short, long)
    words = [stem(word) for word in _TOKEN.findall(text)]
    return [_ARTICLES.get(word, word) for word in words]
