"""How far coders agree: Krippendorff's alpha and Cohen's kappa for the types, the side, the target and the status.

Source: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", nominal data. Chance agreement comes from all
values of all coders together, and a unit counts if two coders judged it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from stancelib.codebook import Codebook
from stancelib.conflict import Conflict
from stancelib.errors import DataError, UnknownNameError
from stancelib.metrics import SAME_SENTENCE, overlap
from stancelib.records import ConflictLookup, LabelRow, conflict_lookup, read_labels
from stancelib.tagfiles import write_json_lines
from stancelib.types import Label, LabelledArticle

UNJUDGED = -1
"""The code of a value that a coder did not give."""

Codes = npt.NDArray[np.int64]
"""Shape ``(n_units, n_coders)``: the number of a value, or ``UNJUDGED``."""

_RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A unit that coders judged differently.

    Attributes:
        id: The row; of an article, ``id#number of the sentence``.
        key: ``types``, ``supports``, ``opposes``, ``target`` or ``status``.
        values: What each coder said, in the order of the files; None: not judged.
    """

    id: str
    text: str
    actor: str
    key: str
    values: tuple[tuple[str, ...] | None, ...]


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """The agreement on one question.

    Attributes:
        alpha: Krippendorff's alpha, nominal; None where all said the same one thing, so that chance cannot be told.
        interval: Its 95 % bootstrap interval over documents; None where alpha is not defined.
        kappa: Cohen's kappa of the first two coders; None where it is not defined.
        agreement: The share of units on which the first two coders say the same.
        n_units: Units that two coders or more judged.
        n_positive: Units on which some coder said something else than "nothing there".
    """

    alpha: float | None
    interval: tuple[float, float] | None
    kappa: float | None
    agreement: float | None
    n_units: int
    n_positive: int


@dataclass(frozen=True, kw_only=True)
class AgreementReport:
    """What a comparison of codings found.

    Attributes:
        n_pairs: (sentence, actor) pairs that two coders or more judged.
        n_single: Pairs that one coder alone judged; they count nowhere.
        types: The agreement on each type; types that nobody used have no units that differ and no alpha.
        side: On supports, opposes or neither, for each actor and side of the conflict.
        target: On the set of targets.
        status: On done or planned, where both saw a stance.
        confusion: How often the first coder said a type where the second said another (``""``: none instead).
        disagreements: Every pair and question judged differently.
    """

    n_pairs: int
    n_single: int
    types: Mapping[str, Reliability]
    side: Reliability
    target: Reliability
    status: Reliability
    confusion: Mapping[tuple[str, str], int]
    disagreements: Sequence[Disagreement]

    @property
    def mean_alpha(self) -> float | None:
        """The mean alpha over the types that have one."""
        alphas = [found.alpha for found in self.types.values() if found.alpha is not None]
        return float(np.mean(alphas)) if alphas else None


@dataclass(frozen=True, slots=True)
class _Pair:
    """A (sentence, actor) pair with the label of each coder."""

    id: str
    document: str
    text: str
    actor: str
    labels: tuple[Label | None, ...]
    sides: tuple[str, ...]


def compare_codings(
    paths: Sequence[Path], *, codebook: Codebook, conflicts: Sequence[Conflict] = (), seed: int = 0
) -> AgreementReport:
    """Compare codings of the same sentences by two coders or more, a label file each.

    Rows are the same if their ids are, sentences of an article if they overlap (``SAME_SENTENCE``), labels if their
    actors are. What only one coder judged is counted and left out.

    Raises:
        DataError: Less than two files, a file is not of the label format, rows of one id have different texts, or
            the files have nothing in common.
    """
    if len(paths) < 2:
        raise DataError(f"{len(paths)} file is given; expected the label files of two coders or more")
    look_up = conflict_lookup(conflicts)
    pairs, n_single = _match_files(paths, codebook=codebook, conflicts=look_up)
    if not pairs:
        raise DataError(f"{paths[0]} and {paths[1]}: no pair that both judged; expected rows with the same ids")
    groups = np.unique([pair.document for pair in pairs], return_inverse=True)[1]
    rng = np.random.default_rng(seed)
    return AgreementReport(
        n_pairs=len(pairs),
        n_single=n_single,
        types={type_id: _reliability(_type_codes(pairs, type_id), groups, rng=rng) for type_id in codebook.type_ids},
        side=_reliability(*_side_codes(pairs, groups), rng=rng),
        target=_reliability(
            _set_codes([[_targets(label) for label in pair.labels] for pair in pairs]), groups, rng=rng
        ),
        status=_reliability(_set_codes([[_status(label) for label in pair.labels] for pair in pairs]), groups, rng=rng),
        confusion=_confusion(pairs),
        disagreements=[found for pair in pairs for found in _disagreements(pair)],
    )


