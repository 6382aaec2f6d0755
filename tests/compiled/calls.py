"""A call of every definition of the standard library, with small inputs."""

import torch

INPUTS = {
    "x": "logits[batch, class]", "q": "logits[batch, class]", "y": "index[batch] of class ignore -100",
    "s": "score[batch]", "t": "real[batch] in [0, 1] fixed", "u": "real[batch]", "v": "real[batch]",
    "z": "real[batch, feature]", "w": "real[batch, feature]", "other": "real[row, feature]",
    "views": "real[view, batch, feature]", "scores": "real[batch, batch']", "image": "real[image, height, width]",
    "second": "real[image, height, width]", "drawn": "score[image, height, width]", "cost": "real[row, column]",
    "logp": "real[batch]", "old": "real[batch] fixed", "ref": "real[batch] fixed", "adv": "real[batch] fixed",
    "directions": "real[direction, feature] fixed", "weight": "real[out, feature]",
}  # fmt: skip

GROUPS = {
    "classification": """bce(s, t); bce(sigmoid(s), t); focal(x, y); focal(s, t); label_smoothing(x, y); poly(x, y);
        generalized_ce(x, y); mae_ce(x, y); hinge(x, y); hinge(s, t)""",
    "distributions": """entropy(x); ce(x, y); ce(x, softmax(q)); nll(x, y); cross_entropy(x, y); kl(x || q);
        jeffreys(x || q); js(x || q); renyi(x, 0.5); renyi(x || q, 2); tsallis(x, 2); tsallis(x || q, 0.5);
        alpha_div(x || q, 0.5); affinity(x || q, 0.5); tv_distance(x || q); hellinger(x || q);
        mutual_information[batch, class](x);
        confidence(x); margin(x); entropy(mix(x, q, 0.3)); entropy(sharpen(x, 0.5)); logaddexp(u, v)""",
    "contrastive": """info_nce(z, w); clip_loss(z, w); siglip(z, w); nt_xent(z, w); nt_xent(views); supcon(z, y);
        supcon(views, y); triplet[feature](z, w, z + 1); align(z, w); uniformity(z); barlow(z, w); vicreg(z, w)""",
    "distances": "sqdist[feature](z, w); cosine[feature](z, w); pairwise_sqdist(z); pairwise_sqdist(z, other)",
    "statistics": """var[batch](z); std[batch](z); cov(z); cov(u, v); corr(z); corr(u, v);
        square(standardise[batch](z) - w);
        square(normalise[feature](z) - w); sum(var(u, correction=1))""",
    "regression": "mse(u, v); mae(u, v); huber(u, v); smooth_l1(u, v); log_cosh(u, v); quantile_loss(u, v, q=0.3)",
    "information": """dv(u, scores); dv(scores); mine(u, scores, 2.0); nwj(scores); nwj(u, scores); smile(scores);
        smile(u, scores);
        js_mi(scores); js_mi(u, scores); mmd(z, other); cs_divergence(x || q); cs_divergence(z, other); hsic(z, w);
        hsic(z, u);
        hsic(u, v); dcov(z, w); dcov(z, u); dcov(u, v); dcor(z, w); dcor(z, u); dcor(u, v)""",
    "policy": """pg(logp, adv); ppo_clip(logp, old, adv); grpo(logp, old, ref, adv); kl_k1(logp, ref);
        kl_k2(logp, ref);
        kl_k3(logp, ref); clamped_entropy(x)""",
    "images": """tv[height, width](image); square(laplacian[height, width](image)); dice(drawn, sigmoid(second));
        iou(drawn, sigmoid(second));
        ssim[height, width](image, second, window=3)""",
    "transport": "wasserstein_1d(u, v); sliced_wasserstein(z, w, directions)",
    "spectral": """von_neumann_entropy(z); effective_rank(weight); nuclear_norm(weight); coding_rate(z)""",
    "weights": "l1(weight); l2(weight); orthogonality(weight); spectral_norm(weight); hyperspherical_energy(weight)",
}  # fmt: skip
SCHEDULES = """linear(1, 0.1, 100); cosine(1, 0.1, steps=100); exponential(1, 0.1, steps=100);
        polynomial(1, 0.1, steps=100);
    warmup(1, 50); sigmoid_ramp(0, 1, 80); cyclic(0, 1, 20); piecewise(1, 10, 2); piecewise(1, 10, 2, 20, 3)"""


def expressions(text):
    return [" ".join(part.split()) for part in text.split(";")]


def terms(group):
    """One spec of several terms costs one compilation; a different weight each keeps a mistake from cancelling."""
    return {f"t{i}": f"{1 + i / 8} * mean({e})" for i, e in enumerate(expressions(GROUPS[group]))}


def spec(group):
    found = terms(group)
    words = " ".join(found.values()).replace("(", " ").replace(")", " ").replace(",", " ").split()
    used = {n: d for n, d in INPUTS.items() if n in words}
    return {"lossdsl": 1, "name": group, "inputs": used, "loss": found}


def data(names, batch=6, seed=0):
    sizes = {"batch": batch, "batch'": batch, "class": 4, "feature": 3, "row": 5, "column": 4, "view": 2, "image": 2,
             "height": 6, "width": 5, "direction": 4, "out": 4}  # fmt: skip
    g = torch.Generator().manual_seed(seed)
    found = {}
    for name in names:
        axes = INPUTS[name].split("[")[1].split("]")[0].split(", ")
        shape = [sizes[a] for a in axes]
        if name == "y":
            found[name] = torch.randint(0, 4, shape, generator=g)
            found[name][1:2] = -100
        elif name == "t":
            found[name] = torch.rand(shape, generator=g, dtype=torch.float64)
        else:
            found[name] = torch.randn(shape, generator=g, dtype=torch.float64)
    return found
