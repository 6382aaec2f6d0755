"""Helpers of the generated source that several ops call, by the name that `Op.uses` gives."""

from __future__ import annotations

ROWS_LAST = """
def rows_last(x, dims):
    # The dimensions `dims`, in that order, as one last dimension.
    dims = (dims,) if isinstance(dims, int) else dims
    return x.movedim(dims, tuple(range(-len(dims), 0))).flatten(-len(dims))
"""

ROWS_BACK = """
def rows_back(y, x, dims):
    # The last dimension of y back to the dimensions `dims` of x.
    dims = (dims,) if isinstance(dims, int) else dims
    return y.unflatten(-1, [x.shape[d] for d in dims]).movedim(tuple(range(-len(dims), 0)), dims)
"""

ASCENDING = """
def ascending(x, valid):
    # Positions along the last dimension in ascending order: ties by the lowest one, invalid elements last.
    order = torch.sort(x.detach(), dim=-1, stable=True).indices
    if valid is None:
        return order
    late = torch.gather((~valid).to(torch.uint8), -1, order)
    return torch.gather(order, -1, torch.sort(late, dim=-1, stable=True).indices)
"""

POSITIONS = """
def positions(x):
    return torch.arange(x.shape[-1], device=x.device).expand(x.shape)
"""

WITHOUT_INVALID = """
def without_invalid(m, valid, diagonal):
    # Rows and columns whose diagonal element is invalid are left out: what is computed is the matrix of the
    # others, beside a multiple of the identity. Any other invalid element counts as 0.
    if valid is None:
        return m
    held = valid.diagonal(dim1=-2, dim2=-1)
    keep = valid & held.unsqueeze(-1) & held.unsqueeze(-2)
    rest = torch.diag_embed(torch.where(held, 0.0, diagonal).to(m.dtype))
    return torch.where(keep, m, rest)
"""

SHARED = {
    "rows_last": ROWS_LAST,
    "rows_back": ROWS_BACK,
    "ascending": ASCENDING,
    "positions": POSITIONS,
    "without_invalid": WITHOUT_INVALID,
}
