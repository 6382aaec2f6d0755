"""The one-line example against hand-written torch, forward and backward, side by side in one process.

python benchmarks/one_line.py [--batch 512 --classes 1000 --threads 1]
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch

import lossdsl

F = torch.nn.functional


def by_hand(logits, labels, attn, view1, view2):
    ce = F.cross_entropy(logits, labels, ignore_index=-100)
    entropy = torch.special.entr(attn).sum(-1).mean()
    kl = F.kl_div(view2.log_softmax(-1), view1.log_softmax(-1), log_target=True, reduction="batchmean")
    return ce + 0.1 * entropy + kl


def data(batch: int, classes: int) -> dict[str, torch.Tensor]:
    g = torch.Generator().manual_seed(0)
    leaves = {n: torch.randn(batch, classes, generator=g).requires_grad_() for n in ("logits", "view1", "view2")}
    attn = torch.softmax(torch.randn(batch, 4, 32, 32, generator=g), -1).requires_grad_()
    return {**leaves, "labels": torch.randint(0, classes, (batch,), generator=g), "attn": attn}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=20)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    inputs = data(a.batch, a.classes)
    expression = "ce + 0.1*entropy(attn) + kl(view1||view2)"
    eager, compiled = lossdsl.compile(expression, compile=False), lossdsl.compile(expression)
    by_hand_compiled = torch.compile(by_hand, fullgraph=True)
    ways: dict[str, Callable[[], torch.Tensor]] = {
        "torch, by hand, eager": lambda: by_hand(**inputs),
        "lossdsl, eager": lambda: eager(**inputs).loss,
        "torch, by hand, torch.compile": lambda: by_hand_compiled(**inputs),
        "lossdsl, torch.compile": lambda: compiled(**inputs).loss,
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    values = {}
    for run in range(a.runs + 2):
        for name, way in ways.items():  # interleaved, so that a busy machine is unfair to nobody
            start = time.process_time()
            value = way()
            value.backward()
            if run >= 2:
                times[name].append(time.process_time() - start)
            values[name] = value.item()
            for t in inputs.values():
                t.grad = None
    print(f"batch {a.batch}, {a.classes} classes, attention 4x32x32, float32, {a.threads} thread(s), "
          f"forward and backward, median CPU time of {a.runs}")
    base = statistics.median(times["torch, by hand, eager"])
    for name, found in times.items():
        m = statistics.median(found)
        print(f"  {name:32} {m * 1e3:8.2f} ms   {m / base:5.2f}x   loss {values[name]:.6f}")


if __name__ == "__main__":
    main()
