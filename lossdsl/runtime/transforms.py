"""Values under the transforms of torch.func, and those made in inference mode, that must not outlive the call."""

from __future__ import annotations

import torch

from lossdsl.source.diagnostic import error


def is_batched(tensor: torch.Tensor) -> bool:
    """Whether a tensor stands for a batch of them inside `vmap`: nothing may branch on its values."""
    while torch._C._functorch.is_functorch_wrapped_tensor(tensor):
        if torch._C._functorch.is_batchedtensor(tensor):
            return True
        tensor = torch._C._functorch.get_unwrapped(tensor)
    return False


def kept(name: str, value: torch.Tensor) -> torch.Tensor:
    """A state entry as it is kept from one call to the next."""
    value = value.detach()
    if torch.compiler.is_compiling():
        return value
    if is_batched(value):
        raise error("LD022", "wrong-input-type", f"the state `{name}` cannot be updated inside `torch.func.vmap`, "
                    "where it would have one value for each element", help="call `loss.eval()` before, which leaves "
                    "state alone")
    while torch._C._functorch.is_functorch_wrapped_tensor(value):
        value = torch._C._functorch.get_unwrapped(value)
    with torch._C._DisableFuncTorch():  # inside a transform its result would be wrapped again
        value = value.detach()
    if value.is_inference():
        # Such a tensor could take part in no later training step.
        with torch.inference_mode(False):
            value = value.clone()
    return value
