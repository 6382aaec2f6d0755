"""Axes: renaming, selecting, slicing, positions, sizes, broadcasting by name."""

from __future__ import annotations

import itertools

import pytest
import torch

import lossdsl
from tests.language.helpers import check, finding, marked, module, randn

X = randn(4, 3, seed=1)
Y = randn(4, 3, seed=2)


def test_rename_of_all_axes_gives_pairs() -> None:
    check(
        {"x": "real[batch, feature]"},
        "mean((x - x[batch', feature])^2)",
        {"x": X},
        lambda x: ((x[:, None] - x[None]) ** 2).mean(),
    )


def test_prime_renames_the_first_axis() -> None:
    check(
        {"x": "real[batch, feature]"},
        "sum[batch, batch'](exp(dot[feature](x, x')))",
        {"x": X},
        lambda x: (x @ x.T).exp().sum(),
    )


def test_double_prime_and_prime_of_a_group() -> None:
    check(
        {"x": "real[batch]"},
        "sum(x * x' * x'' * (x + 1)')",
        {"x": X[:, 0]},
        lambda x: (x[:, None, None] * x[:, None] * (x + 1)[:, None] * x).sum(),
    )


def test_rename_can_swap_axes() -> None:
    m = randn(3, 3, seed=4)
    check(
        {"m": "real[i, j]"},
        "sum(m * m[j, i] * i)",
        {"m": m},
        lambda m: (m * m.T * torch.arange(3.0, dtype=m.dtype)[:, None]).sum(),
        axes={"i": 3, "j": 3},
    )


def test_relabel_to_a_new_name_is_usable_as_position() -> None:
    check(
        {"x": "real[batch]"},
        "sum(x[other] * x where other > batch)",
        {"x": X[:, 0]},
        lambda x: sum(x[i] * x[j] for i in range(4) for j in range(i + 1, 4)),
    )


@pytest.mark.parametrize("index", [0, 1, -1, -4, 3])
def test_select_by_integer(index: int) -> None:
    check({"x": "real[batch, feature]"}, f"sum(x[batch={index}]^3)", {"x": X}, lambda x: (x[index] ** 3).sum())
    check(
        {"x": "real[feature, batch]"},
        f"sum(x[batch={index}]^3)",
        {"x": X.T.contiguous()},
        lambda x: (x[:, index] ** 3).sum(),
    )


def test_select_outside_a_known_length() -> None:
    d = finding({"x": "real[view, batch]"}, "sum(x[view=2])", axes={"view": 2})
    assert d.code == "LD005" and "position 2 is outside axis `view`" in d.message
    assert finding({"x": "real[view, batch]"}, "sum(x[view=-3])", axes={"view": 2}).code == "LD005"


LABELS = torch.tensor([2, 0, 1, 2])


def test_gather_with_a_shared_axis() -> None:
    for axes, tensor, ref in (
        ("batch, feature", X, lambda x: x[torch.arange(4), LABELS]),
        ("feature, batch", X.T.contiguous(), lambda x: x[LABELS, torch.arange(4)]),
    ):
        check(
            {"x": f"real[{axes}]", "y": "index[batch] of feature"},
            "sum(x[feature=y]^2 * (batch + 1))",
            {"x": tensor, "y": LABELS},
            lambda x, y, ref=ref: (ref(x) ** 2 * torch.arange(1, 5)).sum(),
        )


def test_gather_without_a_shared_axis() -> None:
    table = randn(5, 3, seed=3)
    ids = torch.tensor([[4, 0], [2, 2]])
    for axes, t in (("word, feature", table), ("feature, word", table.T.contiguous())):
        check(
            {"t": f"real[{axes}]", "ids": "index[row, column] of word"},
            "sum(t[word=ids]^2 * (row + 2*column + feature))",
            {"t": t, "ids": ids},
            lambda t, ids, axes=axes: (
                (t if axes.startswith("word") else t.T)[ids] ** 2
                * (torch.arange(2)[:, None, None] + 2 * torch.arange(2)[:, None] + torch.arange(3))
            ).sum(),
        )


