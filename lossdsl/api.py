"""Loading specs and expressions as modules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lossdsl.elaborate.stdlib import read_spec
from lossdsl.source.diagnostic import LossDSLError, error
from lossdsl.source.packaged import packaged
from lossdsl.source.span import Fragment
from lossdsl.source.text import Source
from lossdsl.spec.decode import decode_mapping
from lossdsl.spec.model import Spec, Term

if TYPE_CHECKING:
    from lossdsl.runtime.module import LossModule


def load(
    spec: str | Path | Mapping[str, Any],
    params: Mapping[str, Any] | None = None,
    *,
    compile: bool = True,  # noqa: A002 - the word users of torch know
    ignore_unknown_params: bool = False,
    debug: bool = False,
) -> LossModule:
    """Compile a spec to a module.

    `spec` is the path of a YAML file, a packaged name ("examples/digits") or a mapping. `params` gives values for
    its params and options; with `ignore_unknown_params` names it does not have are left out. `compile=False` runs
    the generated source as it is; `debug=True` checks promised ranges and sums at every call.
    Raises LossDSLError with every finding.

    >>> import lossdsl
    >>> loss = lossdsl.load({"lossdsl": 1, "name": "l", "inputs": {"x": "real[batch]"}, "loss": "mean(x)"})
    >>> list(loss.inputs)
    ['x']
    """
    from lossdsl.runtime.module import LossModule

    decoded = find_spec(spec)
    given = dict(params or {})
    if ignore_unknown_params:
        given = {k: v for k, v in given.items() if k in decoded.params or k in decoded.options}
    if not decoded.losses:
        raise error("LD010", "missing-field", f"`{decoded.name}` has definitions but no loss to compile",
                    help="add `loss:`, or import it from another spec")
    return LossModule(decoded, given, compile=compile, debug=debug)


def compile(expression: str, params: Mapping[str, Any] | None = None, *, compile: bool = True) -> LossModule:  # noqa: A001, A002
    """Compile a bare expression to a module; undeclared names take their conventional declarations.

    >>> import lossdsl
    >>> list(lossdsl.compile("ce + kl(view1||view2)", compile=False).inputs)
    ['logits', 'labels', 'view1', 'view2']
    """
    from lossdsl.runtime.module import LossModule

    return LossModule(expression_spec(expression), dict(params or {}), compile=compile)


def expression_spec(expression: str) -> Spec:
    """The spec whose loss is one expression."""
    if not isinstance(expression, str):
        raise error("LD011", "wrong-field-type", f"expected an expression, found {type(expression).__name__}",
                    help='write `lossdsl.compile("ce + 0.1*entropy(attn)")`')
    source = Source("<expression>", expression)
    fragment = Fragment.verbatim(source)
    return Spec(source, name="loss", losses={None: (Term(None, fragment, fragment.whole),)})


def find_spec(spec: str | Path | Mapping[str, Any]) -> Spec:
    """The decoded spec of a path, a packaged name or a mapping."""
    if isinstance(spec, Mapping):
        return decode_mapping(spec)
    path = Path(spec)
    if path.is_file():
        return read_spec(path)
    name = str(spec).removesuffix(".yaml")
    shipped = packaged("specs", *f"{name}.yaml".split("/"))
    if not path.is_absolute() and ".." not in path.parts and shipped.is_file():
        return read_spec(shipped)
    raise not_found(str(spec))


def not_found(name: str) -> LossDSLError:
    from difflib import get_close_matches

    from lossdsl.elaborate.stdlib import list_specs

    close = get_close_matches(name, list_specs(), n=1)
    return error("LD024", "unreadable-file", f"there is no spec file or packaged spec `{name}`",
                 help=f"did you mean `{close[0]}`?" if close else "see `lossdsl list` for the packaged ones")
