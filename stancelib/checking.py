"""What is wrong with a label file, all at once, and what it holds."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stancelib.codebook import Codebook
from stancelib.conflict import Conflict
from stancelib.records import ConflictLookup, LabelRow, conflict_lookup, parse_label_row, read_json_lines
from stancelib.training import count_unknown_actors, index_lookup
from stancelib.types import Label, LabelledArticle

_ROW_KEYS = (
    *("id", "text", "actors", "labels", "sentences"),
    *("conflict", "context", "date", "split", "phenomena", "invented"),
)
_MARK_KEYS = ("id", "start", "end", "in", "via")
_LABEL_KEYS = ("actor", "types", "supports", "opposes", "target", "status")
_JUDGED_KEYS = ("types", "supports", "opposes", "target", "status")
_SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, kw_only=True)
class LabelReport:
    """What a check of a label file found.

    Attributes:
        errors: What ``train`` and ``evaluate`` refuse, each with file and line.
        warnings: What they take, but is likely a slip, each with file and line.
        n_rows: Rows read.
        n_labels: Judged (sentence, actor) pairs.
        n_no_stance: Pairs that take no stance.
        type_counts: Positive pairs of each type.
        side_counts: Pairs that support and oppose a side.
        n_targets: Pairs with a target.
        n_several_stances: Sentences in which two actors or more take stances that differ.
        unjudged_counts: Labels that leave a key out, by key; only keys that some label leaves out.
        group_counts: Rows by split, by conflict and by phenomenon.
        unknown_actors: Marked actor ids that no file knows: third parties, or typing errors.
    """

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    n_rows: int = 0
    n_labels: int = 0
    n_no_stance: int = 0
    type_counts: dict[str, int] = field(default_factory=dict)
    side_counts: dict[str, int] = field(default_factory=dict)
    n_targets: int = 0
    n_several_stances: int = 0
    unjudged_counts: dict[str, int] = field(default_factory=dict)
    group_counts: dict[str, dict[str, int]] = field(default_factory=dict)
    unknown_actors: dict[str, int] = field(default_factory=dict)


def check_labels(
    paths: Path | Sequence[Path], *, codebook: Codebook, conflicts: Sequence[Conflict] = ()
) -> LabelReport:
    """Check label files: form, spans, names, duplicates, contradictions, and what was left unjudged.

    Ids and texts are compared over all the files: a text that stands in two splits would be learnt and tested.

    Args:
        paths: A label file, or several.
        codebook: The types that it may use.
        conflicts: Conflicts that rows may name, beside the shipped ones.

    Raises:
        DataError: A file cannot be read.
    """
    look_up = conflict_lookup(conflicts)
    rows, errors, warnings = _read([paths] if isinstance(paths, Path) else paths, codebook=codebook, conflicts=look_up)
    labels = [label for row in rows for label in _labels(row)]
    types = Counter(type_id for label in labels for type_id in label.types or ())
    return LabelReport(
        errors=errors,
        warnings=[
            *warnings,
            *_odd_splits(rows),
            *_repeated_ids(rows),
            *_repeated_texts(rows),
            *_unjudged(rows),
            *_odd_labels(rows),
        ],
        n_rows=len(rows),
        n_labels=len(labels),
        n_no_stance=sum(label.types == () for label in labels),
        type_counts={type_id: types[type_id] for type_id in codebook.type_ids},
        side_counts={
            "supports": sum(bool(label.supports) for label in labels),
            "opposes": sum(bool(label.opposes) for label in labels),
        },
        n_targets=sum(bool(label.target) for label in labels),
        n_several_stances=sum(_differ(own) for row in rows for own in _label_groups(row)),
        unjudged_counts={key: n for key in _JUDGED_KEYS if (n := sum(_left_out(label, key) for label in labels))},
        group_counts={
            "split": dict(Counter(row.split or "(none: train)" for row in rows).most_common()),
            "conflict": dict(Counter(row.conflict or "(none)" for row in rows).most_common()),
            "phenomenon": dict(Counter(name for row in rows for name in _phenomena(row)).most_common()),
        },
        unknown_actors=count_unknown_actors(rows, index_lookup(look_up)),
    )


def _read(
    paths: Sequence[Path], *, codebook: Codebook, conflicts: ConflictLookup
) -> tuple[list[LabelRow], list[str], list[str]]:
    """Return the good rows, every error, and what looks like a misspelt key."""
    rows: list[LabelRow] = []
    errors: list[str] = []
    warnings: list[str] = []
    for path in paths:
        for number, raw in read_json_lines(path, on_bad_line=lambda error: errors.append(str(error))):
            warnings += [f"{path}:{number}: {message}" for message in _near_keys(raw)]
            row, problems = parse_label_row(raw, where=f"{path}:{number}", codebook=codebook, conflicts=conflicts)
            errors.extend(problems)
            if row is not None and not problems:
                rows.append(row)
    return rows, errors, warnings


def _near_keys(raw: Mapping[str, Any]) -> list[str]:
    """Say which keys are likely slips of the format's own: a misspelt key counts as not judged."""
    sentences = [raw, *_objects(raw.get("sentences"))]
    marks = [mark for sentence in sentences for mark in _objects(sentence.get("actors"))]
    labels = [label for sentence in sentences for label in _objects(sentence.get("labels"))]
    groups = (("the row", [raw], _ROW_KEYS), ("a mark", marks, _MARK_KEYS), ("a label", labels, _LABEL_KEYS))
    found = []
    for what, tables, known in groups:
        for key in dict.fromkeys(key for table in tables for key in table if key not in known):
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.75)
            if near:
                found.append(f"{what} has a key {key!r}, which means nothing; did you mean {near[0]!r}?")
    return found


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _odd_splits(rows: Sequence[LabelRow]) -> list[str]:
    return [
        f"{row.where}: split {row.split!r} is learnt from, as 'train' is; expected 'train', 'dev' or 'test'"
        for row in rows
        if row.split not in (None, *_SPLITS)
    ]


