"""Params and state as mappings by name that live in the module's state_dict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import torch
from torch import nn

from lossdsl.source.diagnostic import error


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

    def items(self) -> list[tuple[str, torch.Tensor]]:
        return [(name, self.tensor(name)) for name in self._order]

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
        number = self._check(name, value)
        if torch.as_tensor(number).shape != target.shape:
            raise error("LD023", "bad-parameter", f"param `{name}` has shape {list(target.shape)}, "
                        f"found {list(torch.as_tensor(number).shape)}", help="load the spec anew for another length")
        with torch.no_grad():
            target.copy_(torch.as_tensor(number, dtype=target.dtype))
        self._changed(name)


class State(Store):
    """State entries. Before the first call an entry whose size depends on the data has no elements yet."""

    what = "state entry"

    def __setitem__(self, name: str, value: Any) -> None:
        old = self.tensor(name)
        new = torch.as_tensor(value).detach().clone()
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
