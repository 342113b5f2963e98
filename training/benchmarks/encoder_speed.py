r"""How fast the encoder is, and how large: beside the linear model, a transformers pipeline and other libraries.

Given pairs: the labelled sentences of the test split, those of articles first, with all their labelled actors. The
encoder reads a sentence once for all of them. A text-classification pipeline must read one text a (sentence, actor)
pair; it gets a network of the same weights (ours, back from int8) under a linear layer with as many types, and texts in
which names are replaced by our role tokens, so that its texts are no longer than ours. Asked about one actor a sentence
alone, it reads each sentence once too.

Raw text: articles through ``tagger.pipe``: split, actors found, attributed, judged, written.

Every measurement is a process of its own, pinned to its processors, with one call before that is not timed.

    python -m training.benchmarks.encoder_speed --model MODEL
    python -m training.benchmarks.encoder_speed --model MODEL --base BASE --peers fasttext,setfit \
        --python fasttext=ENV1/bin/python --python setfit=ENV2/bin/python
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import onnxruntime
import torch
from tqdm import tqdm
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedTokenizerFast

from stancelib.codebook import load_codebook
from stancelib.conflict import load_conflict
from stancelib.encoder.bases import model_base
from stancelib.encoder.model import EncoderModel
from stancelib.encoder.rendering import ROLE_TOKENS
from stancelib.labelled import LabelledCandidate
from stancelib.persistence import find_model, load_model
from stancelib.types import Candidate
from training.benchmarks.peers import Fold, Settings, make_fold, mask_actors, run_peer, write_fold
from training.benchmarks.speed_job import CUDA, Job, write_sentences
from training.build_linear import load_parts

_TOKENS = {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]"}
_OTHER_TOKENS = {"pad_token": "<pad>", "cls_token": "<s>", "sep_token": "</s>", "unk_token": "<unk>"}

Run = Callable[[], dict[str, float]]


@dataclass(frozen=True)
class Measurement:
    """A row of the table.

    Attributes:
        name: What is measured.
        threads: Processors that it may use.
        pairs: How many pairs a run judges; 0: not counted.
        sentences: How many sentences a run reads.
        run: Runs it once; returns its seconds and the peak memory in MB.
    """

    name: str
    threads: int
    pairs: int
    sentences: int
    run: Run


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="an encoder: a model folder or a shipped model's name")
    parser.add_argument("--linear", default="stance-linear", help="a linear model")
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--sentences", type=int, default=800)
    parser.add_argument("--articles", type=int, default=100)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--peers", default="", help="svc, fasttext, spacy, model2vec, frozen, setfit; by commas")
    parser.add_argument("--python", action="append", default=[], metavar="PEER=PATH", help="an interpreter of its own")
    parser.add_argument("--base", default="", help="a folder with a pretrained transformer, for peers that have one")
    parser.add_argument("--peer-share", type=float, default=0.1, help="of the documents that peers are fitted on")
    options = parser.parse_args()
    model = load_model(options.model)
    if not isinstance(model, EncoderModel):
        parser.error(f"{options.model}: a model of another family; expected an encoder")
    conflicts = [load_conflict(path) for path in sorted((options.seeds / "conflicts").glob("*.toml"))]
    learn, test, _ = load_parts(sorted(options.seeds.glob("*.jsonl")), conflicts)
    sentences = group_sentences(test)[: options.sentences]
    pythons = dict(entry.split("=", 1) for entry in options.python)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_sentences(folder / "sentences.jsonl", sentences)
        n_sentences = write_articles(folder / "articles.jsonl", options.seeds / "articles.jsonl", options.articles)
        build_pipeline(model, folder / "pipeline")
        texts = [[mask_actors(c, roles=ROLE_TOKENS[:2]) for c in candidates] for candidates in sentences]
        (folder / "pairs.json").write_text(json.dumps([text for own in texts for text in own]), encoding="utf-8")
        (folder / "firsts.json").write_text(json.dumps([own[0] for own in texts]), encoding="utf-8")
        given = Given(folder, str(find_model(options.model)), options.linear, sentences)
        fold = replace(make_fold(learn, [], share=options.peer_share, seed=0), judged=[])
        peers = [name for name in options.peers.split(",") if name]
        settings = Settings(base=options.base, pythons=pythons, steps=20)
        rows = [row for threads in options.threads for row in given_pairs(given, threads)]
        rows += [row for row in on_gpu(given)]
        rows += [row for name in peers for row in ask_peers(given, name, fold, settings, options.threads)]
        raw = [row for threads in options.threads for row in raw_text(given, threads, n_sentences)]
        print(
            f"{len(sentences)} sentences, {given.n_pairs} pairs; {options.articles} articles, {n_sentences} sentences"
        )
        print_rows("given pairs", rows, options.repeats)
        print_rows("raw text", raw, options.repeats)


@dataclass(frozen=True)
class Given:
    """What is judged: the folder with its files, the models, and the candidates of each sentence."""

    folder: Path
    encoder: str
    linear: str
    sentences: Sequence[Sequence[Candidate]]

    @property
    def n_pairs(self) -> int:
        """How many pairs there are."""
        return sum(map(len, self.sentences))


def given_pairs(given: Given, threads: int) -> Iterator[Measurement]:
    """Yield what is measured on given pairs, on the processor."""
    n, n_pairs = len(given.sentences), given.n_pairs
    for family, model in (("encoder", given.encoder), ("linear", given.linear)):
        for batch, how in ((1, "a call a sentence"), (0, "in bulk")):
            job = Job(what="model", model=model, batch=batch, threads=threads)
            yield Measurement(f"{family}, {how}", threads, n_pairs, n, _runner(given.folder, job))
    for file, about, pairs in (("pairs.json", "a text a pair", n_pairs), ("firsts.json", "one actor a sentence", n)):
        for batch in (1, 32):
            job = Job(what="pipeline", texts=file, batch=batch, threads=threads)
            yield Measurement(f"pipeline, {about}, batch {batch}", threads, pairs, n, _runner(given.folder, job))


def on_gpu(given: Given) -> Iterator[Measurement]:
    """Yield what is measured on a GPU; where there is none, say so."""
    n, n_pairs = len(given.sentences), given.n_pairs
    if not torch.cuda.is_available():
        print("no GPU that torch can use: the pipeline is measured on the processor alone")
    else:
        for batch in (1, 32, 256):
            job = Job(what="pipeline", texts="pairs.json", batch=batch, device="cuda")
            yield Measurement(
                f"pipeline on GPU, a text a pair, batch {batch}", 0, n_pairs, n, _runner(given.folder, job)
            )
    if CUDA not in onnxruntime.get_available_providers():
        print("no CUDA in this ONNX Runtime: the encoder is measured on the processor alone")
    else:
        job = Job(what="model", model=given.encoder, device="cuda")
        yield Measurement("encoder on GPU, in bulk", 0, n_pairs, n, _runner(given.folder, job))


def ask_peers(given: Given, name: str, fold: Fold, settings: Settings, threads: Sequence[int]) -> Iterator[Measurement]:
    """Fit a peer on a few documents, and yield what is measured of it: its quality plays no part here."""
    folder = given.folder / name
    folder.mkdir()
    write_fold(folder, fold, load_codebook())
    (folder / "dev.jsonl").write_text("", encoding="utf-8")
    run_peer("fit", name, folder, settings)
    (folder / "dev.jsonl").unlink()
    texts = [mask_actors(candidate) for candidates in given.sentences for candidate in candidates]
    rows = "".join(json.dumps({"text": text, "types": []}) + "\n" for text in texts)
    (folder / "judged.jsonl").write_text(rows, encoding="utf-8")
    for n_threads in threads:
        for batch, how in ((1, "a call a pair"), (0, "in bulk")):

            def run(n_threads: int = n_threads, batch: int = batch) -> dict[str, float]:
                return run_peer("ask", name, folder, replace(settings, threads=n_threads), batch=batch)

            yield Measurement(f"{name}, {how}", n_threads, len(texts), len(given.sentences), run)


def raw_text(given: Given, threads: int, n_sentences: int) -> Iterator[Measurement]:
    """Yield what is measured on articles."""
    for family, model in (("encoder", given.encoder), ("linear", given.linear)):
        job = Job(what="raw", model=model, threads=threads)
        yield Measurement(f"{family}, tagger.pipe", threads, 0, n_sentences, _runner(given.folder, job))


def group_sentences(test: Sequence[LabelledCandidate]) -> list[list[Candidate]]:
    """Return the candidates of each sentence, those of articles first."""
    groups: dict[str, list[Candidate]] = {}
    for item in sorted(test, key=lambda item: item.sentence_id == item.document_id):
        groups.setdefault(item.sentence_id, []).append(item.candidate)
    return list(groups.values())


def write_articles(path: Path, source: Path, n_articles: int) -> int:
    """Write so many articles as plain documents, each with its conflict where that is shipped; count the sentences."""
    shipped = {file.stem for file in Path("stancelib/data/conflicts").glob("*.toml")}
    articles = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()][:n_articles]
    with path.open("w", encoding="utf-8") as stream:
        for article in articles:
            conflict = article["conflict"] if article["conflict"] in shipped else None
            row = {"id": article["id"], "text": article["text"], "date": article.get("date"), "conflict": conflict}
            stream.write(json.dumps(row) + "\n")
    return sum(len(article["sentences"]) for article in articles)


def build_pipeline(model: EncoderModel, folder: Path) -> None:
    """Write a sequence classifier of transformers that has the encoder's weights, with its tokenizer.

    Raises:
        SystemExit: The architecture has no sequence classifier with such weights.
    """
    base = model_base(model)
    architecture = dict(model.encoder.architecture)
    config = AutoConfig.for_model(architecture.pop("model_type"), **architecture)
    config.num_labels, config.problem_type = len(model.codebook.types), "multi_label_classification"
    network = AutoModelForSequenceClassification.from_config(config)  # type: ignore[no-untyped-call]
    missing, unknown = network.base_model.load_state_dict(base.encoder.state_dict(), strict=False)
    if unknown or any("pooler" not in name for name in missing):
        raise SystemExit(f"{model.name}: weights {[*missing, *unknown]} do not fit a sequence classifier")
    network.save_pretrained(folder)
    known = base.tokenizer.get_vocab()
    tokens = next(names for names in (_TOKENS, _OTHER_TOKENS) if all(token in known for token in names.values()))
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=base.tokenizer, model_max_length=512, **tokens
    )
    tokenizer.save_pretrained(folder)


def print_rows(title: str, rows: Sequence[Measurement], repeats: int) -> None:
    """Run each measurement a few times; print the medians, with the least and the most."""
    print(f"\n### {title}\n\n| what | threads | pairs/s | sentences/s | peak memory, MB |\n|---|---|---|---|---|")
    for row in tqdm(rows, desc=title):
        found = [row.run() for _ in range(repeats)]
        seconds = [run["seconds"] for run in found]
        pairs = spread([row.pairs / s for s in seconds]) if row.pairs else ""
        peak = statistics.median(run["peak_mb"] for run in found)
        sentences = spread([row.sentences / s for s in seconds])
        print(f"| {row.name} | {row.threads or ''} | {pairs} | {sentences} | {peak:.0f} |", flush=True)


def spread(values: Sequence[float]) -> str:
    """Return the median with the least and the most."""
    digits = 0 if min(values) >= 10 else 1
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} - {max(values):.{digits}f})"


def _runner(folder: Path, job: Job) -> Run:
    def run() -> dict[str, float]:
        command = [sys.executable, "-m", "training.benchmarks.speed_job", str(folder), json.dumps(asdict(job))]
        environment = {**os.environ, "OMP_NUM_THREADS": str(job.threads), "HF_HUB_OFFLINE": "1"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        if done.returncode:
            raise SystemExit(f"{job} failed:\n{done.stderr[-2000:]}")
        measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return measured

    return run


if __name__ == "__main__":
    main()
