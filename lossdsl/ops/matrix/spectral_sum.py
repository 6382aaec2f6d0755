"""The sum of a function over the eigenvalues, `sum[i](f(eigvals[i,i'](m)))`, with gradient V f'(L) V'."""

from __future__ import annotations

from typing import Any

from lossdsl.ops.op import Special


def spectral_sum(np: Any, f: Any, m: Any) -> Any:
    return np.sum(f(np.linalg.eigvalsh((m + np.swapaxes(m, -1, -2)) / 2)), axis=-1)


OP = Special(
    name="spectral_sum",
    doc="The sum of a function over the eigenvalues of the symmetric part of a matrix.",
    latex=r"\operatorname{{tr}} {0}({1})",
    torch="{0}(torch.linalg.eigvalsh({1})).sum(dim=-1)",
    reference=spectral_sum,
    form="spectral",
)
