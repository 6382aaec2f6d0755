"""The architecture as tests: the order of imports, the size of modules, what an import may load and cost."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "lossdsl"
MODULES = sorted(PACKAGE.rglob("*.py"))

# The way of the data. `rewrites` stands before `passes`: tables of rules first, then what applies them.
ORDER = "source spec syntax types ops elaborate ir rewrites passes plan emit runtime".split()
THIN = ["cli", "lsp", "integrations"]
ALLOWED = {layer: set(ORDER[: ORDER.index(layer)]) for layer in ORDER}
ALLOWED["check"] = set(ORDER)
ALLOWED["lint"] = set(ORDER[: ORDER.index("plan")])
ALLOWED |= {layer: {*ORDER, "check", "lint", *THIN} for layer in THIN}


def layer_of(module: str) -> str:
    """`lossdsl.types.kind` is of layer `types`; `lossdsl.api` and `lossdsl` itself are of layer `lossdsl`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and (PACKAGE / parts[1]).is_dir() else "lossdsl"


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and name of each module of ours that a file imports anywhere in it, lazily too."""
    here = path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: -node.level]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "lossdsl" else [module]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.split(".")[0] == "lossdsl")


@pytest.mark.parametrize("layer", sorted(ALLOWED))
def test_a_layer_imports_only_from_the_layers_before_it(layer: str) -> None:
    # The command line, the integrations and the check are users of the public surface (`import lossdsl`).
    allowed = ALLOWED[layer] | {layer} | ({"lossdsl"} if layer in (*THIN, "check") else set())
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {layer} imports {name}"
        for path in sorted((PACKAGE / layer).rglob("*.py"))
        for line, name in imports(path)
        if layer_of(name) not in allowed and name != "lossdsl.__version__"
    ]
    assert not wrong, "\n".join(wrong)


def test_every_folder_has_its_place_in_the_order() -> None:
    folders = {path.parent.relative_to(PACKAGE).parts[0] for path in MODULES if path.parent != PACKAGE}
    assert folders <= ALLOWED.keys()


def test_no_module_is_longer_than_500_lines() -> None:
    paths = [*MODULES, *(ROOT / "tests").rglob("*.py")]
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    assert not {str(path.relative_to(ROOT)): count for path, count in lines.items() if count > 500}


LINT = """\
import lossdsl
found = lossdsl.lint({text!r})
assert [one.code for one in found if one.severity == "error"], found
"""
PLANTED = "lossdsl: 1\nname: t\ninputs: {x: 'logits[batch, class]'}\nloss: entropy(xx)\n"


@pytest.mark.parametrize("code", ["import lossdsl", LINT.format(text=PLANTED)], ids=["import", "lint"])
def test_neither_import_nor_lint_loads_torch_or_sympy(code: str) -> None:
    report = "\nimport sys; print(sorted({'torch', 'sympy', 'scipy', 'sklearn'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code + report], capture_output=True, text=True, cwd=ROOT)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_import_is_quick() -> None:
    # The budget is 150 ms over the bare interpreter; twice that, since other tests run beside this one.
    assert seconds("import lossdsl") - seconds("pass") < 0.3


def seconds(code: str) -> float:
    """The median time of five runs of `code` in a new interpreter."""
    runs = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
        runs.append(time.perf_counter() - start)
    return statistics.median(runs)