def test_gather_with_shared_and_new_axes() -> None:
    x = randn(2, 5, 3, seed=5)
    ids = torch.tensor([[4, 0, 1, 1], [2, 2, 0, 3]])
    check(
        {"x": "real[batch, word, feature]", "ids": "index[batch, slot] of word"},
        "sum(x[word=ids]^2 * (slot + 3*batch + feature))",
        {"x": x, "ids": ids},
        lambda x, ids: (
            x[torch.arange(2)[:, None], ids] ** 2
            * (torch.arange(4)[:, None] + 3 * torch.arange(2)[:, None, None] + torch.arange(3))
        ).sum(),
    )
    check(
        {"x": "real[word, batch]", "ids": "index[slot, batch] of word"},
        "sum(x[word=ids] * (slot + 3*batch))",
        {"x": x[..., 0].T.contiguous(), "ids": ids.T.contiguous()},
        lambda x, ids: (x[ids, torch.arange(2)] * (torch.arange(4)[:, None] + 3 * torch.arange(2))).sum(),
    )


def test_permutation_along_its_own_axis() -> None:
    perm = torch.tensor([2, 0, 3, 1])
    check(
        {"x": "real[batch, feature]", "perm": "index[batch] of batch"},
        "mean(x * x[batch=perm] * (batch + 1))",
        {"x": X, "perm": perm},
        lambda x, perm: (x * x[perm] * torch.arange(1, 5)[:, None]).mean(),
    )


def test_index_of_pairs_along_its_own_axis() -> None:
    near = torch.tensor([[1, 2], [0, 3], [3, 3], [0, 1]])
    check(
        {"x": "real[batch, feature]", "near": "index[batch, slot] of batch"},
        "mean((x - x[batch=near])^2)",
        {"x": X, "near": near},
        lambda x, near: ((x[:, None] - x[near]) ** 2).mean(),
    )


def test_scalar_index() -> None:
    check(
        {"x": "real[batch, feature]", "i": "index[] of batch"},
        "sum(x[batch=i]^2)",
        {"x": X, "i": torch.tensor(2)},
        lambda x, i: (x[2] ** 2).sum(),
    )


def test_gather_by_a_position_or_argmax() -> None:
    check(
        {"x": "real[batch, feature]"},
        "sum(x[feature=argmax[feature](x)]^2)",
        {"x": X},
        lambda x: (x.max(-1).values ** 2).sum(),
    )
    square = randn(3, 3, seed=6)
    check({"m": "real[k, k']"}, "sum(m[k'=k]^2)", {"m": square}, lambda m: (m.diagonal() ** 2).sum())


def test_gather_by_arithmetic_on_an_index_is_refused_or_exact() -> None:
    d = finding({"x": "real[batch, feature]", "y": "index[batch] of feature"}, "sum(x[feature=y + 1])")
    assert d.code == "LD003" and "axis `feature` is selected by an integer or an index" in d.message


def test_index_of_another_axis_is_refused() -> None:
    d = finding(
        {"x": "real[batch, feature]", "y": "index[batch] of class", "z": "real[class]"}, "sum(x[feature=y]) + sum(z)"
    )
    assert d.code == "LD005" and "an index of `class` cannot select along `feature`" in d.message


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("1..", slice(1, None)),
        ("..-1", slice(None, -1)),
        ("2..5", slice(2, 5)),
        ("-3..", slice(-3, None)),
        ("1..-1", slice(1, -1)),
        ("..2", slice(None, 2)),
        ("-3..-1", slice(-3, -1)),
        ("0..", slice(0, None)),
    ],
)
def test_slices_are_half_open(text: str, cut: slice) -> None:
    x = randn(6, 3, seed=7)
    check({"x": "real[time, feature]"}, f"mean(x[time={text}]^2)", {"x": x}, lambda x: (x[cut] ** 2).mean())
    check(
        {"x": "real[feature, time]"},
        f"mean(x[time={text}]^2)",
        {"x": x.T.contiguous()},
        lambda x: (x[:, cut] ** 2).mean(),
    )


def test_slices_of_equal_length_meet() -> None:
    x = randn(6, seed=8)
    check({"x": "real[time]"}, "sum((x[time=1..] - x[time=..-1])^2)", {"x": x}, lambda x: (x.diff() ** 2).sum())
    check(
        {"x": "real[time]"},
        "sum((x[time=2..] - 2*x[time=1..-1] + x[time=..-2])^2)",
        {"x": x},
        lambda x: (x.diff().diff() ** 2).sum(),
    )
    check({"x": "real[time]"}, "sum(x[time=1..][time=1..] * x[time=2..])", {"x": x}, lambda x: (x[2:] ** 2).sum())


