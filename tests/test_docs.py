"""The pages say what the code does: examples run, commands and options are all there, generated parts are fresh."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from stancelib import persistence
from stancelib.codebook import load_codebook
from stancelib.linting import lint_conflict
from stancelib.persistence import DEFAULT_MODEL, shipped_models

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]

_FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?P<path>[\w./-]+\.\w+)(?:#[\w-]+)?\)")
_STALE = "stale; run `python docs/generate.py`"


def _load_generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    if spec is None or spec.loader is None:
        raise ImportError("docs/generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _load_generator()


def blocks(page: Path, language: str) -> list[str]:
    return [m["code"] for m in _FENCE.finditer(page.read_text(encoding="utf-8")) if m["language"] == language]


def command_lines(page: Path) -> list[list[str]]:
    """Return the stancelib command lines of a page's shell blocks, as words and without redirection."""
    lines = [line for code in blocks(page, "bash") for line in re.split(r"\n|&&", code)]
    split = [shlex.split(line, comments=True) for line in lines]
    return [words[: words.index(">")] if ">" in words else words for words in split if words[:1] == ["stancelib"]]


def page_id(page: Path) -> str:
    return page.name


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model_dir: Path, data_dir: Path) -> Path:
    """A folder with the files that the pages speak of; the tiny model is the default one."""
    shutil.copytree(DOCS, tmp_path / "docs", ignore=shutil.ignore_patterns("_build", "*.md", "*.py"))
    shutil.copy(data_dir / "tiny_labels.jsonl", tmp_path / "labels.jsonl")
    shutil.copy(data_dir / "three_sides.toml", tmp_path / "mine.toml")
    (tmp_path / "article.txt").write_text("Brell condemned the River Front.", encoding="utf-8")
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "a.txt").write_text("Talvia condemned the Red League.", encoding="utf-8")
    for code in blocks(DOCS / "quickstart.md", "toml"):
        (tmp_path / code.splitlines()[0].removeprefix("# ")).write_text(code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(persistence, "DEFAULT_MODEL", str(model_dir))
    return tmp_path


@pytest.mark.parametrize("name", ["README.md", "docs/index.md", "docs/quickstart.md"])
def test_python_examples_run(name: str, workplace: Path) -> None:
    code = "\n".join(blocks(ROOT / name, "python"))
    assert code
    exec(compile(code, name, "exec"), {})  # the page is a file of this repository


def test_quickstart_commands_run(workplace: Path, run_cli: Any) -> None:
    lines = command_lines(DOCS / "quickstart.md")
    assert lines
    for words in lines:
        result = run_cli(*words[1:])
        assert result.code == 0, (words, result.err)


def test_conflict_of_the_quickstart_is_flawless(workplace: Path) -> None:
    assert lint_conflict(workplace / "lowland.toml") == []


def test_codebook_of_the_codebook_page_is_read(tmp_path: Path) -> None:
    (code,) = blocks(DOCS / "codebook.md", "toml")
    path = tmp_path / "favour.toml"
    path.write_text(code, encoding="utf-8")
    assert load_codebook(path).type_ids == ("favour", "against")


@pytest.mark.parametrize("block", blocks(DOCS / "labels.md", "json"))
def test_labels_of_the_labels_page_are_flawless(block: str, workplace: Path, run_cli: Any) -> None:
    Path("row.jsonl").write_text(" ".join(block.split()) + "\n", encoding="utf-8")
    result = run_cli("check", "row.jsonl", "--conflict", "lowland.toml")
    assert result.code == 0, result.err
    assert "warning" not in result.out


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_and_options_of_a_page_exist(page: Path) -> None:
    commands = dict(GENERATOR.find_commands())
    for words in command_lines(page):
        name = " ".join(words[: 3 if " ".join(words[:3]) in commands else 2])
        known = {spelling for parameter in commands[name].params for spelling in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, words


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_generated_parts_are_fresh(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert GENERATOR.fill(text) == text, _STALE


def test_every_command_and_option_is_documented() -> None:
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    for name, command in GENERATOR.find_commands():
        assert f"### {name}\n" in text
        section = text.partition(f"### {name}\n")[2].partition("### ")[0]
        for parameter in command.params:
            assert parameter.help or parameter.param_type_name == "argument", (name, parameter.opts)
            if parameter.param_type_name == "option" and "--help" not in parameter.opts:
                assert f"`{parameter.opts[0]}" in section, (name, parameter.opts)


def test_every_type_is_documented() -> None:
    text = (DOCS / "codebook.md").read_text(encoding="utf-8")
    for stance_type in load_codebook().types:
        assert f"### {stance_type.id}\n\n{stance_type.definition}\n" in text


def test_every_public_name_is_documented() -> None:
    import stancelib  # noqa: PLC0415 - the package is looked at as a user sees it

    text = (DOCS / "api.md").read_text(encoding="utf-8")
    assert set(re.findall(r":: stancelib\.(\w+)$", text, re.MULTILINE)) == set(stancelib.__all__)


def test_every_metric_is_documented(tagger: Any, labels_path: Path) -> None:
    from stancelib.evaluation.run import EvaluationSettings, evaluate  # noqa: PLC0415 - need scikit-learn, as only this test does
    from stancelib.evaluation.stages import QUESTIONS  # noqa: PLC0415

    text = (DOCS / "evaluation.md").read_text(encoding="utf-8")
    for metric in evaluate(labels_path, tagger=tagger, settings=EvaluationSettings(resamples=0)).metrics:
        assert f"| `{metric}` |" in text
    for measure in ("precision", "recall", "f1"):
        assert f"| `end_to_end_Q_{measure}` |" in text
    assert all(f"`{question}`" in text for question in QUESTIONS)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_lead_somewhere(page: Path) -> None:
    for match in _LINK.finditer(page.read_text(encoding="utf-8")):
        if match["path"].startswith("models/") and DEFAULT_MODEL not in shipped_models():
            continue
        assert (page.parent / match["path"]).exists(), match["path"]
