"""Labels beside answers, made by hand: Talvia is judged; the Reds and the Blues are sides, Morvia is none."""

from __future__ import annotations

from datetime import date
from typing import Any

from stancelib.codebook import Codebook, StanceType
from stancelib.conflict import Conflict, ConflictActor, Side
from stancelib.evaluation.judged import Judged
from stancelib.evaluation.stages import Answered, JudgedArticle
from stancelib.labelled import LabelledCandidate
from stancelib.tomlsource import Term
from stancelib.types import (
    Actor,
    ArticleSentence,
    Candidate,
    Label,
    LabelledArticle,
    Mark,
    Mention,
    Sentence,
    SideScore,
    StanceTag,
    Target,
)

TYPES = ("condemnation", "demand", "threat")
BOOK = Codebook("b", 1, exclusive=False, types=tuple(StanceType(name, "", 1) for name in TYPES))


TAGGED_TEXT = "Rain fell. Talvia condemned the Reds. More rain."
TAG = StanceTag(
    doc_id="d",
    date=None,
    sentence=1,
    start=11,
    end=37,
    text=TAGGED_TEXT[11:37],
    actor=Actor("TALVIA", "Talvia"),
    mention=Mention("TALVIA", 11, 17),
    mention_text="Talvia",
    types={"condemnation": 0.912, "threat": 0.4},
    type_proba={},
    supports=None,
    opposes=SideScore("reds", 0.75),
    sides={},
    target=Target("RED", 28, 36),
    status="done",
    conflict="war@1",
    model="m@1",
    codebook="c@1",
)


def make_conflict(name: str = "War") -> Conflict:
    actors = (
        ConflictActor(id="RED", name=name, sides=(Term("reds"),)),
        ConflictActor(id="BLUE", name="Blue Front", sides=(Term("blues"),)),
    )
    return Conflict("war", name, 1, None, None, (Side("reds", name), Side("blues", name)), actors)


TEXT = "Talvia condemned the Reds and the Blues, Morvia said."
MENTIONS = tuple(
    Mention(actor, TEXT.index(words), TEXT.index(words) + len(words))
    for actor, words in (("TALVIA", "Talvia"), ("RED", "the Reds"), ("BLUE", "the Blues"), ("MORVIA", "Morvia"))
)


def make_judged(
    label: dict[str, Any] | None = None,
    *,
    text: str = TEXT,
    span: tuple[int, int] | None = None,
    mentions: tuple[Mention, ...] = MENTIONS,
    words: str = "",
    **said: Any,
) -> Judged:
    """Return a label and an answer; ``proba`` and ``sides`` complete what is not said, ``words`` replaces all names."""
    start, end = span or (0, len(text))
    conflict = make_conflict(words or "War")
    candidate = Candidate(Sentence("d", 0, start, end, text[start:end]), "TALVIA", mentions)
    gold = LabelledCandidate(
        candidate,
        Label("TALVIA", **(label or {})),
        conflict,
        date(2016, 5, 1),
        text,
        words or "d",
        words or "d",
        (words,),
    )
    types = {t: said.get("proba", {}).get(t, 0.9) for t in said.get("types", ())}
    tag = StanceTag(
        *("d", date(2016, 5, 1), 0, start, end, text[start:end], Actor("TALVIA", words or "Talvia"), MENTIONS[0], ""),
        types=types,
        type_proba={t: 0.1 for t in TYPES} | said.get("proba", {}) | types,
        supports=SideScore(said["supports"], 0.9) if "supports" in said else None,
        opposes=SideScore(said["opposes"], 0.9) if "opposes" in said else None,
        sides={
            side: {"supports": 0.1, "opposes": 0.1, **said.get("sides", {}).get(side, {})} for side in ("reds", "blues")
        },
        target=Target(said["target"], 0, 1) if "target" in said else None,
        status=said.get("status"),
        conflict="war@1",
        model="m@1",
        codebook="c@1",
    )
    return Judged(gold, tag)


ARTICLE = "Talvia condemned the Reds. Morvia threatened Talvia. Rain fell on Morvia."


def make_article(*, words: str = "") -> JudgedArticle:
    """Return an article of which a stance was lost, and a side and a stance were invented; ``words`` replaces names.

    Of three sentences the labels have two. Talvia was not found in the first. Morvia's threat in the second is right;
    that it opposes the Reds is not. The third was tagged, and the labels do not have it.
    """
    talvia, morvia = words or "TALVIA", words or "MORVIA"
    threat, reds = words or "threat", words or "reds"
    sentences = (
        ArticleSentence(0, 26, (Mark(talvia, 0, 6), Mark("RED", 17, 25)), ()),
        ArticleSentence(27, 52, (Mark(morvia, 27, 33), Mark(talvia, 45, 51)), ()),
    )
    [found, rain] = [
        StanceTag(
            *("d", None, number, start, end, ARTICLE[start:end], Actor(morvia, words or "Morvia")),
            mention=Mention(morvia, mention, mention + 6),
            mention_text="Morvia",
            types={threat: p},
            type_proba={threat: p},
            supports=None,
            opposes=SideScore(reds, 0.6),
            sides={reds: {"supports": 0.1, "opposes": 0.6}},
            target=None,
            status="done",
            conflict="war@1",
            model="m@1",
            codebook="c@1",
        )
        for number, start, end, mention, p in ((1, 27, 52, 27, 0.8), (2, 53, 73, 66, 0.3))
    ]
    lost, right = (0, talvia, words or "condemnation"), (1, morvia, threat)
    side, rained = (1, morvia, "opposes", reds), (-3, morvia, threat)
    return JudgedArticle(
        LabelledArticle(words or "art", ARTICLE, sentences, conflict=words or "war", date=date(2016, 5, 1)),
        answers={
            "actor": Answered(frozenset(), frozenset()),
            "stance": Answered(frozenset([lost, right]), frozenset([right, rained])),
            "side": Answered(frozenset(), frozenset([side])),
            "target": Answered(frozenset(), frozenset()),
        },
        lost={("stance", lost): "attribution"},
        invented={("side", side): "side", ("stance", rained): "sentence"},
        tags={(1, morvia): found, (-3, morvia): rain},
    )
