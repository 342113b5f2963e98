"""Stems of English words, so that "condemned" and "condemning" count as one."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import snowballstemmer


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return the stem of a lower-case word (Porter2); figures become one token."""
    if word[:1].isdigit():
        return "#"
    return str(_stemmer().stemWord(word.replace("-", "") or word))  # "cease-fire" is "ceasefire"


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    return snowballstemmer.stemmer("english")