def failed_gates(report: AgreementReport, gates: Mapping[str, float]) -> list[str]:
    """Return a line for each alpha that lies below its minimum.

    Args:
        report: What was found.
        gates: The least alpha of ``types`` (the mean over the types), ``side``, ``target``, ``status`` or a type.

    Raises:
        UnknownNameError: There is no question of that name.
        DataError: The codings do not define its alpha.
    """
    questions = {"side": report.side, "target": report.target, "status": report.status, **report.types}
    alphas = {"types": report.mean_alpha, **{name: found.alpha for name, found in questions.items()}}
    lines = []
    for name, minimum in gates.items():
        if name not in alphas:
            raise UnknownNameError("question", name, alphas)
        alpha = alphas[name]
        if alpha is None:
            raise DataError(f"alpha of {name!r} is not defined on these codings; expected values that differ")
        if alpha < minimum:
            lines.append(f"alpha of {name} is {alpha:.4f}, {minimum - alpha:.4f} below the gate of {minimum}")
    return lines


def write_disagreements(report: AgreementReport, path: Path) -> None:
    """Write one JSON line for each disagreement; the file appears whole or not at all."""
    write_json_lines(map(asdict, report.disagreements), path)


def krippendorff_alpha(codes: Codes, weights: npt.NDArray[np.int64] | None = None) -> float | None:
    """Return Krippendorff's alpha of nominal values; None where all values are the same.

    Args:
        codes: Shape ``(n_units, n_coders)``: the number of a value, or ``UNJUDGED``.
        weights: How often each unit counts, shape ``(n_units,)``; None: once.
    """
    disagreement, counts = _alpha_parts(codes)
    return _alpha(disagreement, counts, np.ones(len(codes), dtype=np.int64) if weights is None else weights)


def cohen_kappa(first: Codes, second: Codes) -> float | None:
    """Return Cohen's kappa of two coders' values, each of shape ``(n_units,)``; None where chance agrees fully."""
    from sklearn.metrics import cohen_kappa_score  # noqa: PLC0415 - slow to import

    if not len(first) or len({*first.tolist(), *second.tolist()}) < 2:
        return None
    return float(cohen_kappa_score(first, second))


def _reliability(codes: Codes, groups: npt.NDArray[np.int64], *, rng: np.random.Generator) -> Reliability:
    paired = (codes != UNJUDGED).sum(axis=1) >= 2
    codes, groups = codes[paired], groups[paired]
    both = codes[(codes[:, :2] != UNJUDGED).all(axis=1), :2] if len(codes) else codes[:, :2]
    return Reliability(
        alpha=krippendorff_alpha(codes),
        interval=_interval(codes, groups, rng),
        kappa=cohen_kappa(both[:, 0], both[:, 1]),
        agreement=float((both[:, 0] == both[:, 1]).mean()) if len(both) else None,
        n_units=len(codes),
        n_positive=int((codes > 0).any(axis=1).sum()),
    )


def _alpha_parts(codes: Codes) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return each unit's observed disagreement and its counts of values; units with one value count as empty."""
    n_values = int(codes.max(initial=0)) + 1
    counts = (codes[:, :, None] == np.arange(n_values)).sum(axis=1).astype(np.float64)
    counts[counts.sum(axis=1) < 2] = 0
    size = counts.sum(axis=1)
    return (size**2 - (counts**2).sum(axis=1)) / np.maximum(size - 1, 1), counts


