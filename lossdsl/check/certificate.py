"""What was checked, with which versions and with what figures, as JSON."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lossdsl import __version__
from lossdsl.check.report import Report

FORMAT = 1


def write(reports: Sequence[Report], path: Path) -> None:
    path.write_text(json.dumps(certificate(reports), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def certificate(reports: Sequence[Report]) -> dict[str, Any]:
    import numpy
    import torch

    return {
        "certificate": FORMAT,
        "versions": {
            "lossdsl": __version__,
            "torch": str(torch.__version__),
            "numpy": numpy.__version__,
            "python": platform.python_version(),
        },  # fmt: skip
        "device": f"cpu ({platform.machine()})",
        "specs": [
            {"name": r.name, "sha256": r.spec_hash, "seed": r.seed, "ok": r.ok, "rows": [entry(row) for row in r.rows]}
            for r in reports
        ],
    }


def entry(row: Any) -> dict[str, Any]:
    found = {"what": row.what, "case": row.case, "ok": row.ok, "figure": plain(row.figure), "bound": plain(row.bound)}
    return {**found, **({"unit": row.unit} if row.unit else {}), **({"note": row.note} if row.note else {})}


def plain(value: float | None) -> float | str | None:
    """JSON has no infinity and no NaN."""
    return value if value is None or math.isfinite(value) else str(value)
