"""The examples of the papers on reinforcement learning of language models, worked out in plain NumPy."""

import numpy as np

from tests.papers.support import check, log_softmax, logsumexp, softmax, xlogx


def chosen(logits, actions):
    return np.take_along_axis(log_softmax(logits), actions.astype(int)[..., None], -1)[..., 0]


def aent(
    logits,
    actions,
    advantages,
    prox_logp,
    old_logp,
    mask,
    entropy_clamp=0.2,
    c_clip=0,
    behav_imp_weight_cap=0,
    eps_clip_higher=0.2,
):
    total = 0
    for z, a, advantage, prox, old, m in zip(
        logits, actions.astype(int), advantages, prox_logp, old_logp, mask, strict=True
    ):
        if not m:
            continue
        ratio = np.exp(log_softmax(z)[a] - prox)
        loss = max(-advantage * ratio, -advantage * np.clip(ratio, 0.8, 1 + eps_clip_higher))
        if c_clip:
            loss = min(loss, c_clip * abs(advantage))
        weight = np.exp(prox - old)
        if behav_imp_weight_cap and weight > behav_imp_weight_cap:
            weight = 0
        kept = np.sort(z)[int(len(z) * entropy_clamp) :]
        total += weight * loss + 0.001 * xlogx(softmax(kept)).sum()
    return total / max(mask.sum(), 1)


def test_aent():
    check("aent", aent, ("logits",))


def siren(logits, actions, old_logprob, advantages, response_mask, entropy_anchor, mask_ratio=0.8):
    rho = np.exp(chosen(logits, actions) - old_logprob)
    clipped = np.maximum(-advantages * rho, -advantages * np.clip(rho, 0.8, 1.2))
    h = np.where(advantages < 0, np.minimum(clipped, -3 * advantages), clipped)
    policy = np.mean((h * response_mask).sum(1) / h.shape[1])
    peaks = []
    for row, valid in zip(softmax(logits), response_mask != 0, strict=True):
        entropies = []
        for p in row[valid]:
            ordered = np.sort(p)[::-1]
            top = ordered[np.cumsum(ordered) < 0.8]
            q = top / (top.sum() + 1e-12)
            entropies.append(-(q * np.log(q + 1e-12)).sum())
        entropies = np.array(entropies)
        high = entropies[entropies > np.quantile(entropies, mask_ratio)] if valid.any() else entropies
        peaks.append(high.mean() if len(high) else 0)
    return policy + 0.005 * (np.mean(peaks) - entropy_anchor) ** 2


def test_siren():
    check("siren_entropy", siren, ("logits",))


def epo(
    logits,
    tokens,
    old_logprob,
    advantages,
    response_mask,
    rollout_step,
    entropy_history,
    rollouts,
    max_steps,
    epoch=0.0,
    enable_smooth_weights=True,
):
    ratio = np.exp(chosen(logits, tokens) - old_logprob)
    clipped = np.maximum(-advantages * ratio, -advantages * np.clip(ratio, 0.8, 1.2))
    policy = np.where(advantages < 0, np.minimum(clipped, -3 * advantages), clipped)
    entropy = -xlogx(softmax(logits)).sum(-1)
    history = entropy_history[rollout_step.astype(int)][:, None]
    beta = 1 - 0.2 * (1 - np.exp(-2 * epoch / 75)) if epoch <= 75 else 0.8 * np.exp(-3 * (epoch - 75) / 75)
    penalty = np.where((entropy > 0) & (entropy < 2 * history), 0, 0.05 * (beta if enable_smooth_weights else 1))
    active = (rollout_step >= max_steps // 2).any()
    each = policy - 0.001 * (entropy - active * penalty)
    return (each * response_mask).sum() / (response_mask.sum() + 1e-8)


def test_epo():
    check("epo", epo, ("logits",))


def aepo(logprob, old_logprob, response_mask, is_temp_sample, advantage):
    total = 0
    for at in np.ndindex(logprob.shape):
        a = 1 if is_temp_sample[at[0]] else advantage[at]
        d = logprob[at] - old_logprob[at]
        loss = max(-a * np.exp(d), -a * np.exp(np.clip(d, np.log(0.8), np.log(1.2))))
        total += response_mask[at] * (min(loss, -3 * a) if a < 0 else loss)
    return total / (response_mask.sum() + 1e-8)


def test_aepo():
    check("aepo", aepo, ("logprob",))


def aer(logits, actions, old_logprob, response_mask, reward, alpha, entropy_init):
    advantage = ((reward - reward.mean(1, keepdims=True)) / reward.std(1, keepdims=True))[..., None]
    ratio = np.exp(chosen(logits, actions) - old_logprob)
    policy = -np.minimum(ratio * advantage, np.clip(ratio, 0.8, 1.2) * advantage)
    entropy = -xlogx(softmax(logits)).sum(-1)
    bonus = 0
    for h, m, scores in zip(entropy, response_mask, reward, strict=True):
        bonus += max(0, 1 - scores.mean() / 0.5) * (h * m).sum() / m.sum() / len(reward)
    return (policy * response_mask).sum() / response_mask.sum() - alpha * bonus


def test_aer():
    check("aer_adaptive_entropy", aer, ("logits",))


def er_prm(logits, labels, values):
    losses = []
    for b, row in enumerate(logits):
        for s in range(len(row) - 1):
            if labels[b, s + 1] != -100:
                log_p, v = log_softmax(row[s, :2]), values[b, s + 1]
                losses.append(-v * log_p[0] - (1 - v) * log_p[1])
    return np.mean(losses)


def test_er_prm():
    check("er_prm", er_prm, ("logits",))


def er_prm_rollouts(logits, labels, rollout_correct, eta):
    values = abs((logsumexp(eta * rollout_correct) - np.log(rollout_correct.shape[-1])) / eta)
    return er_prm(logits, labels, values)


def test_er_prm_rollouts():
    check("er_prm__rollouts", er_prm_rollouts, ("logits",))


def lp_reg(
    logp,
    old_logp,
    proxy_logp,
    advantages,
    response_mask,
    logp_neg_k_percent=0.01,
    kl_type="low_var_kl",
    loss_agg_mode="token_mean",
):
    r = np.exp(logp - old_logp)
    losses = np.maximum(-advantages * r, -advantages * np.clip(r, 0, 10))
    among = [at for at in np.ndindex(logp.shape) if response_mask[at] and advantages[at] < 0]
    number = max(1, int(len(among) * logp_neg_k_percent))
    for at in sorted(among, key=lambda at: logp[at])[:number] if number > 1 else ():
        if logp[at] < proxy_logp[at]:
            d = proxy_logp[at] - logp[at]
            kl = np.exp(d) - d - 1 if kl_type == "low_var_kl" else d**2 / 2
            losses[at] = -advantages[at] * r[at] + np.clip(kl, -10, 10)
    losses = losses * response_mask
    if loss_agg_mode == "token_mean":
        return losses.sum() / (response_mask.sum() + 1e-8)
    if loss_agg_mode == "seq_mean_token_mean":
        return np.mean(losses.sum(1) / (response_mask.sum(1) + 1e-8))
    return losses.sum() / losses.shape[1]


def test_lp_reg():
    check("low_probability_regularization_lp_reg", lp_reg, ("logp",))
