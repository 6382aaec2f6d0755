"""Which rules a user wants to hear from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lossdsl.source.diagnostic import Diagnostic

_PREFIX = re.compile(r"LD\d{0,3}")


@dataclass(frozen=True, slots=True)
class Selection:
    """Codes, prefixes of codes, or names. Nothing in `select` means everything."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def wants(self, code: str, name: str) -> bool:
        if any(_matches(entry, code, name) for entry in self.ignore):
            return False
        return not self.select or any(_matches(entry, code, name) for entry in self.select)

    def keeps(self, finding: Diagnostic) -> bool:
        """Is the finding shown? An error always is: nothing compiles until it is mended."""
        return finding.severity == "error" or self.wants(finding.code, finding.name)


def unknown(entry: str) -> bool:
    """Is the entry neither a code, nor the beginning of one, nor a rule's name?"""
    from lossdsl.lint.registry import find

    return not _PREFIX.fullmatch(entry.upper()) and find(entry) is None


def _matches(entry: str, code: str, name: str) -> bool:
    return code.startswith(entry.upper()) or entry.lower() == name
