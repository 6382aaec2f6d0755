"""Several losses, metrics and choices."""

import pytest
import torch

import lossdsl
from tests.adversarial.common import data, spec

X, Y = data().values()
GAME = {
    "lossdsl": 1,
    "name": "game",
    "inputs": {"x": "logits[batch, class]", "y": "index[batch] of class", "z": "real[batch]"},
    "losses": {"main": {"a": "ce(x, y)", "b": "mean(z)"}, "other": {"a": "entropy(x)", "c": "mean(z^2)"}},
    "metrics": {"m": "mean(z^3)"},
}


def test_each_loss_has_its_own_terms_and_gradients():
    loss = lossdsl.load(GAME, compile=False)
    x, z = X.clone().requires_grad_(), X[:, 0].clone().requires_grad_()
    out = loss(x=x, y=Y, z=z)
    log = x.log_softmax(-1)
    main = torch.nn.functional.cross_entropy(x, Y) + z.mean()
    other = -(log.exp() * log).sum(-1).mean() + (z**2).mean()
    assert list(out.losses) == ["main", "other"] and out.loss is out.losses["main"].loss
    assert list(out.losses["main"].terms) == ["a", "b"] and list(out.losses["other"].terms) == ["a", "c"]
    for name, wanted in (("main", main), ("other", other)):
        torch.testing.assert_close(out.losses[name].loss, wanted)
        torch.testing.assert_close(sum(out.losses[name].terms.values()), wanted.detach())
        found = torch.autograd.grad(out.losses[name].loss, (x, z), retain_graph=True)
        for a, b in zip(found, torch.autograd.grad(wanted, (x, z), retain_graph=True), strict=True):
            torch.testing.assert_close(a, b)


def test_metrics_are_never_differentiated():
    z = X[:, 0].clone().requires_grad_()
    out = lossdsl.load(GAME, compile=False)(x=X, y=Y, z=z)
    assert not out.metrics["m"].requires_grad and out.metrics["m"].item() == pytest.approx((z**3).mean().item())
    only = lossdsl.load(spec("mean(x)", metrics={"bad": "mean(log(-abs(x)))"}), compile=False)
    x = X.clone().requires_grad_()
    out = only(x=x, y=Y)
    out.loss.backward()
    assert torch.isnan(out.metrics["bad"]) and torch.equal(x.grad, torch.full_like(X, 1 / 12))


def chosen(expression, value="a", **more):
    options = {"d": {"one_of": ["a", "b"], "value": value}}
    return lossdsl.load(spec(expression, options=options, **more), compile=False)


def test_only_the_chosen_branch_is_typed():
    torch.testing.assert_close(
        chosen("choose(d, a=ce(x, y), b=ce(x, y, x, x))")(x=X, y=Y).loss, torch.nn.functional.cross_entropy(X, Y)
    )
    with pytest.raises(lossdsl.LossDSLError):
        chosen("choose(d, a=ce(x, y), b=ce(x, y, x, x))", "b")


def test_all_branches_are_linted(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text(
        "lossdsl: 1\nname: t\ninputs: {x: 'real[batch]'}\noptions: {d: {one_of: [a, b], value: a}}\n"
        "loss: choose(d, a=mean(x), b=mean(nope))\n"
    )
    assert lossdsl.load(path, compile=False)(x=torch.ones(2)).loss.item() == 1
    assert [d.code for d in lossdsl.lint(path) if d.severity == "error"] == ["LD002"]


WRONG = {
    "branch missing": ("choose(d, a=mean(x))", "LD003", "no branch for `b`"),
    "branch too many": ("choose(d, a=mean(x), b=mean(x), c=1)", "LD003", "`c` is not a value"),
    "no such option": ("choose(q, a=mean(x), b=mean(x))", "LD002", "no option `q`"),
    "twice": ("choose(d, a=mean(x), a=mean(x), b=1)", None, "`a`"),
}


@pytest.mark.parametrize("expression, code, words", WRONG.values(), ids=WRONG)
def test_choices_must_match_their_option(expression, code, words):
    with pytest.raises(lossdsl.LossDSLError, match=words) as caught:
        chosen(expression)
    assert code in (None, caught.value.code) and caught.value.help


def test_options_are_told():
    loss = chosen("choose(d, a=mean(x), b=2*mean(x))")
    assert loss.options == {"d": "a"} and "d" not in loss.params
    other = chosen("choose(d, a=mean(x), b=2*mean(x))", "b")
    torch.testing.assert_close(other(x=X, y=Y).loss, 2 * X.mean())
