from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from stancelib.pages import exact, load_assets, make_environment

PAGES = ("report", "article")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("<b>&'\"", "&lt;b&gt;&amp;&#39;&#34;"),
        ("a\r\nb", "a&#13;\nb"),
        ("a\0b\ud800c", "a\ufffdb\ufffdc"),
        ("e\u0301 \u202eب 🙂\t", "e\u0301 \u202eب 🙂\t"),
    ],
)
def test_a_text_is_escaped_so_that_a_browser_shows_all_of_it(text: str, escaped: str) -> None:
    assert str(exact(text)) == escaped
    assert make_environment().from_string("{{ text }}").render(text=text) == escaped


@pytest.mark.parametrize("value", [7, None, 0.5, Markup("<b>&#13;</b>")])
def test_what_is_no_text_or_was_escaped_stays(value: Any) -> None:
    assert exact(value) is value


def test_a_name_that_a_template_was_not_given_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="'gone' is undefined"):
        make_environment().from_string("{{ gone }}").render()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("rules", ["", ".a0 { --h: 1; }"])
def test_a_policy_allows_the_page_s_own_style_and_script_and_nothing_else(page: str, rules: str) -> None:
    assets = load_assets(page, rules=rules)
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in assets[:2]]
    assert assets.policy == (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert assets.style.endswith(rules)


@pytest.mark.parametrize("page", PAGES)
def test_styles_and_scripts_end_where_their_elements_do(page: str) -> None:
    assets = load_assets(page)
    assert "</" not in assets.style + assets.script
    assert "<!--" not in assets.style + assets.script
    assert "\r" not in assets.style + assets.script


@pytest.mark.parametrize("page", PAGES)
def test_every_colour_that_a_style_uses_is_defined(page: str) -> None:
    style = load_assets(page, rules=".a0 { --h2: 1; --h3: 1; }").style
    used, defined = set(re.findall(r"var\((--[a-z0-9]+)\)", style)), set(re.findall(r"(--[a-z0-9]+):", style))
    assert used - defined == set()
