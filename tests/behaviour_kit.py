"""What the tests of behavioural tests share: a model that answers by a rule, and files of tests in a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from stancelib.calibration import Thresholds
from stancelib.codebook import Codebook, load_codebook
from stancelib.conflict import Conflict
from stancelib.evaluation.behaving import run_behaviour
from stancelib.evaluation.behaviour import parse_behaviour
from stancelib.evaluation.report import BehaviourRow
from stancelib.evaluation.templates import BehaviourTest
from stancelib.tagger import load
from stancelib.tomlsource import TomlSource
from stancelib.types import Candidate, Judgement


@dataclass(frozen=True)
class Said:
    """What a fake model says of a candidate: types, and whom it is for and against (actor ids)."""

    types: Collection[str] = ()
    pro: Collection[str] = ()
    contra: Collection[str] = ()
    target: str = ""
    planned: bool = False


SILENT = Said()
Rule = Callable[[Candidate], Said]


@dataclass
class FakeModel:
    """A model that answers by a rule and keeps what it was asked."""

    rule: Rule
    codebook: Codebook = field(default_factory=load_codebook)
    asked: list[Candidate] = field(default_factory=list)
    calls: int = 0
    name: str = "fake"
    version: int = 1
    thresholds: Thresholds = field(default_factory=lambda: Thresholds({}))

    def predict(self, candidates: Sequence[Candidate]) -> list[Judgement]:
        self.asked += candidates
        self.calls += 1
        return [self._judge(candidate, self.rule(candidate)) for candidate in candidates]

    def _judge(self, candidate: Candidate, said: Said) -> Judgement:
        return Judgement(
            types={type_id: float(type_id in said.types) for type_id in self.codebook.type_ids},
            directions={other: (float(other in said.pro), float(other in said.contra)) for other in candidate.others},
            targets={other: float(other == said.target) for other in candidate.others},
            planned=float(said.planned),
        )


def entry(kind: str, text: str, *keys: str, capability: str = "a") -> str:
    return "\n".join(
        ["[[test]]", f'capability = "{capability}"', f'kind = "{kind}"', f"text = {json.dumps(text)}", *keys, ""]
    )


def make_tests(*entries: str, capabilities: Sequence[str] = ("a",), head: str = "") -> tuple[BehaviourTest, ...]:
    described = "".join(f'[[capability]]\nname = "{name}"\ndescription = "About {name}."\n' for name in capabilities)
    return parse_behaviour(TomlSource(head + described + "".join(entries), "mine.toml"))


def run(
    tests: Sequence[BehaviourTest],
    rule: Rule,
    *,
    conflicts: Sequence[Conflict],
    seed: int = 0,
    model: FakeModel | None = None,
) -> tuple[BehaviourRow, ...]:
    return run_behaviour(tests, load(model or FakeModel(rule)), conflicts=conflicts, seed=seed)


def ask(tests: Sequence[BehaviourTest], *, conflicts: Sequence[Conflict], seed: int = 0) -> list[Candidate]:
    """Return what a model is asked by the tests."""
    model = FakeModel(lambda _: SILENT)
    run(tests, model.rule, conflicts=conflicts, seed=seed, model=model)
    return model.asked


def surface(candidate: Candidate, actor: str | None = None) -> str:
    mention = candidate.mention_of(actor or candidate.actor)
    return candidate.sentence.text[mention.start - candidate.sentence.start : mention.end - candidate.sentence.start]


def first_condemns_last(candidate: Candidate) -> Said:
    """The first actor of a sentence condemns the last."""
    order = [mention.actor for mention in sorted(candidate.mentions, key=lambda mention: mention.start)]
    right = candidate.actor == order[0]
    return Said(["condemnation"], contra=order[-1:], target=order[-1]) if right else SILENT


CONDEMNS = entry("minimum", "{x} condemned {p}.", 'expect = { x = { has = "condemnation", opposes = "p" } }')

PASSIVE = entry(
    "invariance",
    "{x} condemned {p}.",
    'also = "{p} was condemned by {x}."',
    'expect = { x = { has = "condemnation" } }',
)

EXCHANGE = entry(
    "direction",
    "{x} condemned {q} and later {p}.",
    'expect = { x = { has = "condemnation" } }',
    'exchange = ["p", "q"]',
)
