import pytest
import torch
import torch.nn.functional as F

from tests.std.support import agree, masked, random, value

X, Y, Z = random(5, 4, seed=1), random(5, 4, seed=2), random(2, 5, 4, seed=3)
LABELS = torch.tensor([0, 1, 0, 1, 2])
VIEWS, PAIR = (
    {"z": ("real[view, batch, feature]", Z)},
    {"x": ("real[batch, feature]", X), "y": ("real[batch, feature]", Y)},
)
LABEL = {"l": ("index[batch] of class ignore -100", LABELS)}


def unit(x):
    return x / x.norm(dim=-1, keepdim=True)


def info_nce(x, y, tau=0.1):
    return F.cross_entropy(unit(x) @ unit(y).mT / tau, torch.arange(len(x)), reduction="none")


def nt_xent(z, tau=0.5):
    """SimCLR's: rows of all views in one batch; [view, batch]."""
    views, n, _ = z.shape
    flat = unit(z).flatten(0, 1)
    s = (flat @ flat.T / tau).masked_fill(torch.eye(views * n, dtype=torch.bool), -torch.inf)
    return F.cross_entropy(s, (torch.arange(2 * n) + n) % (2 * n), reduction="none").reshape(views, n)


def supcon(z, y, tau=0.07):
    """The reference implementation's, for anchors of all views; [view, batch]."""
    views, n, _ = z.shape
    flat, labels = unit(z).flatten(0, 1), y.repeat(views)
    s = flat @ flat.T / tau
    other = ~torch.eye(views * n, dtype=torch.bool)
    logp = s - torch.logsumexp(s.masked_fill(~other, -torch.inf), 1, keepdim=True)
    positive = other & (labels[:, None] == labels)
    return -((logp * positive).sum(1) / positive.sum(1).clamp(min=1)).reshape(views, n)


def siglip(x, y, scale=10.0, bias=-10.0):
    sign = 2 * torch.eye(len(x), dtype=x.dtype) - 1
    return -F.logsigmoid(sign * (scale * unit(x) @ unit(y).T + bias)).sum(1)


def barlow(x, y, lam=0.005):
    def scaled(x):
        return (x - x.mean(0)) / x.std(0, correction=0)

    c = scaled(x).T @ scaled(y) / len(x)
    on = torch.eye(len(c), dtype=torch.bool)
    return ((c - 1)[on] ** 2).sum() + lam * (c[~on] ** 2).sum()


def vicreg(x, y, a=25.0, b=25.0, c=1.0):
    def spread(x):
        return F.relu(1 - torch.sqrt(x.var(0) + 1e-4)).mean()

    def mixed(x):
        cov = torch.cov(x.T)
        return (cov[~torch.eye(len(cov), dtype=torch.bool)] ** 2).sum() / len(cov)

    return a * F.mse_loss(x, y) + b * (spread(x) + spread(y)) / 2 + c * (mixed(x) + mixed(y))


def uniformity(x, t=2.0):
    return torch.pdist(unit(x)).pow(2).mul(-t).exp().mean().log()


OF_PAIRS = {
    "info_nce(x, y)": (info_nce, "batch"),
    "info_nce(x, y, tau=0.5)": (lambda x, y: info_nce(x, y, 0.5), "batch"),
    "clip_loss(x, y)": (lambda x, y: (info_nce(x, y, 0.07) + info_nce(y, x, 0.07)) / 2, "batch"),
    "siglip(x, y)": (siglip, "batch"),
    "siglip(x, y, scale=5, bias=-2)": (lambda x, y: siglip(x, y, 5, -2), "batch"),
    "nt_xent(x, y)": (lambda x, y: nt_xent(torch.stack([x, y])).mean(0), "batch"),
    "align(x, y)": (lambda x, y: (unit(x) - unit(y)).norm(dim=-1) ** 2, "batch"),
    "align(x, y, alpha=1)": (lambda x, y: (unit(x) - unit(y)).norm(dim=-1), "batch"),
    "barlow(x, y)": (barlow, None),
    "barlow(x, y, lam=0.1)": (lambda x, y: barlow(x, y, 0.1), None),
    "vicreg(x, y)": (vicreg, None),
    "vicreg(x, y, 1, 2, 3)": (lambda x, y: vicreg(x, y, 1, 2, 3), None),
    "uniformity(x) + uniformity(y, t=1)": (lambda x, y: uniformity(x) + uniformity(y, 1), None),
}


