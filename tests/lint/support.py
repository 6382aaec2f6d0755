"""Rules run on a text alone, without the compiler."""

from lossdsl.lint import suppress
from lossdsl.lint.context import Context
from lossdsl.lint.registry import all_rules
from lossdsl.lint.selection import Selection
from lossdsl.source.text import Source


def text_findings(text, code=None):
    """What the rules of the text layer say."""
    context = Context(Source("spec.yaml", text))
    rules = [rule for rule in all_rules() if rule.needs == "text" and code in (None, rule.code)]
    return [finding for rule in rules for finding in rule.check(context)]


def suppressed(text, findings_of, *, complete=True, selection=Selection()):  # noqa: B008 - frozen
    """The findings that stay, those of LD901 included; `findings_of` makes them from the source."""
    context = Context(Source("spec.yaml", text), selection)
    context.suppressions = suppress.collect(context)
    context.complete = complete
    kept = suppress.apply(context, findings_of(context.source))
    unused = [found for rule in all_rules() if rule.needs == "suppressions" for found in rule.check(context)]
    return kept, unused
