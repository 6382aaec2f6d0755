"""The data, the model and the table of the demo, each by itself."""

from __future__ import annotations

import io

import pytest
import torch

from lossdsl.integrations.demo_data import augment, batches, load_digits
from lossdsl.integrations.demo_model import DigitReader
from lossdsl.integrations.demo_table import Table
from lossdsl.integrations.demo_train import Epoch


def test_the_split_is_stratified_and_loses_no_image() -> None:
    pytest.importorskip("sklearn", reason="the demo's extra is not installed")
    digits = load_digits(seed=0)
    assert (len(digits.train_x), len(digits.test_x)) == (1347, 450)
    counts = digits.test_y.bincount(minlength=10), digits.train_y.bincount(minlength=10)
    torch.testing.assert_close(counts[0] / 450, counts[1] / 1347, atol=1 / 450, rtol=0)
    assert 0 <= digits.train_x.min() and digits.train_x.max() == 1


def test_an_augmented_image_is_one_of_nine_shifts() -> None:
    images = torch.rand(64, 8, 8)
    padded = torch.nn.functional.pad(images, (1, 1, 1, 1))
    shifts = torch.stack([padded[:, i : i + 8, j : j + 8] for i in range(3) for j in range(3)])
    found = (augment(images, torch.Generator().manual_seed(0), noise=0) == shifts).all((2, 3))
    assert (found.sum(0) == 1).all() and found.any(1).all()


def test_noise_stays_in_the_range_of_pixels() -> None:
    noisy = augment(torch.rand(64, 8, 8), torch.Generator().manual_seed(0), noise=1)
    assert noisy.min() == 0 and noisy.max() == 1


def test_an_epoch_takes_each_image_once_at_most() -> None:
    rows = torch.cat(list(batches(100, 32, torch.Generator().manual_seed(0))))
    assert len(rows) == 96 == len(rows.unique())


def test_attention_is_a_distribution_over_keys_for_each_head_of_each_block() -> None:
    logits, attention = DigitReader(heads=2, depth=2)(torch.rand(3, 8, 8))
    assert logits.shape == (3, 10)
    assert attention.shape == (3, 4, 16, 16)
    torch.testing.assert_close(attention.sum(-1), torch.ones(3, 4, 16))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_a_bar_grows_and_gives_way_to_the_row() -> None:
    screen = Terminal()
    table = Table(screen, epochs=20)
    table.progress(1, 0.5)
    table.progress(1, 0.501)  # no change to see: nothing is written
    table.row(Epoch(1, 2.5, {"ce": 2.0, "a_long_name": 0.5}, 0.25))
    bar, row = screen.getvalue().split("\r")[1:]
    assert bar == f"    1  {15 * '█'}{15 * '░'}  of 20 epochs"
    assert row.removeprefix("\033[K").splitlines() == [
        "epoch      loss        ce  a_long_name  test accuracy",
        "    1    2.5000    2.0000       0.5000        25.00 %",
    ]