def _labels(row: LabelRow) -> list[Label]:
    return [label for group in _label_groups(row) for label in group]


def _label_groups(row: LabelRow) -> list[tuple[Label, ...]]:
    """Return the labels of a row, a group for each sentence."""
    return [sentence.labels for sentence in row.sentences] if isinstance(row, LabelledArticle) else [row.labels]


def _phenomena(row: LabelRow) -> tuple[str, ...]:
    return () if isinstance(row, LabelledArticle) else row.phenomena


def _differ(labels: Sequence[Label]) -> bool:
    """Say whether two actors of a sentence take stances that differ in type, side or target."""
    stances = {
        (frozenset(label.types), frozenset(label.supports or ()), frozenset(label.opposes or ()), label.target)
        for label in labels
        if label.types
    }
    return len(stances) > 1


def _left_out(label: Label, key: str) -> bool:
    """Say whether a key was not judged; a status is only wanted of a stance."""
    return getattr(label, key) is None and (key != "status" or bool(label.types))


def _repeated_ids(rows: Sequence[LabelRow]) -> list[str]:
    first: dict[str, str] = {}
    found = []
    for row in rows:
        if row.id in first:
            found.append(f"{row.where}: id {row.id!r} stands already at {first[row.id]}; expected each id once")
        first.setdefault(row.id, row.where)
    return found


def _repeated_texts(rows: Sequence[LabelRow]) -> list[str]:
    """Say which texts stand twice, and where two labels of one text and actor contradict each other."""
    first: dict[tuple[str, str | None], LabelRow] = {}
    found = []
    for row in rows:
        key = (" ".join(row.text.split()).casefold(), row.conflict)
        earlier = first.setdefault(key, row)
        if earlier is row:
            continue
        found.append(f"{row.where}: the same text stands at {earlier.where}{_leak(row, earlier)}")
        before = {label.actor: label for label in _labels(earlier)}
        for label in _labels(row):
            other = before.get(label.actor)
            if other and None not in (other.types, label.types) and set(other.types or ()) != set(label.types or ()):
                found.append(
                    f"{row.where}: {label.actor!r} has types {list(label.types or ())}, but {list(other.types or ())} "
                    f"at {earlier.where} for the same text"
                )
    return found


def _leak(row: LabelRow, earlier: LabelRow) -> str:
    one, other = row.split or "train", earlier.split or "train"
    return f", in split {other!r} and not {one!r}: what is learnt must not be tested" if one != other else ""


def _unjudged(rows: Sequence[LabelRow]) -> list[str]:
    found = []
    for row in rows:
        if isinstance(row, LabelledArticle):
            continue
        judged = {label.actor for label in row.labels}
        missing = dict.fromkeys(mark.actor for mark in row.actors if not mark.in_context and mark.actor not in judged)
        if missing:
            found.append(f"{row.where}: marked but not judged: {', '.join(missing)}")
    return found


def _odd_labels(rows: Sequence[LabelRow]) -> list[str]:
    found = []
    for row in rows:
        for label in _labels(row):
            if label.types == () and (label.supports or label.opposes or label.target):
                found.append(
                    f"{row.where}: {label.actor!r} has a side or target but no type; expected none without a stance"
                )
            if label.actor in (label.target or ()):
                found.append(f"{row.where}: {label.actor!r} is its own target; expected another actor")
            if set(label.supports or ()) & set(label.opposes or ()):
                found.append(
                    f"{row.where}: {label.actor!r} supports and opposes the same side; expected one of the two"
                )
    return found
