"""The base of all rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from lossdsl.lint.context import Context
from lossdsl.source.diagnostic import Diagnostic, Fix
from lossdsl.source.span import Span

# The stages a document passes; a rule runs when the one it needs was reached.
STAGES = ("text", "spec", "program", "suppressions")


class Rule:
    """One mistake: how it is found and the page that explains it."""

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[str] = "warning"
    needs: ClassVar[str] = "program"

    what: ClassVar[str]
    why: ClassVar[str]
    example: ClassVar[str]
    instead: ClassVar[str]
    fix_safety: ClassVar[str]
    references: ClassVar[tuple[str, ...]] = ()

    def check(self, context: Context) -> Iterable[Diagnostic]:
        """The findings of this rule; a code that only the compiler raises has none here."""
        return ()

    def finding(
        self,
        message: str,
        span: Span,
        *,
        help: str | None = None,  # noqa: A002 - the word users read
        labels: tuple[tuple[Span, str], ...] = (),
        fix: Fix | None = None,
        severity: str | None = None,
    ) -> Diagnostic:
        return Diagnostic(self.code, self.name, severity or self.severity, message, span, help, labels, fix)

    def page(self) -> str:
        """The documentation of the rule, in Markdown."""
        parts = [
            f"# {self.code} {self.name}",
            f"Severity: {self.severity}",
            f"## What it does\n\n{self.what.strip()}",
            f"## Why is this bad?\n\n{self.why.strip()}",
            f"## Example\n\n```yaml\n{self.example.strip()}\n```",
            f"## Use instead\n\n```yaml\n{self.instead.strip()}\n```",
            f"## Fix safety\n\n{self.fix_safety.strip()}",
        ]
        if self.references:
            parts.append("## References\n\n" + "\n".join(f"- {reference}" for reference in self.references))
        return "\n\n".join(parts) + "\n"
