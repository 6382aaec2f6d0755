"""State after a training step against the reference."""

from __future__ import annotations

import numpy as np

from lossdsl.check.array import spread
from lossdsl.check.draw import Case
from lossdsl.check.report import Row
from lossdsl.check.subject import Subject, as_float


def check(subject: Subject, case: Case) -> list[Row]:
    """Every entry of the state, where its update is valid."""
    program = subject.program(case)
    if not program.updates:
        return []
    roots = list(program.updates.values())
    run = subject.evaluate(case, roots)
    subject.call(case, subject.tensors(case, "float64"), training=True)
    after = {n: subject.module.state[n].detach().double().numpy() for n in program.updates}
    bounds = subject.bounds(case, roots, subject.truth(case, roots), "float64")
    rows = []
    for (name, root), bound in zip(program.updates.items(), bounds, strict=True):
        value = run[root]
        expected, valid = (spread(x, value.axes, root.type.names) for x in (value.values, value.valid))
        if after[name].shape != expected.shape:
            note = f"`{name}` has shape {list(after[name].shape)}, the reference {list(expected.shape)}"
            rows.append(Row("state after a step", case.name, False, note=note))
            continue
        off = as_float(np.max(np.abs(after[name] - expected)[valid], initial=0.0))
        rows.append(Row("state after a step", case.name, off <= bound, off, bound, "",
                        "" if off <= bound else f"`{name}` is off by {off:.3g}"))  # fmt: skip
    return rows
