"""`lossdsl demo`: train a small attention model on real digits with a spec, and show what became of it."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import sys
import sysconfig
import time
from pathlib import Path

SPEC = "examples/digits"
NEEDED = {"sklearn": "scikit-learn", "matplotlib": "matplotlib"}
SOURCE_LINES = 40


def main(argv: list[str]) -> int:
    """Run the demo; 0 when it ran, 2 when something it needs is missing."""
    options = _options(argv)
    missing = [name for module, name in NEEDED.items() if importlib.util.find_spec(module) is None]
    if missing:
        print(f'the demo needs {" and ".join(missing)}: pip install "lossdsl[demo]"', file=sys.stderr)
        return 2
    _run(options)
    return 0


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("lossdsl demo", description="Train on scanned digits with a loss spec.")
    add = parser.add_argument
    add("--epochs", type=_positive, default=20, help="passes over the training images (20)")
    add("--out", type=Path, default=Path("terms.png"), help="picture of the terms (terms.png)")
    add("--seed", type=int, default=0, help="of the split, the model and the augmentation (0)")
    add("--no-compile", action="store_true", help="run the generated source without torch.compile")
    options = parser.parse_args(argv)
    if not options.out.parent.is_dir():
        parser.error(f"argument --out: there is no folder {options.out.parent}")
    return options


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _run(options: argparse.Namespace) -> None:
    import torch

    import lossdsl
    from lossdsl.integrations.demo_data import load_digits
    from lossdsl.integrations.demo_planted import findings
    from lossdsl.integrations.demo_plot import plot
    from lossdsl.integrations.demo_table import Table
    from lossdsl.integrations.demo_train import train
    from lossdsl.source.packaged import packaged

    started = time.perf_counter()
    # So small a model gains little from a second thread, and on a busy machine they wait for each other.
    torch.set_num_threads(1)
    hindrance = "--no-compile" if options.no_compile else why_not_compiled()

    _head(f"The loss: {SPEC}.yaml")
    print(packaged("specs", f"{SPEC}.yaml").read_text(encoding="utf-8"))
    loss = lossdsl.load(SPEC, compile=hindrance is None)
    digits = load_digits(options.seed)
    how = "torch.compile at the first step" if hindrance is None else f"without torch.compile ({hindrance})"
    _head(f"Training on {len(digits.train_x)} scanned digits, {len(digits.test_x)} for the test, {how}")
    table = Table(sys.stdout, options.epochs)
    history = train(loss, digits, options.epochs, options.seed, table.progress, table.row)
    plot(history, options.out)

    _head("What lint says about a spec with planted mistakes")
    print(findings(color=sys.stdout.isatty() and "NO_COLOR" not in os.environ))
    _head("The source that was generated for the loss")
    lines = loss.source.splitlines()
    print("\n".join(lines[:SOURCE_LINES]))
    if len(lines) > SOURCE_LINES:
        print(f"... and {len(lines) - SOURCE_LINES} more lines: lossdsl compile {SPEC}")
    _head("Result")
    accuracy, plural = 100 * history[-1].accuracy, "s" if len(history) > 1 else ""
    print(f"test accuracy {accuracy:.2f} % after {len(history)} epoch{plural}")
    print(f"curves of the terms in {options.out}; {time.perf_counter() - started:.0f} s in all")


def why_not_compiled() -> str | None:
    """What torch.compile lacks on this machine to write code for the CPU; None when nothing."""
    compilers = ["cl"] if os.name == "nt" else ["g++", "clang++", "c++"]
    if not any(map(shutil.which, [os.environ.get("CXX", ""), *compilers])):
        return "no C++ compiler found"
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return "Python's C headers are not installed"
    return None


def _head(title: str) -> None:
    print(f"\n── {title} {'─' * max(3, 100 - len(title))}\n", flush=True)
