"""What a model sees of a sentence: its words, and its actors as roles instead of names.

Names are masked, so that exchanging two names in the text exchanges the answers exactly. A sentence is rendered once;
a view then says who of its actors is asked about (SELF), who the other one of a pair is (TARGET), and who else is
there (OTHER).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stancelib.cues import find_cues
from stancelib.stems import stem
from stancelib.types import Candidate, Mention, Sentence

SELF, TARGET, OTHER, BOTH = "@self", "@target", "@other", "@both"
"""The role tokens; BOTH is a group mention ("both sides") that holds SELF and TARGET."""

SPEAKER = "@speaker"
"""Stands before a sentence whose speaker is named elsewhere."""

_TOKEN = re.compile(r"'s\b|\d[\d.,]*|[^\W\d_]+(?:[.'-][^\W\d_]+)*|[^\w\s]")
_ARTICLES = {"an": "a"}  # "an Egyptian" and "a Turkish": the article would betray the name that follows
_QUOTES = str.maketrans("“”„«»‘’‑", '"""' + '""' + "''-")


_JOINING = frozenset(
    (
        *(",", "and", "or", "&", "the", "both", "as", "well", "of", "from", "'s", "then", "also", "togeth"),
        *(
            "foreign",
            "prime",
            "defenc",
            "defens",
            "minist",
            "ministri",
            "presid",
            "leader",
            "offici",
            "govern",
            "envoy",
        ),
        *("ambassador", "chief", "head", "state", "counterpart", "spokesman", "diplomat", "forc", "troop", "armi"),
    )
)
"""What may stand between the members of a list of actors ("A, B and the foreign ministers of C and D")."""

_LINKS = frozenset((",", "and", "or", "&"))


@dataclass(frozen=True, slots=True)
class View:
    """A sentence as it looks when one actor, or one ordered pair, is asked about.

    Attributes:
        tokens: Stems, and role tokens where actors stand.
        cues: For each token the classes of acts that it speaks of.
    """

    tokens: list[str]
    cues: list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a mention, or a list of mentions.

    Attributes:
        word: The lower-case stem; empty for mentions.
        actors: The ids of the actors mentioned; empty for a word.
        cues: The classes of acts that the word speaks of.
        members: Of a list ("A, B and C") the tokens that it is made of; empty otherwise.
    """

    word: str
    actors: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    members: tuple[Token, ...] = ()


@dataclass(frozen=True, slots=True)
class RoledSentence:
    """The tokens of a sentence, with its actors ready to become roles."""

    tokens: tuple[Token, ...]

    def view(self, actor: str, target: str | None = None) -> View:
        """Return the sentence with roles for names.

        A list of actors becomes one role, so that each of its members is seen as if it stood alone; a list that holds
        both actor and target stays as it is.
        """
        seen: list[str] = []
        cues: list[tuple[str, ...]] = []
        for token in self.tokens:
            held = actor in token.actors and target in token.actors
            for part in token.members if held and token.members else (token,):
                seen.append(_role(part.actors, actor, target) if part.actors else part.word)
                cues.append(part.cues)
        return View(seen, cues)


def _role(ids: tuple[str, ...], actor: str, target: str | None) -> str:
    if actor in ids:
        return BOTH if target in ids else SELF
    return TARGET if target in ids else OTHER


def render_sentence(candidate: Candidate) -> RoledSentence:
    """Render the sentence of a candidate, with the speaker that stands outside it put in front."""
    sentence = candidate.sentence
    inside = [m for m in candidate.mentions if sentence.start <= m.start and m.end <= sentence.end]
    covered = {m.actor for m in inside}
    outside = tuple(dict.fromkeys(m.actor for m in candidate.mentions if m not in inside and m.actor not in covered))
    plain = [*([("", outside), (SPEAKER, ())] if outside else []), *_tokens(sentence, inside)]
    cues = find_cues([word for word, _ in plain])
    return RoledSentence(
        tuple(_joined([Token(word, ids, names) for (word, ids), names in zip(plain, cues, strict=True)]))
    )


def _joined(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens, those of a list of actors as one."""
    last = 0
    for start, end in _lists(tokens):
        yield from tokens[last:start]
        members = tuple(tokens[start:end])
        yield Token("", tuple(dict.fromkeys(name for token in members for name in token.actors)), members=members)
        last = end
    yield from tokens[last:]


def _lists(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield the first token and the one after the last of each list of actors.

    Two members need an "and" without a comma before it: in "A condemned B, and C left" B and C are no list.
    """
    run: list[int] = []
    places = [place for place, token in enumerate(tokens) if token.actors]
    for place in [*places, len(tokens)]:
        between = [token.word for token in tokens[run[-1] + 1 : place]] if run else []
        if run and place < len(tokens) and _joins(between):
            run.append(place)
            continue
        if len(run) > 2 or (len(run) == 2 and all(token.word != "," for token in tokens[run[0] : run[1]])):
            yield run[0], run[-1] + 1
        run = [place]


def _joins(between: Sequence[str]) -> bool:
    return bool(_LINKS.intersection(between)) and _JOINING.issuperset(between)


def _tokens(sentence: Sentence, mentions: Sequence[Mention]) -> Iterator[tuple[str, tuple[str, ...]]]:
    position = 0
    for start, end, ids in _spans(sentence, mentions):
        for word in _words(sentence.text[position:start]):
            yield word, ()
        yield "", ids
        position = end
    for word in _words(sentence.text[position:]):
        yield word, ()


def _spans(sentence: Sentence, mentions: Sequence[Mention]) -> list[tuple[int, int, tuple[str, ...]]]:
    """Merge mentions that overlap into one span, in sentence coordinates."""
    spans: list[tuple[int, int, tuple[str, ...]]] = []
    for mention in sorted(mentions, key=lambda m: (m.start, m.end)):
        start, end = mention.start - sentence.start, mention.end - sentence.start
        if spans and start < spans[-1][1]:
            last = spans.pop()
            ids = last[2] if mention.actor in last[2] else (*last[2], mention.actor)
            spans.append((last[0], max(last[1], end), ids))
        else:
            spans.append((start, end, (mention.actor,)))
    return spans


def _words(text: str) -> list[str]:
    words = [stem(word) for word in _TOKEN.findall(text.translate(_QUOTES).lower())]
    return [_ARTICLES.get(word, word) for word in words]
