from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from encoder_kit import make_rows, quick, read_examples, write_rows

from stancelib.calibration import Thresholds
from stancelib.codebook import Codebook, StanceType, load_codebook
from stancelib.conflict import Conflict
from stancelib.encoder import recipe as recipe_room
from stancelib.encoder.bases import find_kin, load_base
from stancelib.encoder.fitting import Fitter
from stancelib.encoder.model import EncoderModel
from stancelib.encoder.parity import measure_parity
from stancelib.encoder.recipe import EncoderFit, fit_encoder
from stancelib.encoder.rewriting import similar_words
from stancelib.errors import DataError
from stancelib.labelled import LabelledCandidate
from stancelib.model import StanceModel
from stancelib.supervision import ActorLabels, HeldOutLogits
from stancelib.training import TrainingReport
from stancelib.types import Candidate, Judgement


@pytest.fixture
def fit(examples: list[LabelledCandidate], codebook: Codebook, encoder_base: Path) -> Any:
    """Fit an encoder for one pass, on 20 sentences of each type."""

    def run(
        own: Sequence[LabelledCandidate] = examples, dev: Sequence[LabelledCandidate] = (), **options: Any
    ) -> EncoderFit:
        known = {key: options.pop(key) for key in ("teacher", "folder", "fingerprint") if key in options}
        config = quick(options.pop("base", encoder_base), **{"epochs": 1, **options})
        return fit_encoder(own, dev, codebook=codebook, name="m", config=config, **known)

    return run


def test_the_log_says_what_was_done(encoder_report: TrainingReport, encoder_dir: Path, codebook: Codebook) -> None:
    settings, *passes = map(json.loads, (encoder_dir / "training.jsonl").read_text(encoding="utf-8").splitlines())
    config = json.loads((encoder_dir / "config.json").read_text(encoding="utf-8"))
    assert settings["base"] == settings["config"]["base"] == "tiny-base"  # and not where it lay
    assert (settings["config"]["epochs"], settings["config"]["seed"]) == (15, 0)
    assert settings["codebook"] == codebook.label
    assert settings["data_sha256"] == config["training"]["data_sha256"]
    first = [entry for entry in passes if "refit" not in entry]
    again = [entry for entry in passes if "refit" in entry]
    assert [entry["epoch"] for entry in first] == list(range(1, len(first) + 1))
    assert all({"loss", "score", "seconds"} <= entry.keys() for entry in first)
    best = max(first, key=lambda entry: entry["score"])["epoch"]
    assert [entry["epoch"] for entry in again] == list(range(1, best + 1))
    assert not any("score" in entry for entry in again)


