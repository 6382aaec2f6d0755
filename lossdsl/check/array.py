"""Values of the reference: full arrays with named axes, and the masks that say which elements are valid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Values = Any  # a numpy array: float64, bool, int64, or objects in extended precision


@dataclass(frozen=True, eq=False)
class Mask:
    """One mask in force. Its axes matter, not only what it holds: a reduction along one of them uses it up."""

    axes: tuple[str, ...]
    holds: np.ndarray


@dataclass(frozen=True, eq=False)
class Array:
    """Elements that some mask excludes hold NaN, so that a leak of one shows in the result."""

    axes: tuple[str, ...]
    values: Values
    masks: tuple[Mask, ...] = ()

    @property
    def valid(self) -> np.ndarray:
        return conjunction(self.masks, self.axes, self.values.shape)

    @property
    def sizes(self) -> dict[str, int]:
        return dict(zip(self.axes, self.values.shape, strict=True))


def array(axes: Sequence[str], values: Values, masks: Iterable[Mask] = ()) -> Array:
    """An array whose invalid elements are wiped out."""
    values = np.asarray(values)
    unique = tuple(dict.fromkeys(masks))
    if unique:
        valid = conjunction(unique, tuple(axes), values.shape)
        nothing: Any = False if values.dtype == bool else 0 if values.dtype.kind in "iu" else np.nan
        values = np.where(valid, values, np.asarray(nothing, dtype=values.dtype))
    return Array(tuple(axes), values, unique)


def spread(values: Values, axes: Sequence[str], onto: Sequence[str]) -> Values:
    """The values with their axes in the order of `onto`, and length 1 along those they lack."""
    order = [axes.index(a) for a in onto if a in axes]
    return np.transpose(values, order)[tuple(slice(None) if a in axes else None for a in onto)]


def full(x: Array, onto: Sequence[str], sizes: dict[str, int]) -> Values:
    """The values of x repeated along all axes of `onto`."""
    return np.broadcast_to(spread(x.values, x.axes, onto), tuple(sizes[a] for a in onto))


def conjunction(masks: Iterable[Mask], axes: Sequence[str], shape: Sequence[int]) -> np.ndarray:
    """Where all masks hold."""
    held = np.ones(tuple(shape), dtype=bool)
    for mask in masks:
        held &= spread(mask.holds, mask.axes, axes)
    return held


def union(arrays: Iterable[Array]) -> tuple[tuple[str, ...], dict[str, int]]:
    """All axes in order of first appearance, and their lengths."""
    sizes: dict[str, int] = {}
    for a in arrays:
        for name, size in a.sizes.items():
            if sizes.setdefault(name, size) != size:
                raise AssertionError(f"axis {name} has lengths {sizes[name]} and {size}")
    return tuple(sizes), sizes


def consumed(masks: Iterable[Mask], axes: Iterable[str]) -> list[Mask]:
    """The masks that an operation along `axes` uses up."""
    return [m for m in masks if set(m.axes) & set(axes)]


def persisting(masks: Iterable[Mask], axes: Iterable[str]) -> list[Mask]:
    """The masks that know nothing of `axes`: they exclude whole rows, whatever is done along the row."""
    return [m for m in masks if not set(m.axes) & set(axes)]


def joint(masks: Sequence[Mask]) -> Mask:
    """One mask over all axes of several."""
    sizes = {n: s for m in masks for n, s in zip(m.axes, m.holds.shape, strict=True)}
    return Mask(tuple(sizes), conjunction(masks, tuple(sizes), tuple(sizes.values())))


def anywhere(mask: Mask, axes: Iterable[str]) -> Mask:
    """Whether the mask holds anywhere along `axes`."""
    over = tuple(i for i, a in enumerate(mask.axes) if a in set(axes))
    return Mask(tuple(a for i, a in enumerate(mask.axes) if i not in over), np.asarray(mask.holds.any(axis=over)))
