"""The entry point: arguments to a command, its outcome to an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from lossdsl import __version__
from lossdsl.cli import exit_codes
from lossdsl.cli.usage import UsageError

_COMMANDS = {
    "lint": "find mistakes in specs",
    "check": "compare values and gradients of specs with an independent reference",
    "explain": "show the formula, types, plan and generated source of a spec",
    "compile": "write the generated source of a spec",
    "list": "list the packaged specs",
    "rule": "explain a rule of the linter",
    "demo": "train on real data with a spec, and print its terms",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _never_fail_to_encode()
    try:
        status = _run(arguments)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # The reader is gone (`lossdsl lint . | head`); the interpreter must not flush once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_codes.BROKEN_PIPE
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    except SystemExit as stop:  # from argparse
        return stop.code if isinstance(stop.code, int) else exit_codes.USAGE
    except UsageError as problem:
        print(f"lossdsl: {problem}", file=sys.stderr)
        return exit_codes.USAGE
    except Exception as problem:
        _report(problem)
        return exit_codes.INTERNAL


def _run(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="lossdsl",
        description="Losses written in YAML: lint, explain, compile.",
        allow_abbrev=False,
        epilog="exit codes: 0 clean, 1 findings, 2 usage or unreadable input, 3 internal error",
    )
    parser.add_argument("--version", action="version", version=f"lossdsl {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, summary in _COMMANDS.items():
        # The command's own help comes from a module that is imported only if the command is named.
        command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.",
                                      add_help=name != "demo", allow_abbrev=False)  # fmt: skip
        if name in arguments:
            import_module(f"lossdsl.cli.{name}").configure(command)
    options, rest = parser.parse_known_args(arguments)
    if options.command == "demo":
        options.arguments = rest
    elif rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    status: int = import_module(f"lossdsl.cli.{options.command}").run(options)
    return status


def _never_fail_to_encode() -> None:
    """A character that the terminal lacks is shown as an escape, rather than ending the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")


def _report(problem: Exception) -> None:
    if os.environ.get("LOSSDSL_DEBUG") == "1":
        import traceback

        traceback.print_exc()
    text = " ".join(str(problem).split()) or "no message"
    print(
        f"lossdsl: internal error: {type(problem).__name__}: {text} (version {__version__}); "
        "please report it with the spec (LOSSDSL_DEBUG=1 shows the traceback)",
        file=sys.stderr,
    )
