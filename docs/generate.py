"""Write those parts of the pages that the code knows better: the codebook, the commands, the conflicts, the example.

    python docs/generate.py

Each part stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``; the tests hold the pages to it. The
example's output needs the shipped model, and is left as it is where that is absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import chdir, redirect_stdout
from enum import Enum
from io import StringIO
from pathlib import Path
from typing import Any

import typer

from stancelib.cli import app
from stancelib.codebook import StanceType, load_codebook
from stancelib.conflict import load_conflict, shipped_conflicts
from stancelib.persistence import DEFAULT_MODEL, shipped_models

DOCS = Path(__file__).parent
PART = re.compile(r"(?<=<!-- generated: )(?P<name>[a-z-]+) -->\n.*?<!-- end -->", re.DOTALL)
EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

_QUADS = ("neither", "verbal cooperation", "material cooperation", "verbal conflict", "material conflict")


def main() -> None:
    """Rewrite the generated parts of every page."""
    for page in sorted(DOCS.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        page.write_text(fill(text), encoding="utf-8")


def fill(text: str) -> str:
    """Return a page with its generated parts as the code now says them."""

    def part(match: re.Match[str]) -> str:
        if match["name"] == "example" and DEFAULT_MODEL not in shipped_models():
            return match[0]
        return f"{match['name']} -->\n\n{PARTS[match['name']]()}\n\n<!-- end -->"

    return PART.sub(part, text)


def render_codebook() -> str:
    """Return the shipped codebook, a section for each type."""
    book = load_codebook()
    head = f"`{book.label}`, {len(book.types)} types. An actor may take several in one sentence, or none."
    return "\n\n".join([head, *(_render_type(stance_type) for stance_type in book.types)])


def render_commands() -> str:
    """Return every command with its arguments and options."""
    return "\n\n".join(_render_command(name, command) for name, command in find_commands())


def render_conflicts() -> str:
    """Return the table of the shipped conflicts."""
    rows = ["| id | conflict | from | to | sides |", "|---|---|---|---|---|"]
    for conflict_id in shipped_conflicts():
        conflict = load_conflict(conflict_id)
        sides = ", ".join(f"`{side}`" for side in conflict.side_ids)
        rows.append(f"| `{conflict_id}` | {conflict.name} | {conflict.start or ''} | {conflict.end or ''} | {sides} |")
    return "\n".join(rows)


def render_example() -> str:
    """Return what the example of the start page prints with the shipped model."""
    code = EXAMPLE.search((DOCS / "index.md").read_text(encoding="utf-8"))
    if code is None:
        raise ValueError("docs/index.md has no example; expected a block of Python")
    output = StringIO()
    with chdir(DOCS.parent), redirect_stdout(output):
        exec(compile(code[1], "docs/index.md", "exec"), {})  # a page of this repository
    return f"```text\n{output.getvalue()}```"


def find_commands() -> Iterator[tuple[str, Any]]:
    """Yield the full name of every command, and the command."""

    def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        yield name, command
        for part, inner in getattr(command, "commands", {}).items():
            yield from walk(f"{name} {part}", inner)

    yield from walk("stancelib", typer.main.get_command(app))


def _render_type(stance_type: StanceType) -> str:
    lines = [f"### {stance_type.id}", "", stance_type.definition, ""]
    if stance_type.excludes:
        lines += [f"Not: {stance_type.excludes}", ""]
    codes = [("PLOVER", stance_type.plover), ("PLV", stance_type.plv), ("CAMEO", stance_type.cameo)]
    lines.append(f"- quad: {stance_type.quad} ({_QUADS[stance_type.quad]})")
    lines.append("- " + ", ".join(f"{name}: {f'`{code}`' if code else 'none'}" for name, code in codes))
    lines.append(f"- side of its target: {stance_type.side or 'not said'}")
    return "\n".join(lines)


def _render_command(name: str, command: Any) -> str:
    parts = [f"### {name}", " ".join(command.help.split())]
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and "--help" not in p.opts]
    if arguments:
        rows = [f"| `{p.metavar}` | {p.help or ''} |" for p in arguments]
        parts.append("\n".join(["| argument | is |", "|---|---|", *rows]))
    if options:
        rows = [f"| `{_spelling(p)}` | {p.help} | {_default(p)} |" for p in options]
        parts.append("\n".join(["| option | does | default |", "|---|---|---|", *rows]))
    return "\n\n".join(parts)


def _spelling(option: Any) -> str:
    metavar = str(option.metavar or "").replace("|", "\\|")
    return f"{option.opts[0]} {metavar}".strip()


def _default(option: Any) -> str:
    if option.required:
        return "required"
    value = option.default.value if isinstance(option.default, Enum) else option.default
    return "" if value is None or value is False else f"`{value}`"


PARTS: dict[str, Callable[[], str]] = {
    "codebook": render_codebook,
    "commands": render_commands,
    "conflicts": render_conflicts,
    "example": render_example,
}


if __name__ == "__main__":
    main()
