"""The exceptions that stancelib raises on purpose.

StancelibError
├── DataError          a file, a record or an argument holds something that cannot be read or is not defined
│   └── UnknownNameError   a conflict, model, side or type that nobody defines, with near names
├── ModelFormatError   a model folder is not what its config says it is
└── OutputError        an output cannot be written
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class StancelibError(Exception):
    """Base of every error that stancelib raises on purpose; its message is meant for the user."""


class DataError(StancelibError, ValueError):
    """Input that cannot be read; the message says what, where and what was expected."""


class UnknownNameError(DataError):
    """A name that nobody defines, with the near ones."""

    def __init__(self, what: str, name: str, known: Iterable[str], *, where: str = "") -> None:
        """Compose the message.

        Args:
            what: What kind of thing was named ("conflict", "side" ...).
            name: The name as given.
            known: The names that exist.
            where: ``file:line`` or id of the place, if there is one.
        """
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=3)
        hint = (
            f"did you mean {' or '.join(map(repr, near))}?"
            if near
            else f"expected one of {', '.join(names) or '(none)'}"
        )
        super().__init__(f"{where}: unknown {what} {name!r}; {hint}" if where else f"unknown {what} {name!r}; {hint}")
        self.name = name


class ModelFormatError(StancelibError):
    """A model folder that cannot be trusted or read."""


class OutputError(StancelibError):
    """An output that cannot be written; nothing is left half-written."""