def test_slice_of_two_axes() -> None:
    image = randn(4, 5, seed=9)
    check(
        {"m": "real[height, width]"},
        "sum(m[height=1.., width=..-1] * m[height=..-1, width=1..])",
        {"m": image},
        lambda m: (m[1:, :-1] * m[:-1, 1:]).sum(),
    )


def test_two_lengths_of_one_axis_never_meet() -> None:
    d = finding({"x": "real[batch, time]"}, "mean((x[time=1..] - x)^2)")
    assert d.code == "LD006"
    assert d.message == "axis `time` has length time-1 on one side and time on the other"
    assert marked(d) == "x[time=1..] - x"
    assert finding({"x": "real[time]", "m": "mask[time]"}, "mean(x[time=1..] where m)").code == "LD006"
    assert finding({"x": "real[time]"}, "dot[time](x[time=1..], x)").code == "LD006"
    assert finding({"x": "real[time]"}, "sum(x[time=1..] * time)").code == "LD006"


def test_slice_longer_than_a_known_length() -> None:
    assert finding({"x": "real[view]"}, "sum(x[view=3..2])").code == "LD005"
    assert finding({"x": "real[view]"}, "sum(x[view=1..5])", axes={"view": 2}).code == "LD005"
    x = randn(3, seed=1)
    loss = module({"x": "real[time]"}, "sum(x[time=2..5])")
    with pytest.raises(lossdsl.LossDSLError, match="reaches position 4 of an axis of length time, which is 3 here"):
        loss(x=x)  # the slice is declared 3 long, and brackets in torch would silently give 1


def test_positions() -> None:
    check({"x": "real[time]"}, "sum((time + 1) * x)", {"x": X[:, 0]}, lambda x: (torch.arange(1, 5) * x).sum())
    check(
        {"x": "real[batch]"},
        "sum(x * x' where batch != batch')",
        {"x": X[:, 0]},
        lambda x: x.sum() ** 2 - (x * x).sum(),
    )
    check(
        {"x": "real[batch, class]", "y": "index[batch] of class"},
        "sum(x where y == class)",
        {"x": X, "y": LABELS},
        lambda x, y: x[torch.arange(4), y].sum(),
    )
    check(
        {"x": "real[batch]"},
        "sum(exp(-(batch - batch')^2 / 2) * x * x')",
        {"x": X[:, 0]},
        lambda x: x @ torch.exp(-((torch.arange(4)[:, None] - torch.arange(4)).double() ** 2) / 2) @ x,
    )
    check({"x": "real[time]"}, "sum(time / size[time] * x)", {"x": X[:, 0]}, lambda x: (torch.arange(4) / 4 * x).sum())
    check(
        {"x": "real[time]"}, "sum(0.9^time * x)", {"x": X[:, 0]}, lambda x: (0.9 ** torch.arange(4).double() * x).sum()
    )


def test_position_of_a_value_alone_and_its_mean() -> None:
    check({"x": "real[time]"}, "mean(time) * sum(x)", {"x": X[:, 0]}, lambda x: 1.5 * x.sum())


def test_sizes_and_counts() -> None:
    m = torch.tensor([True, False, True, True])
    given = {"x": X, "m": m}
    check(
        {"x": "real[batch, feature]", "m": "mask[batch]"},
        "sum(x) / size[batch] / size[feature]",
        given,
        lambda x, m: x.mean(),
    )
    check(
        {"x": "real[batch, feature]", "m": "mask[batch]"},
        "sum(x where m) / count[batch](m)",
        given,
        lambda x, m: x[m].sum() / 3,
    )
    check(
        {"x": "real[batch, feature]", "m": "mask[batch]"}, "sum(x) / size[batch, feature]", given, lambda x, m: x.mean()
    )
    check({"x": "real[batch, feature]", "m": "mask[batch]"}, "sum(x) / size[batch']", given, lambda x, m: x.sum() / 4)
    check(
        {"x": "real[batch, feature]", "m": "mask[batch]"},
        "sum(x) * count(x where m) + count(x)",
        given,
        lambda x, m: x.sum() * 9 + 12,
    )
    check(
        {"x": "real[batch, feature]"},
        "sum(x) * count[batch](x > 0)",
        {"x": X},
        lambda x: (x.sum() * (x > 0).sum(0)).mean(),
    )


