import pytest
import torch
import torch.nn.functional as F

from tests.std.support import SATURATED, agree, masked, random, value

LOGITS, LABELS = random(5, 4, seed=1), torch.tensor([0, 3, 1, 2, -100])
KEPT = LABELS >= 0
SCORES = torch.cat([random(6, seed=2), torch.tensor([0.0, 50.0, -50.0, 50.0, -50.0], dtype=torch.float64)])
TARGETS = torch.tensor([1, 0, 1, 0, 0.25, 0.8, 1, 1, 0, 0, 1], dtype=torch.float64)
HARD = TARGETS > 0.5


def p_y(x, y):
    return x.softmax(-1)[KEPT].gather(-1, y[KEPT, None]).squeeze(-1)


def ce(x, y, **options):
    return F.cross_entropy(x, y, reduction="none", **options)[KEPT]


ROWS = {
    "focal(x, y)": lambda x, y: (1 - p_y(x, y)) ** 2 * ce(x, y),
    "focal(x, y, gamma=0.5)": lambda x, y: (1 - p_y(x, y)) ** 0.5 * ce(x, y),
    "focal(x, y, gamma=0)": ce,
    "label_smoothing(x, y)": lambda x, y: ce(x, y, label_smoothing=0.1),
    "label_smoothing(x, y, eps=0.3)": lambda x, y: ce(x, y, label_smoothing=0.3),
    "poly(x, y)": lambda x, y: ce(x, y) + 1 - p_y(x, y),
    "poly(x, y, eps=2)": lambda x, y: ce(x, y) + 2 * (1 - p_y(x, y)),
    "generalized_ce(x, y)": lambda x, y: (1 - p_y(x, y) ** 0.7) / 0.7,
    "generalized_ce(x, y, q=1)": lambda x, y: 1 - p_y(x, y),
    "mae_ce(x, y)": lambda x, y: (F.one_hot(y[KEPT], 4) - x.softmax(-1)[KEPT]).abs().sum(-1),
    "hinge(x, y)": lambda x, y: F.multi_margin_loss(x[KEPT], y[KEPT], reduction="none"),
    "hinge(x, y, margin=2)": lambda x, y: F.multi_margin_loss(x[KEPT], y[KEPT], margin=2, reduction="none"),
}


@pytest.mark.parametrize("expression", ROWS)
def test_losses_of_a_label(expression):
    inputs = {"x": ("logits[batch, class]", LOGITS), "y": ("index[batch] of class ignore -100", LABELS)}
    agree(expression, inputs, ROWS[expression])


@pytest.mark.parametrize("expression", ROWS)
def test_saturated_logits(expression):
    inputs = {"x": ("logits[batch, class]", SATURATED), "y": ("index[batch] of class ignore -100", LABELS)}
    if "gamma=0.5" not in expression:  # the slope of the reference is infinite where it rounds 1 - p to 0
        agree(expression, inputs, ROWS[expression])
    for dtype in (torch.float64, torch.float32):
        held = inputs | {"x": ("logits[batch, class]", SATURATED.to(dtype))}
        assert torch.isfinite(value(expression, held)[1]["x"]).all()


@pytest.mark.parametrize("expression", [e for e in ROWS if "hinge" not in e])
def test_probabilities_give_the_same_values(expression):
    labels = ("index[batch] of class ignore -100", LABELS)
    found, _ = value(expression, {"x": ("probs[batch, class]", LOGITS.softmax(-1)), "y": labels})
    right, _ = value(expression, {"x": ("logits[batch, class]", LOGITS), "y": labels})
    assert found == pytest.approx(right, rel=1e-12)


@pytest.mark.parametrize("expression", [e for e in ROWS if "hinge" not in e and "label_smoothing" not in e])
def test_one_hot_probabilities(expression):
    one_hot = torch.eye(4, dtype=torch.float64)[[0, 3, 1]]
    found, gradients = value(
        expression,
        {
            "x": ("probs[batch, class]", one_hot),
            "y": ("index[batch] of class", torch.tensor([0, 3, 1])),
        },
    )
    assert found == 0 and torch.isfinite(gradients["x"]).all()


def sigmoid_focal(x, y, alpha=0.25, gamma=2.0):
    """torchvision.ops.sigmoid_focal_loss."""
    p = x.sigmoid()
    loss = F.binary_cross_entropy_with_logits(x, y, reduction="none") * (1 - p * y - (1 - p) * (1 - y)) ** gamma
    return loss * (alpha * y + (1 - alpha) * (1 - y)) if alpha >= 0 else loss


ELEMENTS = {
    "bce(x, y)": lambda x, y: F.binary_cross_entropy_with_logits(x, y, reduction="none"),
    "focal(x, y)": sigmoid_focal,
    "focal(x, y, alpha=-1, gamma=1)": lambda x, y: sigmoid_focal(x, y, -1, 1),
    "focal(x, y, 0.5, 3)": lambda x, y: sigmoid_focal(x, y, 0.5, 3),
    "hinge(x, y)": lambda x, y: torch.relu(1 - (2 * y - 1) * x),
}


@pytest.mark.parametrize("expression", ELEMENTS)
def test_losses_of_log_odds(expression):
    inputs = {"x": ("score[batch]", SCORES), "y": ("real[batch] fixed", TARGETS)}
    agree(expression, inputs, ELEMENTS[expression], over="batch")
    hard = {"x": ("score[batch]", SCORES), "y": ("mask[batch]", HARD)}
    agree(expression, hard, lambda x, y: ELEMENTS[expression](x, y.double()), over="batch")


def test_bce_of_saturated_log_odds_is_exact():
    ends = torch.tensor([50.0, -50.0], dtype=torch.float64)
    found, _ = value("bce(x, y)", {"x": ("score[batch]", ends), "y": ("mask[batch]", ends > 0)})
    assert found == pytest.approx(1.9287498479639178e-22, rel=1e-14)  # log(1 + exp(-50))


def test_bce_of_probabilities():
    p = torch.sigmoid(random(6, seed=3))
    inputs = {"p": ("prob[batch]", p), "y": ("real[batch] fixed", TARGETS[:6])}
    agree("bce(p, y)", inputs, lambda p, y: F.binary_cross_entropy(p, y, reduction="none"), over="batch")
    ends = torch.tensor([0.0, 1.0], dtype=torch.float64)
    found, gradients = value("bce(p, y)", {"p": ("prob[batch]", ends), "y": ("mask[batch]", ends > 0.5)})
    assert found == 0 and torch.isfinite(gradients["p"]).all()


def test_bce_of_a_sigmoid_is_as_stable_as_that_of_log_odds():
    inputs = {"x": ("score[batch]", SCORES), "y": ("real[batch] fixed", TARGETS)}
    agree("bce(sigmoid(x), y)", inputs, ELEMENTS["bce(x, y)"], over="batch")


def test_masked_elements():
    keep = torch.arange(11) % 3 > 0
    inputs = {
        "x": masked("score[batch]", SCORES, keep),
        "y": ("real[batch] fixed", TARGETS),
        "keep": ("mask[batch]", keep),
    }
    for expression, reference in ELEMENTS.items():
        found, gradients = value(expression, inputs)
        assert found == pytest.approx(reference(SCORES[keep], TARGETS[keep]).mean().item(), rel=1e-12)
        assert (gradients["x"][~keep] == 0).all() and torch.isfinite(gradients["x"]).all()
