"""Definitions from other files: paths, private helpers, shadowing, circles, files that change."""

import os

import pytest
import torch

import lossdsl

X = torch.tensor([[0.5, -1.0], [2.0, 3.0]], dtype=torch.float64)
LIBRARY = "lossdsl: 1\nname: lib\ndefine:\n  helper(a): a * 2\n  public(a): helper(a) + 1\n"


def user(imports, loss, define=""):
    head = f"lossdsl: 1\nname: user\nimport: [{imports}]\ninputs: {{x: 'real[batch, feature]'}}\n"
    return head + (f"define:\n{define}" if define else "") + f"loss: {loss}\n"


@pytest.fixture
def files(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    write("lib/lib.yaml", LIBRARY)
    return write


def value(path):
    return lossdsl.load(path, compile=False)(x=X).loss.item()


def refused(path, code, message):
    with pytest.raises(lossdsl.LossDSLError, match=message) as caught:
        lossdsl.load(path, compile=False)
    assert caught.value.code == code and caught.value.help
    return caught.value


def test_paths_are_relative_to_the_importing_file(files, tmp_path, monkeypatch):
    path = files("a.yaml", user("./lib/lib.yaml", "mean(public(x))"))
    monkeypatch.chdir(os.path.sep)
    assert value(path) == (X * 2 + 1).mean()
    assert value(files("deep/er/b.yaml", user("../../lib/lib.yaml", "mean(public(x))"))) == (X * 2 + 1).mean()
    assert value(files("c.txt", user("./lib/lib.yaml", "mean(public(x))"))) == (X * 2 + 1).mean()
    assert value(files("d.yaml", user(tmp_path / "lib/lib.yaml", "mean(public(x))"))) == (X * 2 + 1).mean()
    mapping = {
        "lossdsl": 1,
        "name": "m",
        "import": ["./lib/lib.yaml"],
        "inputs": {"x": "real[a, b]"},
        "loss": "mean(public(x))",
    }
    monkeypatch.chdir(tmp_path)
    assert value(mapping) == (X * 2 + 1).mean()


def test_packaged_specs_find_their_imports_from_anywhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert list(lossdsl.load("papers/icon", compile=False).inputs)


def test_the_linter_finds_imports_too(files, monkeypatch):
    path = files("a.yaml", user("./lib/lib.yaml", "mean(public(x))"))
    monkeypatch.chdir(os.path.sep)
    assert not [d for d in lossdsl.lint(path) if d.severity == "error"]


def test_an_imported_file_imports_for_itself(files):
    files("lib/second.yaml", "lossdsl: 1\nname: second\nimport: [./lib.yaml]\ndefine:\n  twice(a): public(a) * 10\n")
    assert value(files("a.yaml", user("./lib/second.yaml", "mean(twice(x))"))) == 10 * (X * 2 + 1).mean()
    # What it imports is its own affair.
    refused(files("b.yaml", user("./lib/second.yaml", "mean(public(x))")), "LD002", "no function `public`")


def test_helpers_are_those_of_their_own_file(files):
    own = user("./lib/lib.yaml", "mean(public(x))", "  helper(a): a * 100\n")
    assert value(files("a.yaml", own)) == (X * 2 + 1).mean()
    shadowed = user("./lib/lib.yaml", "mean(public(x))", "  public(a): a * 100\n")
    torch.testing.assert_close(value(files("b.yaml", shadowed)), (X * 100).mean().item())
    standard = user("./lib/lib.yaml", "mean(mse(x, x))", "  mse(a, b): a * 100\n")
    torch.testing.assert_close(value(files("c.yaml", standard)), (X * 100).mean().item())


def test_an_imported_definition_beats_the_standard_one_of_its_name(files):
    files("lib/own.yaml", "lossdsl: 1\nname: own\ndefine:\n  mse(a, b): a - b + 7\n  use(a): mse(a, a)\n")
    assert value(files("a.yaml", user("./lib/own.yaml", "mean(mse(x, x)) + mean(use(x))"))) == 14
    assert value(files("b.yaml", user("./lib/lib.yaml", "mean(mse(x, x))"))) == 0


def test_files_may_import_each_other(files):
    files(
        "one.yaml",
        "lossdsl: 1\nname: one\nimport: [./two.yaml]\ndefine:\n  plus(a): a + 1\n  first(a): second(a) * 2\n",
    )
    files("two.yaml", "lossdsl: 1\nname: two\nimport: [./one.yaml]\ndefine:\n  second(a): plus(a) * 3\n")
    assert value(files("a.yaml", user("./one.yaml", "mean(first(x))"))) == ((X + 1) * 6).mean()
    path = files("self.yaml", user("./self.yaml", "mean(f(x))", "  f(a): a + 1\n"))
    assert value(path) == (X + 1).mean()


def test_definitions_of_two_files_may_not_recurse(files):
    files("one.yaml", "lossdsl: 1\nname: one\nimport: [./two.yaml]\ndefine:\n  first(a): second(a) * 2\n")
    files("two.yaml", "lossdsl: 1\nname: two\nimport: [./one.yaml]\ndefine:\n  second(a): first(a) * 3\n")
    refused(files("a.yaml", user("./one.yaml", "mean(first(x))")), "LD007", "may not recurse")


@pytest.mark.parametrize(
    "name", ["./none.yaml", "./lib", "std/nope", "nope", "std/../../grammar/lossdsl", "/none.yaml"]
)
def test_a_missing_file_is_shown_where_it_is_named(name, files):
    problem = refused(files("a.yaml", user(name, "mean(x)")), "LD024", "no spec")
    assert (problem.span.line, problem.span.column) == (3, 10)


def test_a_mistake_in_an_imported_file_is_shown_there(files):
    files("bad.yaml", "lossdsl: 1\nname: bad\ndefine:\n  q(a): a + bogus\n")
    with pytest.raises(lossdsl.LossDSLError, match="bogus") as caught:
        lossdsl.load(files("a.yaml", user("./bad.yaml", "mean(q(x))")))
    places = [d.file for d in caught.value.diagnostics] + [
        s.source.name for d in caught.value.diagnostics for s, _ in d.labels
    ]
    assert any(p.endswith("bad.yaml") for p in places) and any(p.endswith("a.yaml") for p in places)


def test_an_edited_file_is_read_again(files):
    path = files("a.yaml", user("./lib/lib.yaml", "mean(public(x))"))
    assert value(path) == (X * 2 + 1).mean()
    files("lib/lib.yaml", LIBRARY.replace("a * 2", "a * 20"))
    assert value(path) == (X * 20 + 1).mean()
