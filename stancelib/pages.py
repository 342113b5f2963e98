"""What the HTML pages share: one file that needs nothing else, in which no text becomes an element.

A page allows its own style and its own script by their hashes, and nothing besides: no attribute holds a style or a
handler, so that a text that slipped through the escaping could still not run.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup, escape

if TYPE_CHECKING:  # a tenth of a second that only the pages need
    from jinja2 import Environment

N_SIDE_LOOKS = 6
"""As many sides of one conflict have a colour of their own: ``side0`` ... in the style that the pages share."""

_FOLDER = Path(__file__).parent / "data"
_INEXACT = re.compile(r"[\r\0\ud800-\udfff]")


class Assets(NamedTuple):
    """The style and the script of a page, and the policy that allows these two."""

    style: str
    script: str
    policy: str


def make_environment() -> Environment:
    """Return a new environment whose templates escape whatever they are given."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - only a page needs it

    return Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=exact,
        loader=FileSystemLoader(_FOLDER),
    )


def exact(value: Any) -> Any:
    """Escape a text so that a browser shows every character of it; what is no text, or was escaped, stays."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    # "\r" by itself would be read as "\n"; NUL and lone surrogates cannot stand in a page at all.
    return Markup(_INEXACT.sub(_reference, str(escape(value)))) if _INEXACT.search(value) else escape(value)


@cache
def load_assets(page: str, *, rules: str = "") -> Assets:
    """Return the shipped style and script of a page.

    Args:
        page: The page's name, with which its files begin.
        rules: More of the style, after that of the page.
    """
    style = _read("page_style") + _read(f"{page}_style") + rules
    script = _read(f"{page}_script")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return Assets(Markup(style), Markup(script), Markup(policy))


def _reference(match: re.Match[str]) -> str:
    return "&#13;" if match[0] == "\r" else "\ufffd"


def _read(name: str) -> str:
    return (_FOLDER / f"{name}.html.jinja").read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
