from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from stancelib.codebook import Codebook, StanceType
from stancelib.conflict import Conflict
from stancelib.errors import DataError, OutputError
from stancelib.evaluation.behaviour import load_behaviour
from stancelib.evaluation.judged import Judged, collect_answers
from stancelib.evaluation.measures import measure_classes, measure_judged
from stancelib.evaluation.resampling import number_documents
from stancelib.evaluation.run import EvaluationSettings, evaluate
from stancelib.evaluation.signature import describe_data
from stancelib.evaluation.writing import write_predictions, write_report
from stancelib.labelled import LabelledCandidate, label_candidates
from stancelib.records import conflict_lookup
from stancelib.tagger import StanceTagger
from stancelib.training import index_lookup
from stancelib.types import Actor, Direction, Label, LabelledSentence, Mark, Mention, SideScore, StanceTag, Target

TEXT = "Talvia named Morvia, the Red League and the Blue Front."
NAMES = {"TALVIA": "Talvia", "MORVIA": "Morvia", "RED": "Red League", "BLUE": "Blue Front"}
TYPES = ("x", "y", "z")
BOOK = Codebook("b", 1, exclusive=False, types=tuple(StanceType(name, "", 1, "P") for name in TYPES))
QUICK = EvaluationSettings(resamples=0)


def _gold(label: Label, conflict: Conflict | None) -> LabelledCandidate:
    marks = tuple(Mark(id_, TEXT.index(name), TEXT.index(name) + len(name)) for id_, name in NAMES.items())
    row = LabelledSentence("r", TEXT, marks, (label,), conflict.id if conflict else None, date=date(2016, 5, 1))
    return label_candidates([row], index_lookup(conflict_lookup([conflict] if conflict else [])))[0]


def _tag(**answer: Any) -> StanceTag:
    types = answer.pop("types", ())
    nothing: dict[str, dict[Direction, float]] = {
        side: {"supports": 0.0, "opposes": 0.0} for side in ("reds", "blues", "greens")
    }
    tag = StanceTag(
        *("r", date(2016, 5, 1), 0, 0, len(TEXT), TEXT, Actor("TALVIA", "Talvia"), Mention("TALVIA", 0, 6), "Talvia"),
        types={type_id: 0.9 for type_id in types},
        type_proba={type_id: 0.9 if type_id in types else 0.1 for type_id in TYPES},
        supports=None,
        opposes=None,
        sides=nothing,
        target=None,
        status="done" if types else None,
        conflict="veldmark@3",
        model="m@1",
        codebook="b@1",
    )
    return replace(tag, **answer)


def _judged(label: Label, conflict: Conflict | None, **answer: Any) -> Judged:
    return Judged(_gold(label, conflict), _tag(**answer))


def test_metrics_by_hand(conflict: Conflict) -> None:
    """Types: x 1 hit, 2 gold, 1 said: 2/3; y 1 hit, 1 gold, 2 said: 2/3. Micro: 2 hits, 3 gold, 3 said: 2/3.

    Sides, three to each of three labels: gold is one "opposes" and eight "neither". Said is "opposes" of the right
    side and "supports" of another: F1 of opposes 1, of neither 14/15. Targets: one of three wrong.
    """
    judged = [
        _judged(
            Label("TALVIA", ("x",), (), ("reds",), ("RED",), "done"),
            conflict,
            types=("x",),
            opposes=SideScore("reds", 0.9),
            target=Target("RED", 25, 35),
        ),
        _judged(
            Label("TALVIA", ("x",), (), (), ("MORVIA",), "planned"),
            conflict,
            types=("y",),
            supports=SideScore("blues", 0.9),
            target=Target("BLUE", 44, 54),
        ),
        _judged(Label("TALVIA", ("y",), (), (), ()), conflict, types=("y",)),
    ]
    found = measure_judged(judged, BOOK)
    assert found["types_macro_f1"] == pytest.approx(2 / 3)
    assert found["types_micro_f1"] == pytest.approx(2 / 3)
    assert found["any_stance_f1"] == 1.0
    assert found["side_macro_f1"] == pytest.approx((1 + 14 / 15) / 2)
    assert found["target_f1"] == found["target_f1_three_actors"] == pytest.approx(2 / 3)
    assert found["exact_match"] == pytest.approx(2 / 3)
    assert found["status_macro_f1"] == pytest.approx((2 / 3 + 0) / 2)
    # One quad class and one PLOVER code hold all three types: every label has it, and is said to.
    assert found["quad_macro_f1"] == found["plover_macro_f1"] == 1.0
    # Of the third and the first all types are right; nothing was rightly without a type.
    assert found["types_samples_f1"] == pytest.approx(2 / 3)
    documents = number_documents(["r"] * 3)
    classes = measure_classes(collect_answers(judged, BOOK), documents)["types"]
    assert (classes["y"].precision, classes["y"].recall, classes["y"].support) == (0.5, 1.0, 1)
    assert classes["y"].f1 == pytest.approx(2 / 3)
    assert classes["y"].f1_interval is None  # one document
    z = classes["z"]
    assert (z.precision, z.recall, z.f1, z.support, z.average_precision) == (None, None, None, 0, None)


