"""The program as a process: exit codes, imports, pipes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BAD = "lossdsl: 1\nname: t\ninputs: {x: 'real[a]'}\nloss: mean(xx)\n"


def run(*arguments, stdout=subprocess.PIPE, **options):
    return python("-m", "lossdsl", *arguments, stdout=stdout, **options)


def python(*arguments, **options):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, stderr=subprocess.PIPE, encoding="utf-8", env=environment, timeout=60, **options
    )


@pytest.fixture
def bad(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(BAD, encoding="utf-8")
    return str(path)


def test_findings_as_json(bad):
    done = run("lint", "--format", "json", bad)
    (found,) = json.loads(done.stdout)
    assert done.returncode == 1 and (found["code"], found["line"], found["column"]) == ("LD002", 4, 12)


def test_usage_and_unreadable_input(tmp_path):
    assert run("lint").returncode == 2
    done = run("lint", str(tmp_path / "missing.yaml"))
    assert done.returncode == 2 and done.stdout == "" and "cannot read" in done.stderr


def test_standard_input_is_utf8_whatever_the_locale():
    done = run("lint", "-", input=BAD.replace("name: t", "name: t\ndoc: é漢"))
    assert done.returncode == 1 and "<stdin>:5:12" in done.stdout


def test_linting_imports_nothing_heavy(bad):
    code = (
        "import sys; from lossdsl.cli.main import main; main(['lint', sys.argv[1]]); "
        "print([name for name in ('torch', 'numpy', 'sympy') if name in sys.modules])"
    )
    done = python("-c", code, bad, stdout=subprocess.PIPE)
    assert done.stdout.endswith("\n[]\n"), done.stderr


@pytest.mark.skipif(os.name == "nt", reason="pipes differ")
def test_a_closed_pipe_is_no_traceback():
    reader, writer = os.pipe()
    os.close(reader)
    done = run("lint", "-", input=BAD, stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_compile_writes_a_module_of_its_own(tmp_path):
    good, out = tmp_path / "good.yaml", tmp_path / "out.py"
    good.write_text(BAD.replace("xx", "x"), encoding="utf-8")
    done = run("compile", str(good), "-o", str(out))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    text = out.read_text(encoding="utf-8")
    assert "import torch" in text and "import lossdsl" not in text and "from lossdsl" not in text