def test_a_third_was_held_out_and_the_rest_is_told(encoder_report: TrainingReport, encoder_dir: Path) -> None:
    assert (encoder_report.n_sentences, encoder_report.n_examples, encoder_report.n_dev) == (60, 120, 40)
    assert encoder_report.parity is not None
    assert encoder_report.parity.keys() == {"trained", "floats"}
    trained = {**encoder_report.parity["trained"]}
    assert trained.pop("types_macro_f1_loss") == pytest.approx(0, abs=0.05)
    assert trained.keys() == {"types", "candidates", "status", "direction", "target"}
    assert all(share > 0.95 for share in trained.values())
    metrics = json.loads((encoder_dir / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["int8_parity"] == encoder_report.parity
    assert "fitted on 40 held-out pairs" in (encoder_dir / "README.md").read_text(encoding="utf-8")
    assert not list(encoder_dir.glob("checkpoint*"))


def test_what_was_learnt_is_told_again(encoder_model: EncoderModel, examples: list[LabelledCandidate]) -> None:
    judgements = encoder_model.predict([example.candidate for example in examples])
    planned = {status: [] for status in ("done", "planned")}
    hits = 0
    for example, judgement in zip(examples, judgements, strict=True):
        if example.label.status:
            planned[example.label.status].append(judgement.planned)
            hits += max(judgement.types, key=judgement.types.__getitem__) in (example.label.types or ())
    assert hits > 40  # of 60; by chance a third of them
    assert np.mean(planned["planned"]) > np.mean(planned["done"]) + 0.2


def test_runs_of_one_seed_give_the_same_bytes(fit: Any) -> None:
    one, same, other = fit(seed=3), fit(seed=3), fit(seed=4)
    assert one.model.encoder.graph == same.model.encoder.graph
    assert all(np.array_equal(array, same.model.weights[name]) for name, array in one.model.weights.items())
    assert one.model.encoder.graph != other.model.encoder.graph


def test_dev_rows_calibrate_and_nothing_is_learnt_from_them(fit: Any, examples: list[LabelledCandidate]) -> None:
    found = fit(examples[:80], examples[80:])
    assert found.n_held_out == 40
    assert not any("refit" in entry for entry in found.log)
    assert found.parity
    assert "score" in found.log[-1]
    assert found.model.thresholds.types["military_support"] != 0.5
    assert found.model.thresholds.types["condemnation"] == 0.5  # no dev row condemns


def test_few_documents_are_all_learnt_from(fit: Any, examples: list[LabelledCandidate]) -> None:
    found = fit(examples[:40])
    assert (found.n_held_out, found.parity) == (0, None)
    assert set(found.model.thresholds.types.values()) == {0.5}
    assert set(found.model.temperatures.values()) == {1.0}


def test_what_is_held_out_may_stay_so(fit: Any) -> None:
    found = fit(held_out=0.34, refit=False)
    assert found.n_held_out == 40
    assert not any("refit" in entry for entry in found.log)


def test_documents_are_held_out_whole(examples: list[LabelledCandidate]) -> None:
    config = quick("b", held_out=0.34)
    learn, rest = recipe_room._hold_out(examples, config)
    assert sorted([*learn, *rest]) == list(range(len(examples)))
    assert {examples[row].text for row in learn}.isdisjoint(examples[row].text for row in rest)
    assert recipe_room._hold_out(examples, config) == (learn, rest)
    assert recipe_room._hold_out(examples, replace(config, seed=1)) != (learn, rest)


def test_keys_that_were_not_judged_are_fine(fit: Any, codebook: Codebook, conflict: Conflict, tmp_path: Path) -> None:
    rows = make_rows()
    for row in rows:
        row["labels"] = [{"actor": row["labels"][0]["actor"], "types": row["labels"][0]["types"]}]
    found = fit(read_examples(write_rows(tmp_path / "l.jsonl", rows), codebook, conflict), held_out=0.34, refit=False)
    assert found.parity["trained"]["types"] > 0.9
    assert {found.model.temperatures[head] for head in ("status", "direction", "target")} == {1.0}
    for row in rows:
        row["labels"] = [{"actor": row["labels"][0]["actor"], "status": "done"}]
    with pytest.raises(DataError, match="no label has the key 'types'; expected at least one judged pair"):
        fit(read_examples(write_rows(tmp_path / "l.jsonl", rows), codebook, conflict))


def test_an_exclusive_codebook_is_learnt(
    exclusive_codebook_path: Path, conflict: Conflict, encoder_base: Path, tmp_path: Path
) -> None:
    book = load_codebook(exclusive_codebook_path)
    rows = make_rows()
    words = {"condemnation": "against", "endorsement": "favour", "military_support": "favour"}
    for row in rows:
        for label in row["labels"]:
            label["types"] = [words[label["types"][0]] if label["types"] else "none"]
    examples = read_examples(write_rows(tmp_path / "l.jsonl", rows), book, conflict)
    options: dict[str, Any] = {"epochs": 6, "learning_rate": 2e-3, "head_learning_rate": 5e-3}
    config = quick(encoder_base, held_out=0.34, refit=False, **options)
    found = fit_encoder(examples, codebook=book, name="m", config=config)
    judgements = found.model.predict([example.candidate for example in examples])
    assert all(sum(judgement.types.values()) == pytest.approx(1) for judgement in judgements)
    told = [max(judgement.types, key=judgement.types.__getitem__) for judgement in judgements]
    right = np.mean([(one,) == example.label.types for one, example in zip(told, examples, strict=True)])
    assert right > 0.6  # "none" alone is half of them
    assert found.log[-1]["types"] > 0.5


class Teacher:
    """Says the same of everybody."""

    name, version, thresholds = "teacher", 1, Thresholds({})

    def __init__(self, codebook: Codebook) -> None:
        self.codebook = codebook
        self.asked: list[Candidate] = []

    def predict(self, candidates: Sequence[Candidate]) -> list[Judgement]:
        self.asked += candidates
        types = {type_id: float(type_id == "sanctions") for type_id in self.codebook.type_ids}
        return [
            Judgement(types, dict.fromkeys(c.others, (0.0, 1.0)), dict.fromkeys(c.others, 1.0), 1.0) for c in candidates
        ]


def test_a_teacher_is_learnt_from(fit: Any, codebook: Codebook, examples: list[LabelledCandidate]) -> None:
    """It says "sanctions" of everybody, which no label does."""
    teacher = Teacher(codebook)
    options: dict[str, Any] = {"epochs": 4, "learning_rate": 2e-3, "head_learning_rate": 5e-3}
    taught = fit(teacher=teacher, trust=1.0, held_out=0.34, **options)
    assert teacher.asked == [example.candidate for example in examples]
    plain = fit(**options)
    candidates = [example.candidate for example in examples[:20]]

    def mean(model: EncoderModel) -> float:
        return float(np.mean(model.logits(candidates)["types"][:, codebook.type_ids.index("sanctions")]))

    assert mean(taught.model) > mean(plain.model) + 1


def test_a_teacher_judges_copies_with_other_words(
    fit: Any, codebook: Codebook, examples: list[LabelledCandidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    every_word = partial(similar_words, n_grammatical=0)
    monkeypatch.setattr("stancelib.encoder.teaching.similar_words", every_word)
    teacher = Teacher(codebook)
    fit(teacher=teacher, copies=2, exchange=0.5)
    n = len(examples)
    assert len(teacher.asked) == 3 * n
    assert teacher.asked[:n] == [example.candidate for example in examples]
    new = [k for k, asked in enumerate(teacher.asked[n:]) if asked != examples[k % n].candidate]
    assert len(new) > n
    fit(copies=2)  # nobody is there to judge them


def test_answers_of_a_teacher_are_kept_until_a_run_is_done(fit: Any, codebook: Codebook, tmp_path: Path) -> None:
    first, second = Teacher(codebook), Teacher(codebook)
    fit(teacher=first, copies=1, folder=tmp_path)
    fit(teacher=second, copies=1, folder=tmp_path)
    assert first.asked
    assert not second.asked
    fit(teacher=second, copies=2, folder=tmp_path / "other")
    assert second.asked


def test_a_teacher_of_other_types_is_refused(fit: Any, codebook: Codebook) -> None:
    teacher = Teacher(replace(codebook, types=codebook.types[1:]))
    with pytest.raises(
        DataError, match=r"teacher teacher: its codebook conflict-stance@1 lacks the type 'ceasefire_call'"
    ):
        fit(teacher=teacher)


def test_a_killed_run_goes_on_where_it_was_and_no_other_does(
    fit: Any, codebook: Codebook, examples: list[LabelledCandidate], tmp_path: Path
) -> None:
    """Killed when it had begun to learn from all of the rows."""
    options: dict[str, Any] = {"held_out": 0.34, "fingerprint": "a"}
    expected = fit(**options)
    step = Fitter._step
    with pytest.MonkeyPatch.context() as patch:
        passes: list[int] = []

        def stop(fitter: Fitter, learn: Any, *arguments: Any) -> float:
            passes.append(len(learn))
            if passes.count(60) == 3:
                raise KeyboardInterrupt
            return step(fitter, learn, *arguments)

        patch.setattr(Fitter, "_step", stop)
        with pytest.raises(KeyboardInterrupt):
            fit(folder=tmp_path, checkpoint_minutes=0, **options)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-fit", "checkpoint-refit"]
    for change in ({"fingerprint": "b"}, {"teacher": Teacher(codebook)}, {"own": examples[2:]}, {"max_length": 60}):
        with pytest.raises(DataError, match=r"checkpoint-fit/checkpoint\.pt: a checkpoint of a run on other data"):
            fit(folder=tmp_path, **{**options, **change})
    again = fit(folder=tmp_path, **options)
    assert again.model.encoder.graph == expected.model.encoder.graph
    assert again.parity == expected.parity


# --- Where it starts from ---


def test_an_encoder_starts_from_an_encoder_of_ours(
    encoder_dir: Path, encoder_model: EncoderModel, codebook: Codebook
) -> None:
    """Its types are found again by id, whatever their order; those without any kin there begin anew."""
    new = replace(codebook.types[0], id="praise", plv="", plover="", cameo="")
    book = replace(codebook, types=(new, *codebook.types[:4:-1]))
    run = recipe_room._Run(book, quick(encoder_dir), None, "")
    network = run._network(n_labels=1)
    assert run.base.label == "tiny-encoder@1"
    heads = network.head_state()
    for name in ("actor", "pair", "status", "direction", "target"):
        assert np.array_equal(heads[f"{name}.weight"].numpy(), encoder_model.weights[f"{name}.weight"])
    old = encoder_model.weights["types.weight"]
    for row, type_id in enumerate(book.type_ids[1:], start=1):
        assert np.array_equal(heads["types.weight"][row].numpy(), old[codebook.type_ids.index(type_id)])
    assert not any(np.array_equal(heads["types.weight"][0].numpy(), row) for row in old)
    assert torch.equal(
        network.encoder.state_dict()["embeddings.LayerNorm.weight"],
        run.base.encoder.state_dict()["embeddings.LayerNorm.weight"],
    )


@pytest.mark.parametrize(("n_labels", "few"), [(1, True), (39, True), (40, False)])
def test_where_labels_are_few_a_type_begins_as_the_mean_of_its_kin(
    encoder_dir: Path, encoder_model: EncoderModel, codebook: Codebook, n_labels: int, few: bool
) -> None:
    book = Codebook("plv", 1, True, (StanceType(id="COERCE", definition="d", quad=4), codebook["protest"]))
    heads = recipe_room._Run(book, quick(encoder_dir), None, "")._network(n_labels=n_labels).head_state()
    kin = [place for place, known in enumerate(codebook.types) if known.plv == "COERCE"]
    own = codebook.type_ids.index("protest")
    assert len(kin) > 1
    for part in ("types.weight", "types.bias"):
        old = encoder_model.weights[part]
        assert np.allclose(heads[part][0].numpy(), old[kin].mean(0)) == few
        assert np.array_equal(heads[part][1].numpy(), old[own])


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ({"id": "aid", "plv": "YIELD"}, ["aid"]),  # its own id before any code
        ({"id": "help", "plv": "AID"}, ["aid", "arms"]),
        ({"id": "AID"}, ["aid", "arms"]),
        ({"id": "retreat", "plover": "CONCEDE"}, ["truce"]),
        ({"id": "071"}, ["aid"]),
        ({"id": "arming", "plv": "AID", "cameo": "072"}, ["aid", "arms"]),  # the first system that has any counts
        ({"id": "praise"}, []),
        ({"id": "none", "plv": ""}, []),
    ],
)
def test_kin_are_types_of_one_id_or_else_of_one_code(sought: dict[str, str], found: list[str]) -> None:
    def make(**named: str) -> StanceType:
        return StanceType(definition="d", quad=1, **named)

    known = [
        make(id="aid", plv="AID", cameo="071"),
        make(id="arms", plv="AID", cameo="072"),
        make(id="truce", plv="YIELD", plover="CONCEDE"),
        make(id="worry"),
    ]
    assert [known[place].id for place in find_kin(make(**sought), known)] == found
    assert [known[place].id for place in find_kin(make(**sought), known, by_code=False)] == [
        name for name in found if name == sought["id"]
    ]


def test_training_goes_on_from_an_encoder_of_ours(
    fit: Any, encoder_dir: Path, examples: list[LabelledCandidate]
) -> None:
    options: dict[str, Any] = {"learning_rate": 1e-5, "head_learning_rate": 1e-5}
    further = fit(examples[:40], base=encoder_dir, **options)
    fresh = fit(examples[:40], **options)
    assert further.log[-1]["loss"] < 0.7 * fresh.log[-1]["loss"]
    assert further.log[0]["base"] == "tiny-encoder@1"


def test_a_shipped_encoder_is_found_by_name_and_by_default(encoder_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stancelib.encoder.bases.shipped_models", dict)
    with pytest.raises(DataError, match="no base is given; expected --base with a folder or hub id"):
        load_base(None, seed=0)
    shipped = {"stance-encoder": encoder_dir}
    monkeypatch.setattr("stancelib.encoder.bases.shipped_models", lambda: shipped)
    monkeypatch.setattr("stancelib.persistence.shipped_models", lambda: shipped)
    assert load_base(None, seed=0).label == load_base("stance-encoder", seed=0).label == "tiny-encoder@1"


def test_bases_that_are_none_are_refused(model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"gone: no pretrained encoder"):
        load_base(str(tmp_path / "gone"), seed=0)
    with pytest.raises(DataError, match=r"tiny: no pretrained encoder: .*expected a folder with config\.json"):
        load_base(str(model_dir), seed=0)
    for room in ("encoder.bases", "persistence"):
        monkeypatch.setattr(f"stancelib.{room}.shipped_models", lambda: {"stance-linear": model_dir})
    with pytest.raises(DataError, match="stance-linear: a model of another family than encoder"):
        load_base("stance-linear", seed=0)


def test_a_length_that_the_base_cannot_read_is_refused(fit: Any) -> None:
    with pytest.raises(DataError, match="tiny-base: reads 128 tokens at most; expected no max_length above"):
        fit(max_length=129)


# --- Parity ---


def _logits(**changed: Any) -> HeldOutLogits:
    plain: dict[str, Any] = {
        "types": np.array([[2.0, -2.0], [-2.0, -2.0]]),
        "status": np.array([[1.0], [-1.0]]),
        "direction": np.array([[3.0, 0, 0], [0, 3, 0], [0, 0, 3], [3, 0, 0]]),
        "target": np.array([[2.0], [-2], [-2], [2]]),
    }
    return HeldOutLogits(**{**plain, **changed})


@pytest.fixture
def judge(encoder_model: EncoderModel, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A stand-in for a model of two types with thresholds 0.5."""

    class Stub:
        codebook = replace(encoder_model.codebook, types=encoder_model.codebook.types[:2])
        thresholds = Thresholds(dict.fromkeys(codebook.type_ids, 0.5))
        temperatures = dict.fromkeys(("types", "status", "direction", "target"), 1.0)

    return Stub()


GOLD = ActorLabels(np.array([[True, False], [False, False]]), np.array([True, True]), np.array([0, 0]))


def test_parity_counts_equal_answers_by_hand(judge: Any) -> None:
    """One of four types differs, hence one of two candidates; one of four directions; two of four targets; no status.

    Macro-F1 is (1 + 0) / 2 of both: the type that the labels lack has none to find.
    """
    same = measure_parity(_logits(), _logits(), judge, gold=GOLD)
    assert same.pop("types_macro_f1_loss") == 0
    assert set(same.values()) == {1.0}
    other = _logits(
        types=np.array([[2.0, -2.0], [-2.0, 0.1]]),
        direction=np.array([[3.0, 0, 0], [0, 3, 0], [0, 4, 3], [3, 0, 0]]),
        target=np.array([[-2.0], [0.1], [-2], [2]]),
    )
    assert measure_parity(_logits(), other, judge, gold=GOLD) == {
        "types": 0.75,
        "candidates": 0.5,
        "status": 1.0,
        "direction": 0.75,
        "target": 0.5,
        "types_macro_f1_loss": 0.0,
    }


def test_parity_tells_what_the_labels_lose(judge: Any) -> None:
    """The first type is found and then not: its F1 falls from 1 to 0, the mean over two types by a half."""
    other = _logits(types=np.array([[-2.0, -2.0], [-2.0, -2.0]]))
    assert measure_parity(_logits(), other, judge, gold=GOLD)["types_macro_f1_loss"] == 0.5
    nobody = replace(GOLD, judged=np.array([False, False]))
    assert measure_parity(_logits(), other, judge, gold=nobody)["types_macro_f1_loss"] == 0


def test_parity_looks_at_answers_and_so_at_thresholds(judge: Any) -> None:
    """Logits of 0.1 and -1 stand on two sides of a threshold of a half, and both below one of 0.7."""
    other = _logits(status=np.array([[1.0], [0.1]]))
    assert measure_parity(_logits(), other, judge, gold=GOLD)["status"] == 0.5
    judge.thresholds = replace(judge.thresholds, planned=0.7)
    assert measure_parity(_logits(), other, judge, gold=GOLD)["status"] == 1.0
    nobody = {"direction": np.zeros((0, 3)), "target": np.zeros((0, 1))}
    found = measure_parity(_logits(**nobody), _logits(**nobody), judge, gold=GOLD)
    assert found.keys().isdisjoint({"direction", "target"})


def test_a_model_of_another_family_is_of_the_same_contract(encoder_model: EncoderModel) -> None:
    model: StanceModel = encoder_model
    assert (model.name, model.version, encoder_model.family) == ("tiny-encoder", 1, "encoder")
