"""The codebook: which stance types there are, as data with its types in Python."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from stancelib.tomlsource import Problem, TomlSource, read_source

QuadClass = Literal[0, 1, 2, 3, 4]
"""1 verbal cooperation, 2 material cooperation, 3 verbal conflict, 4 material conflict, 0 neither."""

SidePolarity = Literal["supports", "opposes", "neither"]


@dataclass(frozen=True)
class StanceType:
    """One way in which an actor takes a stance, with its crosswalks to the codes of event data."""

    id: str
    definition: str
    quad: QuadClass
    plover: str = ""
    plv: str = ""
    cameo: str = ""
    excludes: str = ""
    """What does not count, and what it is instead."""
    side: SidePolarity | None = None
    """What the stance says of the side at whose member it is directed; None: the codebook does not say."""


@dataclass(frozen=True)
class Codebook:
    """The stance types, in the order of the model's columns.

    ``exclusive``: each candidate has exactly one type (softmax); otherwise any number, none included.
    """

    id: str
    version: int
    exclusive: bool
    types: tuple[StanceType, ...]

    @property
    def label(self) -> str:
        """The name and version that tags carry: ``id@version``."""
        return f"{self.id}@{self.version}"

    @cached_property
    def type_ids(self) -> tuple[str, ...]:
        """The ids of the types, in column order."""
        return tuple(stance_type.id for stance_type in self.types)

    def __getitem__(self, type_id: str) -> StanceType:
        """Return the type of an id; KeyError if there is none."""
        for stance_type in self.types:
            if stance_type.id == type_id:
                return stance_type
        raise KeyError(type_id)


def load_codebook(path: Path | str | None = None) -> Codebook:
    """Read a codebook file; without a path, the shipped one.

    Raises:
        DataError: The file is missing, is not TOML, lacks or misspells a key, or defines a type twice.
    """
    if path is None:
        return _build(TomlSource(_shipped_text(), "shipped codebook"))
    return _build(read_source(Path(path), expected="a codebook in TOML"))


def parse_codebook(text: str, *, where: str) -> Codebook:
    """Read a codebook from its TOML text.

    Args:
        text: The TOML.
        where: What to call the text in messages.

    Raises:
        DataError: The text is not TOML, lacks or misspells a key, or defines a type twice; the message names the line.
    """
    return _build(TomlSource(text, where))


def _build(source: TomlSource) -> Codebook:
    checked, problems = source.check(source.parse(), _CodebookFile)
    if checked is None:
        raise source.error(problems[0])
    ids = [entry.id for entry in checked.type]
    for number, type_id in enumerate(ids):
        if type_id in ids[:number]:
            line = source.line(("type", number, "id"))
            raise source.error(Problem(line, f"type {type_id!r} is defined twice; expected each id once"))
    types = tuple(StanceType(**entry.model_dump()) for entry in checked.type)
    return Codebook(id=checked.id, version=checked.version, exclusive=checked.exclusive, types=types)


class _TypeEntry(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)
    id: str = Field(min_length=1)
    definition: str = ""
    quad: QuadClass = 0
    plover: str = ""
    plv: str = ""
    cameo: str = ""
    excludes: str = Field(default="", alias="not")
    side: SidePolarity | None = None


class _CodebookFile(BaseModel):
    model_config = ConfigDict(extra="ignore")
    id: str = Field(min_length=1)
    version: int = 1
    exclusive: bool = False
    type: list[_TypeEntry] = Field(min_length=1)


def _shipped_text() -> str:
    return resources.files("stancelib").joinpath("data/codebook.toml").read_text(encoding="utf-8")