def _alpha(
    disagreement: npt.NDArray[np.float64], counts: npt.NDArray[np.float64], weights: npt.NDArray[np.int64]
) -> float | None:
    totals = weights @ counts
    n = totals.sum()
    expected = n**2 - (totals**2).sum()
    return float(1 - (n - 1) * (weights @ disagreement) / expected) if expected else None


def _interval(codes: Codes, groups: npt.NDArray[np.int64], rng: np.random.Generator) -> tuple[float, float] | None:
    """Return the 95 % percentile interval over resampled documents."""
    if krippendorff_alpha(codes) is None:
        return None
    parts = _alpha_parts(codes)
    names, place = np.unique(groups, return_inverse=True)
    draws = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=_RESAMPLES)
    alphas = [alpha for draw in draws if (alpha := _alpha(*parts, draw[place])) is not None]
    low, high = np.quantile(alphas, [0.025, 0.975])
    return float(low), float(high)


def _type_codes(pairs: Sequence[_Pair], type_id: str) -> Codes:
    return np.array(
        [
            [UNJUDGED if label is None or label.types is None else int(type_id in label.types) for label in pair.labels]
            for pair in pairs
        ],
        dtype=np.int64,
    )


def _side_codes(pairs: Sequence[_Pair], groups: npt.NDArray[np.int64]) -> tuple[Codes, npt.NDArray[np.int64]]:
    """Return one unit for each pair and side of its conflict, and the document of each."""
    units = [(row, side) for row, pair in enumerate(pairs) for side in pair.sides]
    codes = np.array([[_side(label, side) for label in pairs[row].labels] for row, side in units], dtype=np.int64)
    return codes.reshape(len(units), len(pairs[0].labels)), groups[[row for row, _ in units]]


def _side(label: Label | None, side: str) -> int:
    if label is None or label.supports is None or label.opposes is None:
        return UNJUDGED
    return 1 if side in label.supports else 2 if side in label.opposes else 0


def _targets(label: Label | None) -> Hashable:
    return None if label is None or label.target is None else frozenset(label.target)


def _status(label: Label | None) -> Hashable:
    return label.status if label is not None and label.types else None


def _set_codes(values: Sequence[Sequence[Hashable]]) -> Codes:
    """Number the values; nothing there is 0, and None is UNJUDGED."""
    numbers: dict[Hashable, int] = {frozenset(): 0}
    return np.array(
        [[UNJUDGED if v is None else numbers.setdefault(v, len(numbers)) for v in row] for row in values],
        dtype=np.int64,
    )


def _confusion(pairs: Sequence[_Pair]) -> dict[tuple[str, str], int]:
    """Count the types that the first two coders do not share, each against what the other said instead."""
    counts: Counter[tuple[str, str]] = Counter()
    for pair in pairs:
        first, second = pair.labels[:2]
        if first is None or second is None or first.types is None or second.types is None:
            continue
        only_first = [t for t in first.types if t not in second.types] or [""]
        only_second = [t for t in second.types if t not in first.types] or [""]
        counts.update((a, b) for a in only_first for b in only_second if a or b)
    return dict(counts.most_common())


def _disagreements(pair: _Pair) -> Iterator[Disagreement]:
    for key in ("types", "supports", "opposes", "target"):
        values = tuple(None if label is None else getattr(label, key) for label in pair.labels)
        if len({frozenset(value) for value in values if value is not None}) > 1:
            yield Disagreement(pair.id, pair.text, pair.actor, key, values)
    statuses = [_status(label) for label in pair.labels]
    if len({status for status in statuses if status is not None}) > 1:
        yield Disagreement(
            pair.id, pair.text, pair.actor, "status", tuple(None if s is None else (str(s),) for s in statuses)
        )


