"""What the README shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCES = [(match[1], match[2]) for match in FENCE.finditer(README)]


def shown(language: str) -> tuple[str, str]:
    """The only block in a language, and the block after it, which shows the output."""
    at = [index for index, (name, _) in enumerate(FENCES) if name == language]
    assert len(at) == 1
    return FENCES[at[0]][1], FENCES[at[0] + 1][1]


def test_the_program_prints_what_stands_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    program, output = shown("python")
    exec(compile(program.replace('view2)")', 'view2)", compile=False)'), "README.md", "exec"), {})
    assert output == capsys.readouterr().out


def test_lint_prints_what_stands_below_the_spec(tmp_path: Path) -> None:
    spec, output = shown("yaml")
    (tmp_path / "my_loss.yaml").write_text(spec, encoding="utf-8")
    command = [sys.executable, "-m", "lossdsl", "lint", "my_loss.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert output == f"$ lossdsl lint my_loss.yaml\n{done.stdout}"
    assert done.returncode == 1


def test_it_names_the_targets_that_set_up() -> None:
    targets = re.findall(r"^(\w+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"demo", "test"} <= set(targets)
    assert set(re.findall(r"make (\w+)  ", README)) <= set(targets)
