"""From the text of a 30-term spec to an eager module, after imports.

python benchmarks/compile_time.py
"""

import statistics
import time

import lossdsl
from lossdsl.runtime.module import LossModule
from lossdsl.source.text import Source
from lossdsl.spec.decode import decode

HEAD = """lossdsl: 1
name: many
inputs:
  logits: logits[batch, class]
  teacher: logits[batch, class] fixed
  labels: index[batch] of class ignore -100
  z: real[view, batch, feature]
  pad: mask[batch]
params: {tau: 0.1}
define:
  u: normalise[feature](z)
loss:
"""
FORMS = (
    "0.{i} * ce(logits / (1 + 0.{i}), labels)",
    "0.{i} * entropy(softmax(logits * 0.{i})) ",
    "0.{i} * kl(teacher / 0.{i} || logits)",
    "0.{i} * mean(square(u[view=0] - u[view=1]) where pad) / tau",
    "0.{i} * mean(logsumexp[batch'](dot[feature](u, u[view, batch', feature]) / 0.{i} where batch != batch'))",
)


def main(runs: int = 15) -> None:
    text = HEAD + "".join(f"  t{i}: {FORMS[i % 5].format(i=i + 1)}\n" for i in range(30))
    times = []
    for run in range(runs + 1):
        start = time.perf_counter()
        module = LossModule(decode(Source("many.yaml", text)), {}, compile=False)
        if run:  # the first run reads the grammar and the standard library
            times.append(time.perf_counter() - start)
    lines = len(module.source.splitlines())
    print(f"lossdsl {lossdsl.__version__}: 30 terms, {lines} lines of source, "
          f"median {statistics.median(times) * 1e3:.0f} ms, worst {max(times) * 1e3:.0f} ms over {runs} runs")


if __name__ == "__main__":
    main()
