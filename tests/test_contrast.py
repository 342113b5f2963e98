"""Whether people can see what the pages show: contrast as WCAG 2.2 defines it, from the numbers of the styles.

Relative luminance is 0.2126 R + 0.7152 G + 0.0722 B of the linear channels, a channel c being c / 12.92 up to 0.04045
and ((c + 0.055) / 1.055) ** 2.4 above; contrast is (lighter + 0.05) / (darker + 0.05). Text needs 4.5, marks need 3.
"""

from __future__ import annotations

import colorsys
import re

import pytest

from stancelib.pages import N_SIDE_LOOKS, load_assets

Colour = tuple[float, float, float]

PAGES = ("report", "article")
THEMES = ("light", "dark")
EVERY_HUE = [step / 2 for step in range(720)]


class Theme:
    """The colours of a page, as its style defines them for a theme."""

    def __init__(self, page: str, theme: str) -> None:
        self.style = load_assets(page).style
        roots = re.findall(r"^(.*?):root \{([^}]*)\}", self.style, re.MULTILINE)
        values = {}
        for query, body in roots:
            if not query or (theme == "dark" and "dark" in query):
                values |= dict(re.findall(r"--([a-z0-9]+): ([^;]+);", body))
        self.values = values

    def named(self, name: str) -> Colour:
        return _hex(self.values[name])

    def mark(self, hue: float) -> Colour:
        """An underline, a dot or an edge: ``hsl(var(--h) var(--sat) var(--mid))``."""
        assert "hsl(var(--h) var(--sat) var(--mid))" in self.style
        return _hsl(hue, self.values["sat"], self.values["mid"])

    def tint(self, hue: float) -> Colour:
        """What lies behind words that are about a side."""
        [saturation] = set(re.findall(r"hsl\(var\(--(?:h|s1|s2)\) (\d+%) var\(--tint\)\)", self.style))
        return _hsl(hue, saturation, self.values["tint"])

    def mixed(self, name: str, share: float, below: str = "bg") -> Colour:
        """A colour over another: ``color-mix(in srgb, var(--name) share, transparent)``."""
        top, bottom = self.named(name), self.named(below)
        red, green, blue = (share * a + (1 - share) * b for a, b in zip(top, bottom, strict=True))
        return red, green, blue

    @property
    def grounds(self) -> list[Colour]:
        """All that words stand on."""
        assert "color-mix(in srgb, var(--line) 40%, transparent)" in load_assets("article").style
        sides = [float(self.values[f"side{n}"]) for n in range(N_SIDE_LOOKS)]
        return [self.named("bg"), self.named("panel"), self.mixed("line", 0.4), *map(self.tint, sides)]


@pytest.fixture(params=[(page, theme) for page in PAGES for theme in THEMES], ids="-".join)
def theme(request: pytest.FixtureRequest) -> Theme:
    return Theme(*request.param)


@pytest.mark.parametrize(
    ("one", "other", "contrast"),
    [("#000", "#fff", 21.0), ("#fff", "#fff", 1.0), ("#767676", "#ffffff", 4.54), ("#0000ff", "#ffffff", 8.59)],
)
def test_contrast_is_that_of_the_guidelines(one: str, other: str, contrast: float) -> None:
    """Black on white is 21 by definition; #767676 is the lightest grey that passes on white, with 4.54."""
    assert _contrast(_hex(one), _hex(other)) == pytest.approx(contrast, abs=0.005)


@pytest.mark.parametrize("page", PAGES)
def test_a_dark_theme_is_dark_and_a_light_one_light(page: str) -> None:
    dark, light = (_luminance(Theme(page, name).named("bg")) for name in ("dark", "light"))
    assert (dark < 0.05, light > 0.9) == (True, True)


@pytest.mark.parametrize("text", ["fg", "soft"])
def test_text_is_read_on_all_that_it_stands_on(text: str, theme: Theme) -> None:
    assert min(_contrast(theme.named(text), ground) for ground in theme.grounds) >= 4.5


@pytest.mark.parametrize("text", ["accent", "good", "bad"])
def test_links_and_verdicts_are_read(text: str, theme: Theme) -> None:
    grounds = [theme.named("bg"), theme.named("panel"), theme.mixed("line", 0.4)]
    assert min(_contrast(theme.named(text), ground) for ground in grounds) >= 4.5


def test_marks_of_every_hue_are_seen_on_all_that_they_stand_on(theme: Theme) -> None:
    worst = min((_contrast(theme.mark(hue), ground), hue) for hue in EVERY_HUE for ground in theme.grounds)
    assert worst[0] >= 3.0, worst


def test_the_focus_is_seen_on_all_that_it_stands_on(theme: Theme) -> None:
    assert min(_contrast(theme.named("focus"), ground) for ground in theme.grounds) >= 3.0


def test_figures_are_read_on_the_darkest_cell() -> None:
    for name in THEMES:
        theme = Theme("report", name)
        shares = [int(share) / 100 for share in re.findall(r"var\(--cell\) (\d+)%", theme.style)]
        assert max(shares) > 0.3
        for cell in ("accent", "bad"):
            assert _contrast(theme.named("fg"), theme.mixed(cell, max(shares))) >= 4.5


def _hex(text: str) -> Colour:
    digits = text.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    red, green, blue = (int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4))
    return red, green, blue


def _hsl(hue: float, saturation: str, lightness: str) -> Colour:
    percent = [float(value.removesuffix("%")) / 100 for value in (lightness, saturation)]
    return colorsys.hls_to_rgb(hue / 360, *percent)


def _luminance(colour: Colour) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(one: Colour, other: Colour) -> float:
    darker, lighter = sorted(map(_luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)