@dataclass(frozen=True, slots=True)
class _CodedSentence:
    id: str
    document: str
    text: str
    start: int
    end: int
    labels: Mapping[str, Label]
    conflict: str | None
    row_text: str


def _match_files(paths: Sequence[Path], *, codebook: Codebook, conflicts: ConflictLookup) -> tuple[list[_Pair], int]:
    """Return the pairs that two files or more judged, and the number of those that one alone did."""
    files = [_read_file(path, codebook=codebook, conflicts=conflicts) for path in paths]
    pairs, n_single = [], 0
    for document in dict.fromkeys(name for file in files for name in file):
        having = [(path, file[document][0]) for path, file in zip(paths, files, strict=True) if file.get(document)]
        for path, sentence in having[1:]:
            _refuse_other_row(having[0][1], sentence, having[0][0], path)
        for group in _same_sentences([file.get(document, []) for file in files]):
            first = next(sentence for sentence in group if sentence is not None)
            sides = conflicts(first.conflict).side_ids if first.conflict else ()
            for actor in dict.fromkeys(actor for sentence in group if sentence for actor in sentence.labels):
                labels = tuple(sentence.labels.get(actor) if sentence else None for sentence in group)
                if sum(label is not None for label in labels) < 2:
                    n_single += 1
                    continue
                pairs.append(_Pair(first.id, first.document, first.text, actor, labels, tuple(sides)))
    return pairs, n_single


def _read_file(path: Path, *, codebook: Codebook, conflicts: ConflictLookup) -> dict[str, list[_CodedSentence]]:
    documents: dict[str, list[_CodedSentence]] = {}
    for row in read_labels(path, codebook=codebook, conflicts=conflicts):
        if row.id in documents:
            raise DataError(
                f"{row.where}: id {row.id!r} stands twice; expected each id once, to match the coders by it"
            )
        documents[row.id] = list(_coded_sentences(row))
    return documents


def _coded_sentences(row: LabelRow) -> Iterator[_CodedSentence]:
    if isinstance(row, LabelledArticle):
        for number, entry in enumerate(row.sentences):
            labels = {label.actor: label for label in entry.labels}
            text = row.text[entry.start : entry.end]
            yield _CodedSentence(
                f"{row.id}#{number}", row.id, text, entry.start, entry.end, labels, row.conflict, row.text
            )
    else:
        labels = {label.actor: label for label in row.labels}
        yield _CodedSentence(row.id, row.id, row.text, 0, len(row.text), labels, row.conflict, row.text)


def _same_sentences(files: Sequence[Sequence[_CodedSentence]]) -> Iterator[tuple[_CodedSentence | None, ...]]:
    """Yield groups of the same sentence, an entry for each file."""
    left = [list(sentences) for sentences in files]
    for number, sentences in enumerate(left):
        for sentence in sentences:
            group: list[_CodedSentence | None] = [None] * len(left)
            group[number] = sentence
            for other in range(number + 1, len(left)):
                match = next((s for s in left[other] if _overlaps(sentence, s)), None)
                if match is not None:
                    left[other].remove(match)
                    group[other] = match
            yield tuple(group)


def _overlaps(one: _CodedSentence, other: _CodedSentence) -> bool:
    return one.id == one.document or overlap((one.start, one.end), (other.start, other.end)) >= SAME_SENTENCE


def _refuse_other_row(one: _CodedSentence, other: _CodedSentence, path: Path, other_path: Path) -> None:
    same_form = (one.id == one.document) == (other.id == other.document)
    if not same_form or " ".join(one.row_text.split()) != " ".join(other.row_text.split()):
        raise DataError(
            f"row {one.document!r} is {one.row_text[:60]!r} in {path}, but {other.row_text[:60]!r} in {other_path}; "
            "expected the same text under the same id"
        )
    if one.conflict != other.conflict:
        raise DataError(
            f"row {one.document!r} has conflict {one.conflict!r} in {path}, but {other.conflict!r} in {other_path}; "
            "expected the same, as sides are compared"
        )
