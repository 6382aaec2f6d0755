"""The built wheel works by itself: installed where nothing else of this project is, run from elsewhere."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
THIRD_PARTY = ["lark", "yaml", "numpy", "sympy", "torch"]


def run(command: list[str | Path], cwd: Path) -> str:
    """Standard output of a command that must succeed, without this environment's way to find modules."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution, so that this too is known to hold all it takes."""
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT], cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The binaries of a new environment that holds the wheel and sees the libraries of this one."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    binaries = home / ("Scripts" if os.name == "nt" else "bin")
    python = binaries / "python"
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(run([python, "-c", where], cwd=home).strip())
    # Plain paths are not searched for .pth files, as site folders are, which would bring this checkout in.
    specs = [importlib.util.find_spec(name) for name in THIRD_PARTY]
    folders = {str(Path(spec.origin).parents[1]) for spec in specs if spec and spec.origin}
    (site / "third_party.pth").write_text("\n".join(sorted(folders)) + "\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    run([*pip, "install", "--no-deps", "--no-index", wheel], cwd=home)
    return binaries


def test_the_wheel_holds_the_language_and_nothing_but_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"lossdsl", f"{wheel.name.split('-py3')[0]}.dist-info"}
    shipped = {name.removeprefix("lossdsl/_data/") for name in names if name.startswith("lossdsl/_data/")}
    files = [path for top in ("grammar", "specs") for path in (ROOT / top).rglob("*") if path.is_file()]
    assert shipped == {path.relative_to(ROOT).as_posix() for path in files}
    assert "lossdsl/py.typed" in names


PROGRAM = """\
import lossdsl, torch
loss = lossdsl.load("examples/digits", compile=False)
view = torch.tensor([[2.0, 0.0] + 8 * [0.0]])
attn = torch.full((1, 2, 4, 4), 0.25)
out = loss(logits=view, labels=torch.tensor([0]), attn=attn, view1=view, view2=view)
print(lossdsl.__file__)
print(sorted(out.terms), round(float(out.loss), 6))
"""


def test_a_packaged_spec_is_compiled_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    place, result = run([installed / "python", "-c", PROGRAM], cwd=tmp_path).splitlines()
    assert installed.parent in Path(place).parents
    # log(e^2 + 9) - 2 for the label, a tenth of log 4 for the even attention, nothing between equal views
    assert result == "['ce', 'entropy', 'kl'] 0.935243"


def test_the_command_line_is_installed(installed: Path, tmp_path: Path) -> None:
    assert "examples/digits" in run([installed / "lossdsl", "list"], cwd=tmp_path).split()
    assert "def loss(" in run([installed / "lossdsl", "compile", "examples/digits"], cwd=tmp_path)


def test_the_demo_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="the demo's extra is not installed")
    pytest.importorskip("matplotlib", reason="the demo's extra is not installed")
    run([installed / "lossdsl", "demo", "--epochs", "1", "--no-compile"], cwd=tmp_path)
    assert (tmp_path / "terms.png").exists()