def test_event_axis_by_name() -> None:
    check(
        {"p": "probs[class, batch] over class"},
        "sum[p.event](p^2) * 2",
        {"p": X.softmax(0)},
        lambda p: (p**2).sum(0).mean() * 2,
    )
    check({"p": "logits[batch, class]"}, "mean(p[class=0] * size[p.event])", {"p": X}, lambda p: p[:, 0].mean() * 3)
    check(
        {"z": "logits[batch, class]"},
        "mean(spread(z))",
        {"z": X},
        lambda z: (z.amax(-1) - z.amin(-1)).mean(),
        define={"spread(p)": "max[p.event](p) - min[p.event](p)"},
    )


@pytest.mark.parametrize("order", list(itertools.permutations("abc")))
def test_broadcast_by_name_in_every_order(order: tuple[str, ...]) -> None:
    sizes = {"a": 2, "b": 3, "c": 4}
    x = randn(*(sizes[n] for n in order), seed=3)
    y, z, w = randn(4, 2, seed=4), randn(3, seed=5), randn(3, 4, seed=6)

    def reference(x, y, z, w):  # type: ignore[no-untyped-def]
        spec = "".join(order)
        return (
            (torch.einsum(f"{spec}->abc", x) * y.T[:, None] + z[None, :, None] * w * torch.einsum("ca->ac", y)[:, None])
            .exp()
            .mean()
        )

    check(
        {"x": f"real[{', '.join(order)}]", "y": "real[c, a]", "z": "real[b]", "w": "real[b, c]"},
        "mean(exp(x * y + z * (w * y)))",
        {"x": x, "y": y, "z": z, "w": w},
        reference,
    )


@pytest.mark.parametrize("order", list(itertools.permutations("abc")))
def test_reduce_where_and_softmax_in_every_order(order: tuple[str, ...]) -> None:
    sizes = {"a": 2, "b": 3, "c": 4}
    x = randn(*(sizes[n] for n in order), seed=3)
    m = randn(4, 3, seed=7) > 0
    spec = "".join(order)

    def reference(x, m):  # type: ignore[no-untyped-def]
        p = torch.einsum(f"{spec}->abc", x).softmax(1) * torch.arange(1, 4)[:, None]
        q = torch.einsum(f"{spec}->abc", x).flatten(1).log_softmax(1).unflatten(1, (3, 4))
        inside = torch.where(m.T, (p - q) ** 2, 0.0)
        return (inside.sum((1, 2)) / m.sum()).sum()

    check(
        {"x": f"real[{', '.join(order)}]", "m": "mask[c, b]"},
        "sum(mean[c, b]((softmax[b](x) * (b + 1) - log_softmax[b, c](x))^2 where m))",
        {"x": x, "m": m},
        reference,
    )


def test_axis_facts() -> None:
    x, y = randn(2, 3, seed=1), randn(6, seed=2)
    check(
        {"x": "real[view, batch]", "y": "real[pair]"},
        "sum(x) * size[view] + sum(y) / size[pair]",
        {"x": x, "y": y},
        lambda x, y: x.sum() * 2 + y.mean(),
        axes={"view": 2, "pair": "2*batch"},
    )
    loss = module({"x": "real[view, batch]", "y": "real[pair]"}, "sum(x) + sum(y)", axes={"view": 2, "pair": "2*batch"})
    with pytest.raises(Exception, match=r"axis `view` of input `x` has size 3; the spec says 2"):
        loss(x=randn(3, 3), y=y)
    with pytest.raises(Exception, match=r"axis `pair` of input `y` has size 5"):
        loss(x=x, y=randn(5))


def test_shared_axes_must_agree() -> None:
    loss = module({"x": "real[batch]", "y": "real[batch]"}, "sum(x*y)")
    with pytest.raises(Exception, match=r"axis `batch` has size 4 in input `x` and size 3 in `y`"):
        loss(x=randn(4), y=randn(3))


def test_wrong_axes() -> None:
    inputs = {"x": "real[batch, feature]"}
    d = finding(inputs, "sum[time](x)")
    assert d.code == "LD005" and d.help is not None and "`batch`, `feature`" in d.help
    assert finding(inputs, "sum(x[batch])").code == "LD005"
    assert finding(inputs, "sum(x[batch, batch])").code == "LD005"
    assert finding(inputs, "sum(x[time=0])").code == "LD005"
    assert finding(inputs, "sum(x) / size[tme]").code == "LD005"
    assert finding(inputs, "dot[feature](x, sum[feature](x))").code == "LD005"
    assert finding(inputs, "sum[batch, batch](x)").code == "LD005"
