"""The elements of an axis at an integer or an index: `select[class](x, y)` is `x[class=y]`."""

from __future__ import annotations

from lossdsl.ops.op import Special

OP = Special(
    name="select",
    doc="The elements along an axis at an integer or an index.",
    latex=r"{0}_{{{axes}={1}}}",
    torch="torch.take_along_dim({0}, {1}, dim={dim})",
    reference=lambda np, x, index: np.take_along_axis(x, index[..., None], axis=-1)[..., 0],
    form="selection",
)
