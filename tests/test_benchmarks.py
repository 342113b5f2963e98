"""The pure parts of the benchmarks, and the protocol of the peers' runner, with the peer that scikit-learn is."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stancelib.codebook import Codebook, StanceType
from stancelib.conflict import Conflict
from stancelib.labelled import LabelledCandidate
from stancelib.metrics import once
from stancelib.types import Candidate, Label, Mention, Sentence, Via
from training.benchmarks import directed, peers, speed_job
from training.benchmarks.encoder_speed import group_sentences, spread
from training.benchmarks.peer_runner import PEERS, SURE, split_words, to_logits
from training.benchmarks.plv import mask, some_rows

TEXT = "Red blamed Blue, and Red left."


def _candidate(actor: str, *mentions: tuple[str, int, int, Via], text: str = TEXT, start: int = 0) -> Candidate:
    sentence = Sentence("d", 0, start, start + len(text), text)
    return Candidate(sentence, actor, tuple(Mention(*mention) for mention in mentions))


RED, BLUE, RED_AGAIN = ("RED", 0, 3, "name"), ("BLUE", 11, 15, "name"), ("RED", 21, 24, "name")


def _item(text: str, types: tuple[str, ...] | None, *, document: str, sentence: str = "") -> LabelledCandidate:
    candidate = _candidate("RED", ("RED", 0, 3, "name"), text=text)
    return LabelledCandidate(candidate, Label("RED", types=types), None, None, text, sentence or document, document)


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        ("RED", "ACTORSELF blamed ACTOROTHER, and ACTORSELF left."),
        ("BLUE", "ACTOROTHER blamed ACTORSELF, and ACTOROTHER left."),
    ],
)
def test_masking_tells_the_actor_from_the_others(actor: str, expected: str) -> None:
    assert peers.mask_actors(_candidate(actor, RED, BLUE, RED_AGAIN)) == expected


def test_masking_puts_a_speaker_from_outside_in_front() -> None:
    speaker = ("RED", 3, 6, "quote")
    one = ("BLUE", 20, 24, "name")
    text = "Blue must go."
    assert peers.mask_actors(_candidate("RED", speaker, one, text=text, start=20)) == (
        "ACTORSELF said: ACTOROTHER must go."
    )
    assert peers.mask_actors(_candidate("BLUE", speaker, one, text=text, start=20)) == (
        "ACTOROTHER said: ACTORSELF must go."
    )


def test_masking_merges_mentions_that_overlap() -> None:
    both = ("BLUE", 0, 12, "list")
    assert peers.mask_actors(_candidate("RED", RED, both, text="Red and Blue met.")) == "ACTORSELF met."


def test_masking_takes_other_words_for_the_roles() -> None:
    assert peers.mask_actors(_candidate("BLUE", RED, BLUE), roles=("[R0]", "[R1]")).startswith("[R1] blamed [R0],")


def test_a_fold_keeps_documents_together_and_drops_what_was_not_judged() -> None:
    items = [_item(TEXT, ("threat",), document=f"d{k // 2}") for k in range(40)]
    unjudged = _item(TEXT, None, document="d99")
    fold = peers.make_fold([*items, unjudged], [unjudged, items[0]], share=0.5, seed=0)
    learn, dev = ({item.document_id for item in part} for part in (fold.learn, fold.dev))
    assert not learn & dev
    assert (len(learn), len(dev), len(fold.learn), len(fold.dev)) == (9, 1, 18, 2)
    assert list(fold.judged) == [items[0]]


def test_the_fingerprint_of_a_fold_changes_with_a_label() -> None:
    one, other = _item(TEXT, ("threat",), document="d"), _item(TEXT, (), document="d")
    assert peers.Fold([one], [], []).fingerprint == peers.Fold([one], [], []).fingerprint
    assert peers.Fold([one], [], []).fingerprint != peers.Fold([other], [], []).fingerprint


def test_conflicts_are_never_on_both_sides(conflict: Conflict) -> None:
    names = [None, "a", "b", "c", "a", "b"]
    items = [
        LabelledCandidate(
            _candidate("RED", RED),
            Label("RED"),
            replace(conflict, id=name) if name else None,
            None,
            TEXT,
            str(k),
            str(k),
        )
        for k, name in enumerate(names)
    ]
    folds = peers.divide_conflicts(items, n_folds=3)
    for learn, judged in folds:
        assert not {x.conflict and x.conflict.id for x in learn} & {x.conflict and x.conflict.id for x in judged}
    assert sorted(x.document_id for _, judged in folds for x in judged) == [str(k) for k in range(6)]


def test_the_runner_learns_and_answers_in_the_order_of_types_and_texts() -> None:
    types = tuple(StanceType(id=name, definition="", quad=0, side="neither") for name in ("threat", "praise", "never"))
    book = Codebook(id="small", version=1, exclusive=False, types=types)
    words = {"Red threatened to attack.": ("threat",), "Red praised the envoys.": ("praise",), "Red met them.": ()}
    items = [_item(text, types, document=f"{text}{k}") for k in range(6) for text, types in words.items()]
    fold = peers.Fold(items, items[:9], items[:3])
    answers = peers.ask_peer("svc", fold, peers.Settings(threads=1), book)
    assert answers.said.tolist() == [[True, False, False], [False, True, False], [False, False, False]]
    assert answers.proba[0, 0] > 0.5 > answers.proba[0, 1]
    assert answers.fit_seconds > 0 < answers.ask_seconds
    metrics = peers.measure(peers.gold_types(fold.judged, book), answers, once(3))
    assert {name: float(values[0]) for name, values in metrics.items()} == dict.fromkeys(peers.METRICS, 1.0)


def test_a_peer_that_fails_shows_why(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"peer svc failed to fit[\s\S]*types\.json|learn\.jsonl"):
        peers.run_peer("fit", "svc", tmp_path, peers.Settings(pythons={"svc": sys.executable}))


def test_logits_of_certain_answers_are_cut() -> None:
    assert to_logits([[0.0, 0.5, 1.0]])[0] == pytest.approx([-SURE, 0.0, SURE])


def test_fasttext_reads_words_without_punctuation() -> None:
    assert split_words('ACTORSELF said:\n"No, don\'t."') == 'actorself said : " no , don\'t . "'


def test_every_peer_has_a_name_of_its_own() -> None:
    assert not {*PEERS} & {*peers.OURS}


def test_candidates_survive_the_file_and_share_their_sentence(tmp_path: Path) -> None:
    mentions = tuple(Mention(*m) for m in (RED, BLUE))
    sentence = Sentence("d", 3, 0, len(TEXT), TEXT)
    own = [Candidate(sentence, actor, mentions, {"RED": "state"}) for actor in ("RED", "BLUE")]
    speed_job.write_sentences(tmp_path / "s.jsonl", [own, own[:1]])
    found = speed_job.read_sentences(tmp_path / "s.jsonl")
    assert found == [own, own[:1]]
    assert found[0][0].kinds == {"RED": "state"}
    assert found[0][0].mentions is found[0][1].mentions


def test_sentences_of_articles_come_first_with_all_their_candidates() -> None:
    items = [_item("Red left.", (), document="row"), _item("Red won.", (), document="a", sentence="a#0")]
    items.append(_item("Red won.", (), document="a", sentence="a#0"))
    assert [[c.sentence.text for c in own] for own in group_sentences(items)] == [["Red won."] * 2, ["Red left."]]


def test_a_spread_is_the_median_with_least_and_most() -> None:
    assert spread([30.0, 10.0, 20.4]) == "20 (10 - 30)"
    assert spread([3.04, 1.0]) == "2.0 (1.0 - 3.0)"


ROW = {
    "id": "r1",
    "text": "Ann and Bo said Ann thanked Bo.",
    "source": "Bo",
    "target": "Ann",
    "label": "positive",
    "split": "train",
    "meta": {"marked": "Ann and Bo said [Ann] thanked [Bo].", "orig_class": "positive_q2p"},
}


def test_entities_are_marked_where_the_brackets_stand() -> None:
    row = directed.mark_row(ROW, labels=[Label(directed.SOURCE)])
    assert row.text == ROW["text"]
    assert [(m.actor, m.start, row.text[m.start : m.end]) for m in row.actors] == [
        ("SOURCE", 16, "Ann"),
        ("TARGET", 28, "Bo"),
    ]
    assert mask(directed.as_plv(ROW)) == "Ann and Bo said SOURCEACTOR thanked TARGETACTOR."


def test_the_retrained_encoder_sees_the_two_entities_alone() -> None:
    marked = "[Ann] and France thanked [Bo]."
    row = {**ROW, "meta": {"marked": marked, "orig_class": "positive_p2q"}}
    [example] = directed.label_rows([row])
    assert {mention.actor for mention in example.candidate.mentions} == {"SOURCE", "TARGET"}
    assert (example.label.types, example.candidate.actor) == (("positive_p2q",), "SOURCE")


def test_a_row_without_brackets_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"r1: meta\.marked 'Ann left\.'; expected two parts in brackets"):
        directed.mark_row({**ROW, "meta": {"marked": "Ann left."}}, labels=[])


@pytest.mark.parametrize(
    ("forth", "back", "expected"),
    [
        ((0.1, 0.2), (0.3, 0.1), "neutral"),
        ((0.9, 0.0), (0.0, 0.8), "positive_p2q"),
        ((0.2, 0.6), (0.5, 0.0), "negative_p2q"),
        ((0.5, 0.0), (0.7, 0.1), "positive_q2p"),
        ((0.5, 0.0), (0.1, 0.7), "negative_q2p"),
    ],
)
def test_the_stronger_direction_gives_the_class(
    forth: tuple[float, float], back: tuple[float, float], expected: str
) -> None:
    assert directed.five_classes(forth, back, threshold=0.4) == expected
    assert expected in directed.dse_codebook().type_ids


def test_what_is_judged_is_not_learnt() -> None:
    rows = [{**ROW, "id": str(k), "text": f"t{k}", "split": "train"} for k in range(10)]
    rows += [{**ROW, "id": "v", "text": "t3", "split": "valid"}]
    learn, judged = directed.divide(rows, share=1.0, n_judged=0, seed=0)
    assert [row["id"] for row in judged] == ["v"]
    assert [row["id"] for row in learn] == [str(k) for k in range(10) if k != 3]
    assert len(directed.divide(rows, share=0.5, n_judged=0, seed=0)[0]) == 4
    [tested] = directed.divide([*rows, {**ROW, "id": "t", "split": "test"}], share=1.0, n_judged=0, seed=0)[1]
    assert tested["id"] == "t"


def test_a_comparison_gives_each_system_and_the_difference() -> None:
    rows = [
        {**ROW, "text": str(k), "meta": {"marked": "[a] [b]", "orig_class": name}}
        for k, name in enumerate(directed.CLASSES)
    ]
    right = np.array(directed.CLASSES)
    wrong = np.array(["neutral"] * 5)
    found = directed.compare({"encoder": right, "svc": wrong}, rows, resamples=20, seed=0)
    assert found["encoder, macro-F1"]["value"] == 1.0
    assert found["svc, micro-F1"]["value"] == pytest.approx(0.2)
    assert found["encoder - svc, micro-F1"]["value"] == pytest.approx(0.8)


@pytest.mark.parametrize(("n_rows", "expected"), [(0, 9), (4, 4), (9, 9), (20, 9)])
def test_so_many_rows_are_learnt_from(n_rows: int, expected: int) -> None:
    rows = [{"id": str(number)} for number in range(9)]
    chosen = some_rows(rows, n_rows, 1)
    assert len(chosen) == expected
    assert [row for row in rows if row in chosen] == chosen == some_rows(rows, n_rows, 1)


def test_another_seed_learns_from_other_rows() -> None:
    rows = [{"id": str(number)} for number in range(50)]
    assert some_rows(rows, 10, 1) != some_rows(rows, 10, 2)