def test_a_stance_where_there_is_none_counts(conflict: Conflict) -> None:
    """One hit, one gold, two said."""
    judged = [_judged(Label("TALVIA", types), conflict, types=("x",)) for types in (("x",), ())]
    assert measure_judged(judged, BOOK)["any_stance_f1"] == pytest.approx(2 / 3)


def test_what_was_not_judged_counts_nowhere(conflict: Conflict) -> None:
    answer = {"types": ("x",), "opposes": SideScore("reds", 0.9), "target": Target("RED", 25, 35)}
    found = measure_judged([_judged(Label("TALVIA"), conflict, **answer)], BOOK)
    assert {name: value for name, value in found.items() if value is not None} == {}
    types_only = measure_judged([_judged(Label("TALVIA", ("x",)), conflict, **answer)], BOOK)
    assert types_only["exact_match"] == 1.0
    assert types_only["side_macro_f1"] is types_only["target_f1"] is types_only["status_macro_f1"] is None
    no_conflict = measure_judged([_judged(Label("TALVIA", ("x",), target=("RED",)), None, **answer)], BOOK)
    assert no_conflict["side_macro_f1"] is None
    assert no_conflict["target_f1"] == 1.0


def test_a_target_of_two_actors_is_counted_among_many_only_with_others(conflict: Conflict) -> None:
    row = LabelledSentence("r", "Talvia slept.", (Mark("TALVIA", 0, 6),), (Label("TALVIA", (), target=()),))
    gold = label_candidates([row], index_lookup(conflict_lookup([])))[0]
    found = measure_judged([Judged(gold, _tag())], BOOK)
    assert found["target_f1"] == 1.0
    assert found["target_f1_three_actors"] is None


def test_the_training_labels_are_judged(labels_path: Path, tagger: StanceTagger) -> None:
    found = evaluate(labels_path, tagger=tagger)
    assert len(found.judged) == 50
    assert found.metrics["types_macro_f1"] is not None
    assert found.metrics["types_macro_f1"] > 0.8
    assert "|model:tiny@1|codebook:conflict-stance@1|conflicts:veldmark@3#" in found.signature
    assert "|data:tiny_labels.jsonl#" in found.signature
    assert found.signature.endswith("|mode:gold actors|split:all|rows:24|resamples:1000|seed:0")


def test_a_prediction_has_the_keys_of_the_format(labels_path: Path, tagger: StanceTagger, tmp_path: Path) -> None:
    found = evaluate(labels_path, tagger=tagger)
    write_predictions(found, tmp_path / "p.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "p.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 50
    first = lines[0]
    assert {"id", "actor", "types", "type_proba", "supports", "opposes", "target"} <= set(first)
    assert (first["id"], first["actor"], list(first["types"])) == ("tiny-001", "TALVIA", ["condemnation"])
    assert (first["supports"], first["opposes"], first["target"]) == (None, "reds", "RED")
    assert len(first["type_proba"]) == 22


def test_a_report_folder_holds_metrics_and_predictions(labels_path: Path, tagger: StanceTagger, tmp_path: Path) -> None:
    found = evaluate(labels_path, tagger=tagger)
    write_report(found, tmp_path / "new/report")
    content = json.loads((tmp_path / "new/report/metrics.json").read_text(encoding="utf-8"))
    assert {name: content[name] for name in found.metrics} == found.metrics
    assert content["by_type"]["condemnation"]["support"] == 6
    assert (tmp_path / "new/report/predictions.jsonl").is_file()
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match=r"file: cannot be written: .*expected a folder for a report"):
        write_report(found, tmp_path / "file")


