"""The curve of each term over the epochs as one picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lossdsl.integrations.demo_train import Epoch

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#333333"
TERM = "#2b6cb0"
ACCURACY = "#2f855a"


def plot(history: list[Epoch], path: Path) -> None:
    """Small multiples, since the terms differ in scale by an order of magnitude; accuracy comes last."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    epochs = [epoch.number for epoch in history]
    names = list(history[0].terms)
    figure = Figure(figsize=(3.2 * (len(names) + 1), 3.0), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(names) + 1, squeeze=False)[0]
    for panel, name in zip(panels, names, strict=False):
        values = [epoch.terms[name] for epoch in history]
        _draw(panel, epochs, values, f"term {name}", TERM, f"{values[-1]:.3f}")
        panel.set_ylim(bottom=min(0.0, min(values)))
    shares = [100 * epoch.accuracy for epoch in history]
    _draw(panels[-1], epochs, shares, "test accuracy, %", ACCURACY, f"{shares[-1]:.1f}")
    panels[-1].set_ylim(0, 103)
    for panel in panels:
        panel.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        panel.set_xlabel("epoch", color=INK)
    figure.savefig(path, dpi=150)


def _draw(panel: Axes, x: list[int], y: list[float], title: str, colour: str, last: str) -> None:
    """One line with its last value written at its end."""
    panel.plot(x, y, color=colour, linewidth=1.8, marker="o", markersize=3)
    panel.annotate(last, (x[-1], y[-1]), xytext=(6, 0), textcoords="offset points", va="center", color=colour)
    panel.set_title(title, fontsize=11, color=INK, loc="left")
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=9, colors=INK)
    panel.grid(axis="y", alpha=0.25)
