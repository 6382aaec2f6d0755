"""Commands run in this process."""

import io
import json
import sys
import types

import pytest

import lossdsl.cli.streams
from lossdsl.cli import exit_codes, lint
from lossdsl.cli.main import main
from lossdsl.cli.spec_argument import parse_params
from lossdsl.cli.usage import UsageError

GOOD = "lossdsl: 1\nname: t\ninputs: {x: 'real[a]'}\nloss: mean(x)\n"
BAD = "lossdsl: 1\nname: t\ninputs: {x: 'real[a]'}\nloss: mean(xx)\n"
FIXABLE = 'lossdsl: 1\nname: t\ninputs: {x: "real[a]"}\nparams: {off: 2}\nloss: off * mean(x)\n'
FIXED = FIXABLE.replace("{off", '{"off"')


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def to(name, text):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return to


@pytest.fixture
def stdin(monkeypatch):
    def put(text):
        monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(text.encode())))

    return put


def test_a_clean_file(write, capsys):
    assert main(["lint", write("a.yaml", GOOD)]) == 0
    assert capsys.readouterr() == ("no findings in 1 file\n", "")


def test_findings(write, capsys):
    assert main(["lint", write("a.yaml", BAD), write("b.yaml", FIXABLE), "--format", "concise"]) == 1
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].startswith("a.yaml:4:12: LD002 [unknown-name] ")
    assert lines[1].startswith("b.yaml:4:10: LD103 [yaml-bool-key] ")
    assert lines[2].startswith("1 error, 1 warning in 2 files")
    assert err == ""


def test_info_alone_is_clean(write, monkeypatch, capsys):
    from lossdsl.lint import runner
    from lossdsl.source.diagnostic import Diagnostic

    monkeypatch.setattr(
        runner, "lint_source", lambda source, _: [Diagnostic("LD505", "n", "info", "m", None)]
    )
    assert main(["lint", write("a.yaml", GOOD)]) == 0
    assert "1 info in 1 file" in capsys.readouterr().out


def test_json_of_a_clean_file_is_an_empty_list(write, capsys):
    assert main(["lint", write("a.yaml", GOOD), "--format=json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_unreadable_input_does_not_hide_the_rest(write, tmp_path, capsys):
    (tmp_path / "latin.yaml").write_bytes(b"lossdsl: 1\nname: \xe9\n")
    write("a.yaml", BAD)
    (tmp_path / "empty").mkdir()
    assert main(["lint", "missing.yaml", "empty", "."]) == 2
    out, err = capsys.readouterr()
    assert "a.yaml:4:12" in out and "in 1 file" in out
    assert "cannot read missing.yaml" in err and "no spec in the folder empty" in err
    assert "latin.yaml is not UTF-8" in err


def test_a_file_named_twice_is_linted_once(write, capsys):
    write("a.yaml", BAD)
    assert main(["lint", "a.yaml", "a.yaml"]) == 1
    assert "1 error in 1 file" in capsys.readouterr().out


def test_standard_input(stdin, capsys):
    stdin(BAD)
    assert main(["lint", "-", "--stdin-filename", "x/y.yaml", "--format", "concise"]) == 1
    assert capsys.readouterr().out.startswith("x/y.yaml:4:12: LD002")


def test_fix_writes_the_file(write, tmp_path, capsys):
    assert main(["lint", "--fix", write("a.yaml", FIXABLE)]) == 0
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == FIXED
    assert capsys.readouterr().out == "no findings in 1 file (1 fixed)\n"


def test_unsafe_fixes_are_applied_on_request(write, tmp_path):
    assert main(["lint", "--fix", write("a.yaml", BAD)]) == 1
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == BAD
    assert main(["lint", "--unsafe-fixes", "a.yaml"]) == 0
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == GOOD


def test_fix_of_standard_input_goes_to_standard_output(stdin, capsys):
    stdin(FIXABLE)
    assert main(["lint", "--fix", "-"]) == 0
    assert capsys.readouterr() == (FIXED, "no findings in 1 file (1 fixed)\n")


def test_diff_changes_nothing(write, tmp_path, capsys):
    assert main(["lint", "--diff", write("a.yaml", FIXABLE)]) == 1
    out, err = capsys.readouterr()
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == FIXABLE
    assert '-params: {off: 2}\n+params: {"off": 2}\n' in out
    assert err == "1 finding would be fixed\n"
    assert main(["lint", "--diff", write("b.yaml", GOOD)]) == 0
    assert capsys.readouterr().out == ""


def test_select_and_ignore(write, capsys):
    write("a.yaml", FIXABLE)
    assert main(["lint", "a.yaml", "--ignore", "LD9,yaml-bool-key"]) == 0
    assert main(["lint", "a.yaml", "--select", "LD9"]) == 0
    assert main(["lint", "a.yaml", "--select", "LD9", "--select", "LD10"]) == 1
    capsys.readouterr()
    assert main(["lint", "a.yaml", "--ignore", "yaml-bool-keys"]) == 2
    assert "did you mean yaml-bool-key?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [[], ["lint"], ["lnt"], ["lint", "a", "--format", "xml"], ["lint", "a", "--sel", "LD1"], ["rule"]],
)
def test_wrong_usage(arguments, capsys):
    assert main(arguments) == exit_codes.USAGE
    assert "usage: lossdsl" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["lint", "--help"], ["--version"]])