def test_a_split_is_judged_alone(labels_path: Path, tagger: StanceTagger, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in labels_path.read_text(encoding="utf-8").splitlines()]
    path = tmp_path / "l.jsonl"
    path.write_text("".join(json.dumps({**row, "split": f"s{i % 3}"}) + "\n" for i, row in enumerate(rows)), "utf-8")
    found = evaluate(path, tagger=tagger, settings=EvaluationSettings(split="s1", resamples=0))
    assert {item.gold.document_id for item in found.judged} == {f"tiny-{n:03}" for n in range(2, 25, 3)}
    with pytest.raises(DataError, match="no labels to judge in split 's9'"):
        evaluate(path, tagger=tagger, settings=EvaluationSettings(split="s9"))


def _article(*, shift: int = 0) -> dict[str, Any]:
    first, second = "Talvia condemned the Red League.", "Morvia praised the Green Guard."
    text = f"{first} {second}"
    return {
        "id": "art",
        "conflict": "veldmark",
        "text": text,
        "sentences": [
            {
                "start": 0,
                "end": len(first) - shift,
                "actors": [{"id": "TALVIA", "start": 0, "end": 6}, {"id": "RED", "start": 21, "end": 31}],
                "labels": [
                    {
                        "actor": "TALVIA",
                        "types": ["condemnation"],
                        "opposes": "reds",
                        "supports": None,
                        "target": "RED",
                    },
                    {"actor": "RED", "types": []},
                ],
            },
            {
                "start": 33,
                "end": len(text),
                "actors": [{"id": "MORVIA", "start": 33, "end": 39}, {"id": "GREEN", "start": 52, "end": 63}],
                "labels": [
                    {"actor": "MORVIA", "types": ["endorsement", "diplomacy"], "supports": "greens", "opposes": None},
                    {"actor": "GREEN", "types": []},
                ],
            },
        ],
    }


def _write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_articles_are_judged_end_to_end_by_hand(tagger: StanceTagger, tmp_path: Path) -> None:
    """All four actors are found. Of three (sentence, actor, type) tuples two are found and nothing else."""
    found = evaluate(
        _write(tmp_path / "a.jsonl", _article()), tagger=tagger, settings=EvaluationSettings(end_to_end=True)
    )
    assert found.metrics["end_to_end_actor_f1"] == 1.0
    assert found.metrics["end_to_end_stance_precision"] == 1.0
    assert found.metrics["end_to_end_stance_recall"] == pytest.approx(2 / 3)
    assert found.metrics["end_to_end_stance_f1"] == pytest.approx(4 / 5)
    assert found.metrics["end_to_end_side_f1"] == 1.0
    assert found.metrics["end_to_end_target_f1"] == 1.0  # Morvia's target was not judged
    assert found.judged == ()
    assert "|mode:end-to-end|" in found.signature


@pytest.mark.parametrize(("shift", "same"), [(10, True), (16, True), (18, False)])
def test_sentences_are_the_same_from_half_an_overlap_on(
    shift: int, same: bool, tagger: StanceTagger, tmp_path: Path
) -> None:
    article = _article(shift=shift)
    article["sentences"][0]["actors"] = article["sentences"][0]["actors"][:1]
    article["sentences"][0]["labels"] = [{"actor": "TALVIA", "types": ["condemnation"]}]
    found = evaluate(_write(tmp_path / "a.jsonl", article), tagger=tagger, settings=EvaluationSettings(end_to_end=True))
    assert found.metrics["end_to_end_stance_recall"] == pytest.approx(2 / 3 if same else 1 / 3)


def test_a_marked_actor_without_a_label_was_not_judged(tagger: StanceTagger, tmp_path: Path) -> None:
    article = _article()
    del article["sentences"][1]["labels"][0]
    found = evaluate(_write(tmp_path / "a.jsonl", article), tagger=tagger, settings=EvaluationSettings(end_to_end=True))
    assert found.metrics["end_to_end_actor_f1"] == 1.0
    assert found.metrics["end_to_end_stance_f1"] == 1.0
    assert found.metrics["end_to_end_side_f1"] == 1.0


