"""The signature of an evaluation: all that must be equal for two figures to be comparable, in one line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import quote

from stancelib.conflict import Conflict
from stancelib.tagger import StanceTagger
from stancelib.training import hash_files

_UNFIT = re.compile(r"[|%`\x00-\x1f\x7f]")

_DATA_KEYS = ("split", "mode")
"""What, beside the hash of the labels, says which labels were judged."""


def make_signature(
    tagger: StanceTagger,
    paths: Sequence[Path],
    *,
    model_hash: str,
    conflicts: Sequence[Conflict],
    settings: Mapping[str, object],
) -> str:
    """Return the signature, ``key:value`` joined by ``|``, as sacreBLEU writes its own (Post 2018).

    Args:
        tagger: What was evaluated.
        paths: The label files.
        model_hash: Tells models of one name and version apart; empty where it is not known.
        conflicts: The conflicts that the labels are of.
        settings: Further keys: mode, split, rows, resamples, seed.
    """
    model = tagger.model
    parts = {
        "stancelib": _library_version(),
        "model": f"{model.name}@{model.version}" + (f"#{model_hash[:12]}" if model_hash else ""),
        "codebook": model.codebook.label,
        "conflicts": _name_conflicts(conflicts),
        "data": f"{'+'.join(path.name for path in paths)}#{hash_files(paths)[:12]}",
        **settings,
    }
    return "|".join(f"{key}:{_quoted(str(value))}" for key, value in parts.items())


def parse_signature(signature: str) -> dict[str, str]:
    """Return the keys and values of a signature."""
    parts = (part.partition(":") for part in signature.split("|"))
    return {key: value for key, _, value in parts}


def describe_data(signature: str) -> str:
    """Return which labels a signature is of, without the name of their file."""
    parts = parse_signature(signature)
    labels = parts.get("data", "").rpartition("#")[2] or "unknown"
    return " ".join([f"labels {labels}", *(f"{key}:{parts[key]}" for key in _DATA_KEYS if key in parts)])


def _quoted(value: str) -> str:
    """Return a value without what would end it, or the line, or a span of code around it: "%7C" for a stroke."""
    return _UNFIT.sub(lambda match: quote(match[0], safe=""), value)


def _name_conflicts(conflicts: Sequence[Conflict]) -> str:
    if not conflicts:
        return "none"
    ordered = sorted(conflicts, key=lambda conflict: conflict.label)
    digest = hashlib.sha256("".join(map(repr, ordered)).encode("utf-8")).hexdigest()
    return f"{'+'.join(conflict.label for conflict in ordered)}#{digest[:12]}"


def _library_version() -> str:
    try:
        return version("stancelib")
    except PackageNotFoundError:
        return "unknown"
