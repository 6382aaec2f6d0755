"""The demo on the terminal: a row per epoch, and a bar while an epoch runs."""

from __future__ import annotations

from typing import TextIO

from lossdsl.integrations.demo_train import Epoch

BAR = 30


class Table:
    """Writes the header with the first row; the bar appears on a terminal only."""

    def __init__(self, stream: TextIO, epochs: int) -> None:
        self.stream = stream
        self.epochs = epochs
        self.terminal = stream.isatty()
        self.shown = -1

    def progress(self, epoch: int, share: float) -> None:
        """Draw the bar again where it has grown."""
        filled = int(BAR * share)
        if not self.terminal or filled == self.shown:
            return
        self.shown = filled
        self.stream.write(f"\r{epoch:>5}  {'█' * filled}{'░' * (BAR - filled)}  of {self.epochs} epochs")
        self.stream.flush()

    def row(self, epoch: Epoch) -> None:
        """Put the row of a finished epoch in the place of its bar."""
        columns = {"loss": epoch.loss, **epoch.terms}
        widths = [max(8, len(name)) for name in columns]
        if self.terminal:
            self.stream.write("\r\033[K")
        if epoch.number == 1:
            names = "  ".join(f"{name:>{width}}" for name, width in zip(columns, widths, strict=True))
            self.stream.write(f"epoch  {names}  test accuracy\n")
        numbers = zip(columns.values(), widths, strict=True)
        values = "  ".join(f"{value:>{width}.4f}" for value, width in numbers)
        self.stream.write(f"{epoch.number:>5}  {values}  {100 * epoch.accuracy:>11.2f} %\n")
        self.stream.flush()
