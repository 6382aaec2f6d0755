"""The examples of the classification papers, worked out in plain NumPy."""

import numpy as np

from tests.papers.support import check, log_softmax, logsumexp, sigmoid, softmax, unit, xlogx


def ce(logits, labels):
    return np.mean([-log_softmax(z)[int(y)] for z, y in zip(logits, labels, strict=True)])


def lego_gcd(logits, proj, labels, labeled, qhat, n_known, epoch=0.0, dkl_double_softmax=1):
    views, images, classes = logits.shape
    teacher_temp = 0.07 - 0.03 * min(epoch / 29, 1)
    p, log_p = softmax(logits / 0.1), log_softmax(logits / 0.1)
    teacher = softmax(logits / teacher_temp)
    dist = -((teacher[0] * log_p[1]).sum(-1).mean() + (teacher[1] * log_p[0]).sum(-1).mean()) / 2
    twice = (log_softmax(p[0]) - log_softmax(p[1])) if dkl_double_softmax else log_p[0] - log_p[1]
    dkl = (p[0] * twice).sum(-1).mean()
    memax = np.log(classes) + xlogx(p.reshape(-1, classes).mean(0)).sum()
    u = unit(proj).reshape(2 * images, -1)
    rows = range(2 * images)
    contrast = supervised = count = 0
    for r in rows:
        others = [u[r] @ u[s] for s in rows if s != r]
        contrast += logsumexp(np.array(others)) - u[r] @ u[(r + images) % (2 * images)]
        if not labeled[r % images]:
            continue
        among = [s for s in rows if s != r and labeled[s % images]]
        friends = [s for s in among if labels[s % images] == labels[r % images]]
        scores = np.array([u[r] @ u[s] / 0.07 for s in among])
        supervised += logsumexp(scores) - np.mean([u[r] @ u[s] / 0.07 for s in friends])
        count += 1
    cls = np.mean([-log_p[v, b, int(labels[b])] for v in range(2) for b in range(images) if labeled[b]])
    ler = 0
    for v in range(2):
        for b in range(images):
            if not labeled[b] and p[v, b].max() >= 0.7 and logits[v, b].argmax() < n_known:
                sharp = logits[v, b] / 0.05
                ler -= (softmax(sharp) * log_softmax(sharp + 0.4 * np.log(qhat))).sum()
    return (0.65 * (dist + dkl + 2 * memax + contrast / (2 * images)) + 0.35 * (cls + supervised / count)
            + 2 * ler / (2 * images))  # fmt: skip


def test_lego_gcd():
    check("lego_gcd", lego_gcd)


def entropy_guided_attention(attn, head_threshold, logits, labels, loss_coeff=1e-5):
    largest = np.log(attn.shape[-1])
    deviation = -(attn * np.log(attn + 1e-9)).sum(-1) - head_threshold[:, None] * largest
    penalty = np.where(abs(deviation) > 0.2 * largest, deviation**2, 0).sum((1, 3)).mean()
    next_token = ce(logits[:, :-1].reshape(-1, logits.shape[-1]), labels[:, 1:].reshape(-1))
    return next_token + loss_coeff * penalty


def test_entropy_guided_attention():
    check("entropy_guided_attention", entropy_guided_attention, ("head_threshold", "logits"))


def aem(attn_logits, bag_logits, label):
    return ce(bag_logits, label) + 0.1 * xlogx(softmax(attn_logits)).sum(-1).mean()


def test_aem():
    check("aem", aem, ("attn_logits", "bag_logits"))


def aem_dsmil(attn_logits, bag_logits, label, inst_logits):
    bag = (ce(inst_logits.max(0)[None], label) + ce(bag_logits, label)) / 2
    return bag + 0.1 * xlogx(softmax(attn_logits)).sum(-1).mean()


def test_aem_dsmil():
    check("aem__dsmil", aem_dsmil, ("attn_logits", "bag_logits", "inst_logits"))


