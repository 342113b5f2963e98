"""A tiny transformer and invented labels, for the tests of the encoder family; conftest.py makes fixtures of them.

Needs the training extra.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from conftest import index_of
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from stancelib.codebook import Codebook
from stancelib.conflict import Conflict
from stancelib.encoder.config import EncoderConfig
from stancelib.encoder.network import ROUNDED_ROWS
from stancelib.encoder.rendering import RoleRenderer, add_roles
from stancelib.labelled import LabelledCandidate, label_candidates
from stancelib.records import conflict_lookup, read_labels
from stancelib.types import Candidate, Mention, Sentence

torch.set_num_threads(1)  # threads cost more than they give where a layer has 32 units

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

NAMES = {"TALVIA": "Talvia", "MORVIA": "Morvia", "RED": "Red League", "BLUE": "Blue Front", "GREEN": "Green Guard"}

TEMPLATES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("{} condemned the attack of the {}.", {"types": ["condemnation"], "status": "done"}),
    ("{} praised {} as the lawful government.", {"types": ["endorsement"], "status": "done"}),
    ("{} will send weapons to the {}.", {"types": ["military_support"], "status": "planned"}),
)


def quick(base: Path | str, **options: Any) -> EncoderConfig:
    """Return how a tiny encoder is trained in a second, the same on every machine."""
    chosen: dict[str, Any] = {"epochs": 2, "batch_size": 16, "precision": "fp32", "device": "cpu", "max_length": 64}
    return EncoderConfig(base=str(base), **{**chosen, **options})


def make_rows() -> list[dict[str, Any]]:
    """Return 60 rows of a label file: every ordered pair of five actors in every template.

    Of the actor type, target and status are judged; of the other one only that there is no stance.
    """
    rows = []
    pairs = [(one, two) for one in NAMES for two in NAMES if one != two]
    for template, said in TEMPLATES:
        for actor, other in pairs:
            text = template.format(NAMES[actor], NAMES[other])
            marks = [
                {"id": name, "start": text.index(NAMES[name]), "end": text.index(NAMES[name]) + len(NAMES[name])}
                for name in (actor, other)
            ]
            labels = [{"actor": actor, "target": other, **said}, {"actor": other, "types": []}]
            rows.append(
                {
                    "id": f"row-{len(rows):02}",
                    "conflict": "veldmark",
                    "date": "2016-05-01",
                    "text": text,
                    "actors": marks,
                    "labels": labels,
                }
            )
    return rows


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Write a label file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read_examples(path: Path, codebook: Codebook, conflict: Conflict) -> list[LabelledCandidate]:
    """Read a label file as labelled candidates."""
    rows = read_labels(path, codebook=codebook, conflicts=conflict_lookup([conflict]))
    return label_candidates(rows, lambda _: index_of(conflict))


def make_tokenizer(texts: Sequence[str]) -> Tokenizer:
    """Return a tokenizer of word pieces that knows the words of some texts, and every Latin letter."""
    words = sorted({word for text in texts for word in re.findall(r"\w+|[^\w\s]", text.lower())})
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    pieces = dict.fromkeys([*SPECIAL, *words, *letters, *(f"##{letter}" for letter in letters), "said", ":"])
    unused = [f"[unused{number}]" for number in range(max(0, ROUNDED_ROWS - len(pieces)))]
    vocabulary = {piece: number for number, piece in enumerate([*pieces, *unused])}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(token, vocabulary[token]) for token in ("[CLS]", "[SEP]")]
    )
    return tokenizer


def make_renderer(texts: Sequence[str], *, max_length: int = 256) -> RoleRenderer:
    """Return a renderer that knows the words of some texts."""
    tokenizer = make_tokenizer(texts)
    add_roles(tokenizer)
    return RoleRenderer(tokenizer, max_length=max_length)


def make_base(folder: Path, texts: Sequence[str], *, seed: int = 7) -> Path:
    """Write a pretrained transformer of two layers, 32 wide, with random weights, as transformers writes it."""
    tokenizer = make_tokenizer(texts)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    BertModel(config).save_pretrained(folder)
    named = {f"{token.strip('[]').lower()}_token": token for token in SPECIAL}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **named).save_pretrained(folder)
    return folder


def make_candidates(text: str, spans: Sequence[tuple[str, str]], *, before: str = "") -> list[Candidate]:
    """Return a candidate for each actor of a sentence.

    Args:
        text: The sentence.
        spans: Actor and words, in the order of the mentions; words that the sentence lacks are looked for in
            ``before``, and are those of a speaker.
        before: What stands before the sentence.
    """
    mentions = []
    for actor, words in spans:
        place = text.find(words)
        start = len(before) + place if place >= 0 else before.index(words)
        mentions.append(Mention(actor, start, start + len(words), "name" if place >= 0 else "quote"))
    sentence = Sentence("d", 0, len(before), len(before) + len(text), text)
    shared = tuple(mentions)
    return [Candidate(sentence, actor, shared) for actor in dict.fromkeys(actor for actor, _ in spans)]
