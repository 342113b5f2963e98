"""What int8 costs and brings: the shipped encoder in floats, with ONNX Runtime's dynamic int8, and as it is shipped.

Dynamic int8 shares one step among all tokens of a batch; ours has a step for each token. All three have the same
weights (those of the shipped folder). On dev: candidates whose types are all the same as in floats, types macro-F1, how
far the states of a sentence move with its company in a batch, sentences per second (median of runs and range).

    python -m training.benchmarks.rounding --model models/stance-encoder
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from onnxruntime.quantization import QuantType, quantize_dynamic

from stancelib.answers import pick_types
from stancelib.codebook import load_codebook
from stancelib.conflict import load_conflict
from stancelib.encoder.bases import model_base
from stancelib.encoder.export import trace_encoder
from stancelib.encoder.model import Encoder, EncoderModel
from stancelib.encoder.rendering import RoleRenderer
from stancelib.evaluation.judged import collect_answers
from stancelib.evaluation.measures import estimate_metrics
from stancelib.evaluation.resampling import number_documents
from stancelib.evaluation.run import judge_gold
from stancelib.labelled import label_candidates
from stancelib.persistence import load_model
from stancelib.records import conflict_lookup, read_labels
from stancelib.training import index_lookup
from stancelib.types import Candidate


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="stance-encoder")
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--resamples", type=int, default=300)
    options = parser.parse_args()
    model = load_model(options.model)
    if not isinstance(model, EncoderModel):
        raise SystemExit(f"{options.model}: expected a model of the encoder family")
    look_up = conflict_lookup([load_conflict(path) for path in sorted((options.seeds / "conflicts").glob("*.toml"))])
    indices = index_lookup(look_up)
    files = sorted(options.seeds.glob("*.jsonl"))
    rows = [row for path in files for row in read_labels(path, codebook=load_codebook(), conflicts=look_up)]
    dev = label_candidates([row for row in rows if row.split == "dev"], indices)
    candidates = [example.candidate for example in dev]
    systems = {name: replace(model, encoder=encoder) for name, encoder in encoders(model).items()}
    basis = typed(systems["floats"], candidates)
    documents = number_documents([example.document_id for example in dev], resamples=options.resamples, seed=0)
    print("| weights and inputs | MB | types as in floats | types macro-F1 | moved by company | 1 thread | 2 threads |")
    print("|---|---|---|---|---|---|---|")
    for name, system in systems.items():
        same = np.mean([one == two for one, two in zip(typed(system, candidates), basis, strict=True)])
        judged = judge_gold(dev, system, indices)
        f1 = estimate_metrics(collect_answers(judged, load_codebook()), documents)["types_macro_f1"]
        low, high = f1.interval or (0.0, 0.0)
        speeds = [speed(system.with_threads(threads), candidates, repeats=options.repeats) for threads in (1, 2)]
        print(
            f"| {name} | {len(system.encoder.graph) / 1e6:.1f} | {same:.4f} | {f1.value:.3f} ({low:.3f} - {high:.3f}) "
            f"| {moved(system, candidates):.6f} | {' | '.join(speeds)} |",
            flush=True,
        )


def encoders(model: EncoderModel) -> dict[str, Encoder]:
    """Return the encoder in floats, with dynamic int8, and as it is shipped."""
    encoder = model.encoder
    floats = trace_encoder(model_base(model).encoder)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dynamic.onnx"
        quantize_dynamic(floats, path, per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"])
        dynamic = path.read_bytes()
    return {
        "floats": replace(encoder, graph=floats.SerializeToString()),
        "int8, one step a batch": replace(encoder, graph=dynamic),
        "int8, one step a token (shipped)": encoder,
    }


def typed(model: EncoderModel, candidates: Sequence[Candidate]) -> list[frozenset[str]]:
    """Return the types of each candidate."""
    return [
        frozenset(pick_types(said.types, codebook=model.codebook, thresholds=model.thresholds))
        for said in model.predict(candidates)
    ]


def moved(model: EncoderModel, candidates: Sequence[Candidate]) -> float:
    """Return the largest difference between the states of a sentence alone and among others."""
    renderer = RoleRenderer(model.encoder.tokenizer, max_length=model.max_length)
    rendered = [renderer.render(candidate, style=model.style) for candidate in candidates[:200]]
    among = model.encoder.encode(rendered)
    return max(
        float(np.abs(model.encoder.encode([sentence])[0] - states).max())
        for sentence, states in zip(rendered, among, strict=True)
    )


def speed(model: EncoderModel, candidates: Sequence[Candidate], *, repeats: int) -> str:
    """Return sentences per second from given actors."""
    model.predict(candidates[:50])
    n, found = len({id(candidate.mentions) for candidate in candidates}), []
    for _ in range(repeats):
        start = time.perf_counter()
        model.predict(candidates)
        found.append(n / (time.perf_counter() - start))
    return f"{np.median(found):.0f} ({min(found):.0f} - {max(found):.0f})"


if __name__ == "__main__":
    main()