def inducing_neural_collapse_longtail(feat, logits, labels, class_mean, nc2_variant="v0", lamda3=0.0):
    classes = len(class_mean)
    nc1 = 0
    for c in range(classes):
        own = ((feat[labels == c] - class_mean[c]) ** 2).sum()
        nc1 += np.clip(own / ((labels == c).sum() + 1e-10), 1e-12, 1e12) / classes
    centre = class_mean.mean(0)
    cosine = unit(class_mean - centre) @ unit(class_mean - centre).T
    off = cosine - 2 * np.diag(np.diag(cosine))
    if nc2_variant == "v2":
        nc2 = np.linalg.norm(cosine - (1 + 1 / (classes - 1)) * np.diag(np.diag(cosine)))
    else:
        nearest = off.max(1) if nc2_variant == "v0" else off.max()
        nc2 = -np.mean(np.arccos(np.clip(nearest, -0.99999, 0.99999)))
    return ce(logits, labels) + 0.01 * nc1 + 0.1 * nc2 + lamda3 * (centre**2).sum()


def test_inducing_neural_collapse_longtail():
    check("inducing_neural_collapse_longtail", inducing_neural_collapse_longtail, ("feat", "logits", "class_mean"))


def dual_randomized_smoothing(logits, labels, num_noise, training="consistency"):
    loss = ce(logits, np.repeat(labels, num_noise))
    p = softmax(logits).reshape(len(labels), num_noise, -1)
    for image in p if training == "consistency" else ():
        q = np.maximum(image.mean(0), 1e-6)
        kl = np.mean([(q * (np.log(q) - np.log(np.maximum(draw, 1e-6)))).sum() for draw in image])
        loss += 15 * (kl - 0.05 * (q * np.log(q)).sum()) / len(labels)
    return loss


def test_dual_randomized_smoothing():
    check("dual_randomized_smoothing", dual_randomized_smoothing, ("logits",))


def spectral_decoupling(yhat, y, variant="per_class", step=0.0):
    logistic = np.mean(np.log1p(np.exp(-np.where(y > 0, 1, -1) * yhat)))
    if variant == "mean":
        return logistic + 0.003 * np.mean(yhat**2)
    if variant == "anneal":
        return (2e-5 if step >= 450 else 1) * logistic + 2e-5 * np.mean(yhat**2)
    classes = [np.mean((yhat[y == c] - gamma) ** 2) if (y == c).any() else 0 for c, gamma in ((1, 2.5), (0, 0.44))]
    return logistic + 0.1 * sum(classes)


def test_spectral_decoupling():
    check("spectral_decoupling", spectral_decoupling, ("yhat",))


def em_apl_single_positive(logits, labels, alpha=0.2, beta=0.02):
    p, total = sigmoid(logits), 0
    for q, o in zip(p.ravel(), labels.ravel(), strict=True):
        yes, no = -np.log(q + 1e-5), -np.log(1 - q + 1e-5)
        if o == 1:
            total += yes
        elif o == 0:
            total -= alpha * (q * yes + (1 - q) * no)
        else:
            total += beta * (-o * yes + (1 + o) * no)
    return total / p.size


def test_em_apl_single_positive():
    check("em_apl_single_positive", em_apl_single_positive, ("logits",))


def comp_sum_losses(logits, logits_adv, labels, tau=1.0, rho=1.0, nu=1.0):
    total = 0
    for z, moved, y in zip(logits, logits_adv, labels.astype(int), strict=True):
        u = sum(np.exp((z[c] - z[y]) / rho) for c in range(len(z)) if c != y)
        phi = np.log(1 + u) if tau == 1 else ((1 + u) ** (1 - tau) - 1) / (1 - tau)
        total += phi + nu * np.linalg.norm((moved[y] - moved) - (z[y] - z))
    return total / len(logits)


def test_comp_sum_losses():
    check("comp_sum_losses", comp_sum_losses, ("logits", "logits_adv"))
