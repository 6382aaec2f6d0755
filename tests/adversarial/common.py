"""Specs and data that the tests of this folder share."""

import torch

INPUTS = {"x": "logits[batch, class]", "y": "index[batch] of class ignore -100"}
PLAIN = {
    "lossdsl": 1,
    "name": "plain",
    "inputs": INPUTS,
    "params": {"tau": 0.5},
    "loss": {"ce": "ce(x / tau, y)", "ent": "0.1 * entropy(x)"},
}
STATEFUL = {
    **PLAIN,
    "name": "stateful",
    "state": {
        "prior": {
            "start": "1/size[class]",
            "is": "probs[class]",
            "update": "0.9*prior + 0.1*mean[batch](softmax(sg(x)))",
        }
    },
    "loss": {"ce": "ce(x / tau, y)", "kl": "kl(prior || mean[batch](softmax(x)))"},
}


def spec(loss, inputs=None, **more):
    return {"lossdsl": 1, "name": "t", "inputs": inputs or INPUTS, "loss": loss, **more}


def data(batch=4, classes=3, seed=0, dtype=torch.float64):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(batch, classes, generator=g, dtype=dtype)
    return {"x": x, "y": torch.randint(0, classes, (batch,), generator=g)}


def by_hand(x, y, tau=0.5):
    """PLAIN in torch."""
    log = x.log_softmax(-1)
    return torch.nn.functional.cross_entropy(x / tau, y) - 0.1 * (log.exp() * log).sum(-1).mean()
