"""One measurement of speed and peak memory, in a process of its own that loads no more than it measures.

Run by ``training.benchmarks.encoder_speed``, which writes the folder:

    python -m training.benchmarks.speed_job FOLDER '{"what": "encoder", "batch": 1, "threads": 2}'
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import onnxruntime

from stancelib.encoder.model import EncoderModel
from stancelib.model import StanceModel
from stancelib.persistence import load_model
from stancelib.reading import make_document
from stancelib.tagger import load
from stancelib.types import Candidate, Mention, Sentence
from training.benchmarks.peer_runner import peak_memory, pin

CUDA = "CUDAExecutionProvider"


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is measured.

    Attributes:
        what: "model" judges given pairs, "raw" tags articles, both with ``model``; "pipeline" classifies texts.
        model: A model folder or a shipped model's name.
        texts: For the pipeline: the file of the texts.
        batch: Sentences (of the pipeline: texts) a call; 0: all at once.
        threads: Processors of the process.
        device: "cpu" or "cuda".
    """

    what: Literal["model", "raw", "pipeline"]
    model: str = ""
    texts: str = ""
    batch: int = 0
    threads: int = 2
    device: Literal["cpu", "cuda"] = "cpu"


def main() -> None:
    """Measure and print one line of JSON: seconds and the peak memory in MB."""
    folder, job = Path(sys.argv[1]), Job(**json.loads(sys.argv[2]))
    if job.device == "cpu":
        pin(job.threads)
    seconds = time_calls(
        *{"model": judge_pairs, "raw": tag_articles, "pipeline": classify_texts}[job.what](folder, job)
    )
    print(json.dumps({"seconds": seconds, "peak_mb": peak_memory()}))


def time_calls(call: Callable[[Any], object], parts: Sequence[Any]) -> float:
    """Return the seconds that all parts take; the first is done once before, for what is loaded at the first call."""
    call(parts[0][:8] if isinstance(parts[0], list) else parts[0])
    start = time.perf_counter()
    for part in parts:
        call(part)
    return time.perf_counter() - start


def judge_pairs(folder: Path, job: Job) -> tuple[Callable[[Any], object], Sequence[Any]]:
    """Return the model's ``predict``, and the candidates of each call."""
    model = prepare(job)
    sentences = read_sentences(folder / "sentences.jsonl")
    if job.batch == 1:
        return model.predict, sentences
    return model.predict, [[candidate for sentence in sentences for candidate in sentence]]


def tag_articles(folder: Path, job: Job) -> tuple[Callable[[Any], object], Sequence[Any]]:
    """Return a call that tags articles through ``pipe``, and all of them."""
    tagger = load(prepare(job))
    rows = [json.loads(line) for line in (folder / "articles.jsonl").read_text(encoding="utf-8").splitlines()]
    documents = [make_document(row["text"], id=row["id"], date=row["date"], conflict=row["conflict"]) for row in rows]
    return lambda part: list(tagger.pipe(part)), [documents]


def classify_texts(folder: Path, job: Job) -> tuple[Callable[[Any], object], Sequence[Any]]:
    """Return a text-classification pipeline of transformers, and the texts of each call."""
    torch, transformers = import_module("torch"), import_module("transformers")
    torch.set_num_threads(job.threads)
    place = str(folder / "pipeline")
    pipe = transformers.pipeline(
        "text-classification", model=place, tokenizer=place, device=job.device, top_k=None, function_to_apply="sigmoid"
    )
    texts = json.loads((folder / job.texts).read_text(encoding="utf-8"))
    parts = texts if job.batch == 1 else [texts]
    return lambda part: pipe(part, batch_size=max(job.batch, 1), truncation=True, max_length=256), parts


def prepare(job: Job) -> StanceModel:
    """Load the model of a job, for its threads and device."""
    model = load_model(job.model)
    if not isinstance(model, EncoderModel):
        return model
    model = model.with_threads(job.threads)
    if job.device == "cuda":
        session = onnxruntime.InferenceSession(model.encoder.graph, providers=[CUDA, "CPUExecutionProvider"])
        object.__setattr__(model.encoder, "_session", session)
    return model


def write_sentences(path: Path, sentences: Iterable[Sequence[Candidate]]) -> None:
    """Write the candidates of each sentence, a line a sentence."""
    with path.open("w", encoding="utf-8") as stream:
        for candidates in sentences:
            first = candidates[0]
            row = {
                "sentence": asdict(first.sentence),
                "mentions": [asdict(mention) for mention in first.mentions],
                "kinds": dict(first.kinds),
                "actors": [candidate.actor for candidate in candidates],
            }
            stream.write(json.dumps(row) + "\n")


def read_sentences(path: Path) -> list[list[Candidate]]:
    """Read what ``write_sentences`` wrote; the candidates of a sentence share it and its mentions."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        sentence, mentions = Sentence(**row["sentence"]), tuple(Mention(**mention) for mention in row["mentions"])
        found.append([Candidate(sentence, actor, mentions, row["kinds"]) for actor in row["actors"]])
    return found


if __name__ == "__main__":
    main()
