"""Who takes which stance, for which side, in news about an armed conflict.

import stancelib

tagger = stancelib.load(conflict="libya")
for tag in tagger.tag(article_text):
    print(tag.actor.name, dict(tag.types), tag.supports)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stancelib.codebook import Codebook, load_codebook
    from stancelib.conflict import Conflict, load_conflict
    from stancelib.encoder.config import EncoderConfig
    from stancelib.errors import DataError, ModelFormatError, OutputError, StancelibError, UnknownNameError
    from stancelib.evaluation.report import Report
    from stancelib.evaluation.run import Evaluation, EvaluationSettings, evaluate
    from stancelib.evaluation.writing import load_report, write_report
    from stancelib.reading import make_document, read_documents
    from stancelib.tagger import StanceTagger, load
    from stancelib.training import TrainingReport, train
    from stancelib.types import Actor, Document, Example, Explanation, Mark, Mention, StanceTag, WordScore

_ROOMS = {
    "Actor": "types",
    "Codebook": "codebook",
    "Conflict": "conflict",
    "DataError": "errors",
    "Document": "types",
    "EncoderConfig": "encoder.config",
    "Evaluation": "evaluation.run",
    "EvaluationSettings": "evaluation.run",
    "Example": "types",
    "Explanation": "types",
    "Mark": "types",
    "Mention": "types",
    "ModelFormatError": "errors",
    "OutputError": "errors",
    "Report": "evaluation.report",
    "StanceTag": "types",
    "StanceTagger": "tagger",
    "StancelibError": "errors",
    "TrainingReport": "training",
    "UnknownNameError": "errors",
    "WordScore": "types",
    "evaluate": "evaluation.run",
    "load": "tagger",
    "load_codebook": "codebook",
    "load_conflict": "conflict",
    "load_report": "evaluation.writing",
    "make_document": "reading",
    "read_documents": "reading",
    "train": "training",
    "write_report": "evaluation.writing",
}

__all__ = [
    "Actor",
    "Codebook",
    "Conflict",
    "DataError",
    "Document",
    "EncoderConfig",
    "Evaluation",
    "EvaluationSettings",
    "Example",
    "Explanation",
    "Mark",
    "Mention",
    "ModelFormatError",
    "OutputError",
    "Report",
    "StanceTag",
    "StanceTagger",
    "StancelibError",
    "TrainingReport",
    "UnknownNameError",
    "WordScore",
    "evaluate",
    "load",
    "load_codebook",
    "load_conflict",
    "load_report",
    "make_document",
    "read_documents",
    "train",
    "write_report",
]


def __getattr__(name: str) -> object:
    """Import a public name's room when the name is first asked for, so that importing the package stays cheap."""
    if name not in _ROOMS:
        raise AttributeError(f"module 'stancelib' has no attribute {name!r}")
    value = getattr(import_module(f"stancelib.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