@pytest.mark.parametrize("expression", OF_PAIRS)
def test_losses_of_two_views(expression):
    reference, over = OF_PAIRS[expression]
    agree(expression, PAIR, reference, over=over)


@pytest.mark.parametrize("expression", ["info_nce", "clip_loss", "siglip", "nt_xent", "align"])
def test_other_axes_stay(expression):
    x, y = random(3, 5, 4, seed=6), random(3, 5, 4, seed=7)
    inputs = {"x": ("real[head, batch, feature]", x), "y": ("real[head, batch, feature]", y)}
    reference = OF_PAIRS[f"{expression}(x, y)"][0]
    agree(
        f"{expression}[batch, feature](x, y)",
        inputs,
        lambda x, y: torch.stack([reference(a, b) for a, b in zip(x, y, strict=True)]),
        over="head, batch",
    )


def test_views_along_an_axis():
    agree("nt_xent(z)", VIEWS, nt_xent, over="view, batch")
    agree("nt_xent(z, tau=0.1)", VIEWS, lambda z: nt_xent(z, 0.1), over="view, batch")
    agree("supcon(z, l)", VIEWS | LABEL, lambda z, y: supcon(z, y), over="view, batch")
    agree("supcon(z, l, tau=0.5)", VIEWS | LABEL, lambda z, y: supcon(z, y, 0.5), over="view, batch")


def test_supcon_of_one_view():
    agree("supcon(x, l)", {"x": PAIR["x"]} | LABEL, lambda x, y: supcon(x[None], y)[0], over="batch")


def test_supcon_leaves_rows_without_label_out():
    ignored = LABELS.clone()
    ignored[1] = -100
    kept = ignored >= 0
    agree(
        "supcon(z, l)",
        VIEWS | {"l": ("index[batch] of class ignore -100", ignored)},
        lambda z, y: supcon(z[:, kept], y[kept]),
    )
    agree(
        "supcon(x, l)",
        {"x": PAIR["x"], "l": ("index[batch] of class ignore -100", ignored)},
        lambda x, y: supcon(x[None, kept], y[kept]),
    )


@pytest.mark.parametrize("margin", [1.0, 0.2])
def test_triplet(margin):
    inputs = {n: ("real[batch, feature]", t) for n, t in {"a": X, "p": Y, "n": Z[0]}.items()}
    agree(
        f"triplet[feature](a, p, n, margin={margin})",
        inputs,
        lambda a, p, n: F.triplet_margin_loss(a, p, n, margin=margin, reduction="none"),
        over="batch",
    )


@pytest.mark.parametrize("expression", OF_PAIRS)
def test_masked_rows(expression):
    keep = torch.tensor([True, False, True, True, True])
    held = {n: masked(d, t, keep) for n, (d, t) in PAIR.items()}
    found, gradients = value(expression, held | {"keep": ("mask[batch]", keep)})
    right, expected = value(expression, {n: (d, t[keep]) for n, (d, t) in PAIR.items()})
    assert found == pytest.approx(right, rel=1e-12)
    for n in PAIR:
        assert torch.allclose(gradients[n][keep], expected[n], rtol=0, atol=1e-11)
        assert (gradients[n][~keep] == 0).all()


@pytest.mark.parametrize("expression", [*OF_PAIRS, "triplet[feature](x, y, x)"])
def test_equal_rows_and_rows_of_0_have_finite_gradients(expression):
    even = torch.ones(4, 3, dtype=torch.float64)
    even[2] = 0
    inputs = {"x": ("real[batch, feature]", even), "y": ("real[batch, feature]", even)}
    found, gradients = value(expression, inputs)
    assert found == found and all(torch.isfinite(g).all() for g in gradients.values())


def test_far_pairs_are_exact():
    """One anchor whose positive is opposite and whose negative is itself: the loss is 2/tau, to rounding."""
    x = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    y = torch.tensor([[-1.0, 0.0], [1.0, 0.0]], dtype=torch.float64)
    found, _ = value("info_nce(x, y, tau=0.01)", {"x": ("real[batch, feature]", x), "y": ("real[batch, feature]", y)})
    assert found == pytest.approx((200 + torch.log(torch.tensor(2.0)).item()) / 2, rel=1e-7)
