import pytest
import torch

import lossdsl
from docs.generate_std import PAGE, page
from lossdsl.elaborate.stdlib import NOT_SPECS, conventions, index, read_spec
from lossdsl.source.packaged import packaged

FILES = [path for path in sorted(packaged("specs", "std").glob("*.yaml")) if path.stem not in NOT_SPECS]
NAMES = """
var std cov corr standardise normalise sqdist cosine pairwise_sqdist
entropy cross_entropy ce nll kl js jeffreys renyi tsallis alpha_div tv_distance hellinger mutual_information confidence
margin mix sharpen bce focal label_smoothing poly generalized_ce mae_ce hinge mse mae huber smooth_l1 log_cosh
quantile_loss info_nce nt_xent supcon triplet barlow vicreg align uniformity clip_loss siglip
mine nwj dv smile js_mi hsic mmd cs_divergence dcov dcor sinkhorn sinkhorn_divergence wasserstein_1d sliced_wasserstein
von_neumann_entropy effective_rank nuclear_norm coding_rate pg ppo_clip grpo kl_k1 kl_k2 kl_k3 clamped_entropy
l1 l2 orthogonality spectral_norm hyperspherical_energy tv laplacian dice iou ssim
linear exponential polynomial warmup piecewise cyclic sigmoid_ramp
""".split()
CALLS = conventions()[1]


def test_every_promised_name_exists():
    assert not [name for name in NAMES if name not in index()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_definition_says_what_it_is_its_formula_and_its_source(path):
    spec = read_spec(path)
    assert spec.name == path.stem and spec.doc
    for definition in spec.define:
        assert definition.doc and definition.formula and definition.cite, definition.signature.text


@pytest.mark.parametrize("name", CALLS)
def test_a_loss_without_arguments_takes_the_conventional_ones(name):
    loss = lossdsl.compile(name, compile=False)
    assert list(loss.inputs) == list(CALLS[name])
    shapes = {"labels": torch.tensor([0, 1, -100, 1]), "pred": torch.randn(4), "target": torch.randn(4)}
    out = loss({input: shapes.get(input, torch.randn(4, 3)) for input in loss.inputs})
    assert torch.isfinite(out.loss) and out.loss.ndim == 0


def test_the_reference_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python docs/generate_std.py`"
