"""Params and state as mappings by name that live in the module's state_dict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import torch
from torch import nn

from lossdsl.source.diagnostic import LossDSLError, error


def shown(value: torch.Tensor) -> str:
    """A number, a short list, or the shape of something larger."""
    if value.is_meta or value.numel() > 8 or value.ndim > 1:
        return f"<{' x '.join(map(str, value.shape)) or 'scalar'}>"
    if value.ndim == 0:
        return f"{value.item():g}"
    return "[" + ", ".join(f"{v:g}" for v in value.tolist()) + "]" if value.numel() else "<no value yet>"


class Store(nn.Module):
    """Tensors by name. Conversions of the module to half precision leave them in full precision."""

    what = "entry"

    def __init__(self) -> None:
        super().__init__()
        self._order: list[str] = []

    def hold(self, name: str, value: torch.Tensor) -> None:
        # Entries are named by the author of a spec, so `training` or `forward` are possible names and
        # register_buffer would refuse them.
        self._buffers[name] = value
        if name not in self._order:
            self._order.append(name)

    def hold_learned(self, name: str, value: torch.Tensor) -> None:
        self._parameters[name] = nn.Parameter(value)
        if name not in self._order:
            self._order.append(name)

    def tensor(self, name: str) -> torch.Tensor:
        if name not in self._order:
            close = get_close_matches(name, self._order, n=1)
            known = ", ".join(self._order) or "none"
            raise error("LD023", "bad-parameter", f"there is no {self.what} `{name}`",
                        help=f"did you mean `{close[0]}`?" if close else f"there are: {known}")
        learned = self._parameters.get(name)
        if learned is not None:
            return learned
        held = self._buffers[name]
        assert held is not None
        return held

    def __getitem__(self, name: str) -> torch.Tensor:
        return self.tensor(name)

    def __contains__(self, name: object) -> bool:
        return name in self._order

    def __iter__(self) -> Iterator[str]:
        return iter(self._order)

    def __len__(self) -> int:
        return len(self._order)

    def keys(self) -> list[str]:
        return list(self._order)

    def values(self) -> list[torch.Tensor]:
        return [self.tensor(name) for name in self._order]

    def items(self) -> list[tuple[str, torch.Tensor]]:
        return [(name, self.tensor(name)) for name in self._order]

    def get(self, name: str, default: Any = None) -> Any:
        return self.tensor(name) if name in self else default

    def update(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            self[name] = value

    def __setitem__(self, name: str, value: Any) -> None:
        raise TypeError(f"a {self.what} cannot be assigned")

    def __setattr__(self, name: str, value: Any) -> None:
        # `loss.params.tau = 0.2` is the same as `loss.params["tau"] = 0.2`, unless the word means something here.
        if name not in self.__dict__.get("_order", ()):
            super().__setattr__(name, value)
        elif name in self.__dict__:
            self.__dict__[name] = value  # `training`, which nn.Module would look for among the entries
        elif not hasattr(type(self), name):
            self[name] = value
        else:
            raise error("LD023", "bad-parameter", f"`{name}` is a method of the mapping as well as a {self.what}",
                        help=f'write `["{name}"] = ...`')

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={shown(value)}" for name, value in self.items())

    def _apply(self, fn: Callable[[torch.Tensor], torch.Tensor], recurse: bool = True) -> Store:
        before = dict(self._buffers)
        super()._apply(fn, recurse)
        for name, value in before.items():
            now = self._buffers[name]
            if value is not None and now is not None and now.dtype != value.dtype:
                self._buffers[name] = value.to(now.device)
        return self


class Params(Store):
    """Parameters; assigning changes the value that the next call uses, without a recompilation."""

    what = "param"

    def __init__(self, check: Callable[[str, Any], Any], changed: Callable[[str], None]) -> None:
        super().__init__()
        self._check = check
        self._changed = changed

    def __setitem__(self, name: str, value: Any) -> None:
        target = self.tensor(name)
        number = torch.as_tensor(self._check(name, value), dtype=target.dtype)
        if number.shape != target.shape:
            raise error("LD023", "bad-parameter", f"param `{name}` has shape {list(target.shape)}, "
                        f"found {list(number.shape)}", help="load the spec anew for another length")
        before = target.detach().clone()
        with torch.no_grad():
            target.copy_(number)
            try:
                self._changed(name)
            except LossDSLError:
                target.copy_(before)
                raise

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *args: Any, **kwargs: Any) -> None:
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)
        for name in self._order:
            if prefix + name in state_dict:
                self._changed(name)


class State(Store):
    """State entries. Before the first call an entry whose size depends on the data has no elements yet."""

    what = "state entry"

    def __setitem__(self, name: str, value: Any) -> None:
        old = self.tensor(name)
        try:
            new = torch.as_tensor(value).detach().clone()
        except (TypeError, ValueError, RuntimeError):
            raise error("LD022", "wrong-input-type", f"state `{name}` holds numbers, found {type(value).__name__}",
                        help="pass a tensor") from None
        dtype = old.dtype if old.numel() else torch.get_default_dtype()
        if not new.is_floating_point():
            new = new.to(dtype)
        if old.numel() and new.shape != old.shape:
            raise error("LD021", "shape-mismatch", f"state `{name}` has shape {list(old.shape)}, "
                        f"found {list(new.shape)}", help="pass a tensor of the same shape")
        self._buffers[name] = new.to(old.device)

    def _load_from_state_dict(
        self, state_dict: Mapping[str, Any], prefix: str, *args: Any, **kwargs: Any
    ) -> None:
        # An entry takes its shape from what is loaded: a new module has not seen any data.
        for name in self._order:
            loaded = state_dict.get(prefix + name)
            if isinstance(loaded, torch.Tensor):
                device = self.tensor(name).device
                self._buffers[name] = torch.empty_like(loaded, device=device)
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)
