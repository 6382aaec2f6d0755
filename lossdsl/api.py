"""Loading specs and expressions as modules."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lossdsl.elaborate.stdlib import list_specs, read_spec
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
    given = named(params)
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

    return LossModule(expression_spec(expression), named(params), compile=compile)


def expression_spec(expression: str) -> Spec:
    """The spec whose loss is one expression."""
    if not isinstance(expression, str):
        raise error("LD011", "wrong-field-type", f"expected an expression, found {type(expression).__name__}",
                    help='write `lossdsl.compile("ce + 0.1*entropy(attn)")`')
    source = Source("<expression>", expression)
    fragment = Fragment.verbatim(source)
    return Spec(source, name="loss", losses={None: (Term(None, fragment, fragment.whole),)})


def named(params: Mapping[str, Any] | None) -> dict[str, Any]:
    if params is not None and not isinstance(params, Mapping):
        raise error("LD023", "bad-parameter", f"`params` is a mapping from names to values, found {params!r}",
                    help="write `params={'tau': 0.2}`")
    return dict(params or {})


def find_spec(spec: str | Path | Mapping[str, Any]) -> Spec:
    """The decoded spec of a path, a packaged name or a mapping."""
    if isinstance(spec, Mapping):
        return decode_mapping(spec)
    if not isinstance(spec, (str, os.PathLike)):
        raise error("LD024", "unreadable-file", f"a spec is a path, a packaged name or a mapping, found {spec!r}",
                    help="see `lossdsl list` for the packaged ones")
    if "\n" in str(spec):
        raise error("LD024", "unreadable-file", "found the text of a spec where the path of its file is due",
                    help="save it to a file, or pass it as a mapping: `lossdsl.load(yaml.safe_load(text))`")
    path = Path(spec)
    if os.path.isfile(path):  # unlike Path.is_file, never raises for an odd name
        return read_spec(path)
    name = str(spec).removesuffix(".yaml")
    if name in list_specs():
        return read_spec(packaged("specs", *f"{name}.yaml".split("/")))
    raise not_found(str(spec))


def not_found(name: str) -> LossDSLError:
    from difflib import get_close_matches

    close = get_close_matches(name, list_specs(), n=1)
    return error("LD024", "unreadable-file", f"there is no spec file or packaged spec `{name}`",
                 help=f"did you mean `{close[0]}`?" if close else "see `lossdsl list` for the packaged ones")