def test_help_and_version(arguments, capsys):
    assert main(arguments) == 0
    assert "lossdsl" in capsys.readouterr().out


def test_rule(capsys):
    assert main(["rule", "ld101"]) == 0
    assert capsys.readouterr().out.startswith("# LD101 expression-cut-by-comment\n")
    assert main(["rule", "LD002"]) == 2
    assert "LD002 is an error of the language" in capsys.readouterr().err
    assert main(["rule", "LD1O1"]) == 2
    assert "there is no rule 'LD1O1'; did you mean LD101" in capsys.readouterr().err


def test_demo_gets_its_own_arguments(monkeypatch):
    seen = []
    demo = types.ModuleType("lossdsl.integrations.demo")
    demo.main = lambda argv: seen.append(argv) or 0
    monkeypatch.setitem(sys.modules, "lossdsl.integrations.demo", demo)
    assert main(["demo", "--epochs", "2", "-h", "out"]) == 0
    assert seen == [["--epochs", "2", "-h", "out"]]


def test_an_internal_error_is_one_line(write, monkeypatch, capsys):
    def fail(options):
        raise KeyError("a\nb")

    monkeypatch.setattr(lint, "run", fail)
    monkeypatch.delenv("LOSSDSL_DEBUG", raising=False)
    assert main(["lint", "a.yaml"]) == 3
    err = capsys.readouterr().err
    assert err.startswith("lossdsl: internal error: KeyError: 'a\\nb'") and err.count("\n") == 1
    monkeypatch.setenv("LOSSDSL_DEBUG", "1")
    assert main(["lint", "a.yaml"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_ends_quietly(monkeypatch, capsys):
    def interrupt(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(lint, "run", interrupt)
    assert main(["lint", "a.yaml"]) == 130
    assert capsys.readouterr() == ("", "")


def test_compile_and_explain(write, stdin, capsys):
    text = 'lossdsl: 1\nname: t\ninputs: {x: "real[a]"}\nparams: {w: 2}\nloss: w * mean(x)\n'
    assert main(["explain", write("a.yaml", text), "--param", "w=3"]) == 0
    assert "mean(x)" in capsys.readouterr().out
    stdin(text)
    assert main(["compile", "-"]) == 0
    assert "def " in capsys.readouterr().out
    assert main(["compile", "a.yaml", "-o", "missing/out.py"]) == 2
    assert "cannot write missing/out.py" in capsys.readouterr().err


def test_a_spec_that_does_not_compile(write, stdin, capsys):
    assert main(["explain", write("a.yaml", BAD)]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("error[LD002]") and "a.yaml:4:12" in err
    stdin(BAD)
    assert main(["compile", "-"]) == 1
    assert "<stdin>:4:12" in capsys.readouterr().err
    assert main(["compile", write("b.yaml", GOOD), "--param", "v=1"]) == 1
    assert "v" in capsys.readouterr().err


def test_a_spec_that_is_not_there(capsys):
    assert main(["explain", "examples/digit"]) == 2
    assert "did you mean `examples/digits`?" in capsys.readouterr().err
    assert main(["compile", "missing.yaml"]) == 2


def test_list(capsys):
    assert main(["list"]) == 0
    assert "examples/digits" in capsys.readouterr().out.split()


@pytest.mark.parametrize(
    ("terminal", "environment", "expected"),
    [
        (True, {}, True),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {}, False),
    ],
)
def test_colours(monkeypatch, terminal, environment, expected):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = types.SimpleNamespace(isatty=lambda: terminal)
    assert lossdsl.cli.streams.wants_color(stream) is expected


def test_parameters_from_the_command_line():
    given = ["a=1", "b = -2.5e-3", "c=kl", "d=[1, 2.5]", "e=true", "f=.5", "g=x=y"]
    assert parse_params(given) == {
        "a": 1, "b": -2.5e-3, "c": "kl", "d": [1, 2.5], "e": True, "f": 0.5, "g": "x=y"
    }  # fmt: skip
    for wrong in ("a", "=1", "a=[1"):
        with pytest.raises(UsageError):
            parse_params([wrong])
