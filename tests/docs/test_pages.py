"""Generated pages are current, and the formulas in them are balanced."""

import pytest

import lossdsl
from docs.generate_papers import PAGE, page


def test_the_gallery_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python docs/generate_papers.py`"


@pytest.mark.parametrize(
    "expression, formula",
    [
        ("mean(x^2)", r"\operatorname{mean}_{\mathrm{batch}} {x}^{2}"),
        ("sum(x * (x - 1))", r"\sum_{\mathrm{batch}} x \, \left(x - 1\right)"),
        ("mean(alpha * x where m)", r"\operatorname{mean}_{\mathrm{batch}} \left.\alpha \, x\right|_{m}"),
    ],
)
def test_latex(expression, formula):
    from lossdsl.runtime.latex import formulas

    spec = {
        "lossdsl": 1,
        "name": "t",
        "inputs": {"x": "real[batch]", "m": "mask[batch]"},
        "params": {"alpha": 2.0},
        "loss": {"term": expression},
    }
    assert formulas(lossdsl.load(spec, compile=False).program)["term"] == formula