def test_an_actor_that_the_labels_do_not_have_is_a_false_find(tagger: StanceTagger, tmp_path: Path) -> None:
    article = _article()
    del article["sentences"][1]
    found = evaluate(_write(tmp_path / "a.jsonl", article), tagger=tagger, settings=EvaluationSettings(end_to_end=True))
    assert found.metrics["end_to_end_actor_precision"] == 0.5
    assert found.metrics["end_to_end_stance_precision"] == 0.5
    assert found.metrics["end_to_end_stance_recall"] == 1.0


def test_end_to_end_needs_articles(labels_path: Path, tagger: StanceTagger) -> None:
    with pytest.raises(DataError, match=r"no labelled article; expected articles \('sentences'\) for --end-to-end"):
        evaluate(labels_path, tagger=tagger, settings=EvaluationSettings(end_to_end=True))


def test_sentences_of_an_article_are_told_apart_in_the_predictions(tagger: StanceTagger, tmp_path: Path) -> None:
    found = evaluate(_write(tmp_path / "a.jsonl", _article()), tagger=tagger)
    lines = [item.to_dict() for item in found.judged]
    assert [(line["id"], line["sentence"], line["actor"]) for line in lines] == [
        ("art", "art#0", "TALVIA"),
        ("art", "art#0", "RED"),
        ("art", "art#1", "MORVIA"),
        ("art", "art#1", "GREEN"),
    ]


def test_a_file_without_labels_is_refused(tagger: StanceTagger, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"empty\.jsonl: no labels to judge"):
        evaluate(tmp_path / "empty.jsonl", tagger=tagger)


def test_a_question_that_nobody_judged_in_an_article_has_no_wrong_answers(tagger: StanceTagger, tmp_path: Path) -> None:
    """The labels of the article judge types alone, and lack the actors of its second sentence."""
    article = _article()
    del article["sentences"][1]
    article["sentences"][0]["labels"] = [{"actor": "TALVIA", "types": ["condemnation"]}, {"actor": "RED", "types": []}]
    settings = EvaluationSettings(end_to_end=True, resamples=0)
    found = evaluate(_write(tmp_path / "a.jsonl", article), tagger=tagger, settings=settings)
    assert found.metrics["end_to_end_stance_precision"] == 0.5
    assert found.metrics["end_to_end_side_f1"] is found.metrics["end_to_end_target_f1"] is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"resamples": -1}, "resamples -1"),
        ({"tolerance": float("nan")}, "tolerance nan"),
        ({"tolerance": -0.1}, "expected a number from 0 to 1"),
        ({"maximum": {"types_ece": float("inf")}}, "limit inf of 'types_ece'"),
        ({"end_to_end": True, "behaviour": load_behaviour()}, "expected none with end_to_end"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EvaluationSettings(**settings)


def test_a_tagger_and_a_model_are_refused(labels_path: Path, tagger: StanceTagger) -> None:
    with pytest.raises(ValueError, match="expected no model and no conflicts beside it"):
        evaluate(labels_path, tagger=tagger, model="nosuch")


def test_end_to_end_counts_the_articles_of_a_mixed_file(
    labels_path: Path, tagger: StanceTagger, tmp_path: Path
) -> None:
    settings = EvaluationSettings(end_to_end=True, resamples=0)
    found = evaluate([labels_path, _write(tmp_path / "a.jsonl", _article())], tagger=tagger, settings=settings)
    assert "|rows:1|" in found.signature
    assert found.report.counts.documents == 1


def test_rows_of_one_id_and_different_texts_are_different_documents(
    labels_path: Path, tagger: StanceTagger, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in labels_path.read_text(encoding="utf-8").splitlines()]
    paths = [_write(tmp_path / f"{k}.jsonl", {**row, "id": "same"}) for k, row in enumerate(rows[:3])]
    found = evaluate([*paths, paths[0]], tagger=tagger, settings=QUICK)
    assert found.report.counts.documents == 3


def test_a_signature_holds_whatever_the_file_is_called(labels_path: Path, tagger: StanceTagger, tmp_path: Path) -> None:
    path = tmp_path / "a|b`c%.jsonl"
    path.write_bytes(labels_path.read_bytes())
    found = evaluate(path, tagger=tagger, settings=QUICK)
    assert "|data:a%7Cb%60c%25.jsonl#" in found.signature
    plain = evaluate(labels_path, tagger=tagger, settings=QUICK)
    assert describe_data(found.signature) == describe_data(plain.signature)
    assert "unknown" not in describe_data(found.signature)
