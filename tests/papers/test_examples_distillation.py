"""The examples of the distillation papers, worked out in plain NumPy."""

import numpy as np

from tests.papers.support import check, log_softmax, softmax, unit


def mds_s2(logits, labels, token_mask, queries, composed, composed_mask, truth, truth_mask, beta, n_queries):
    assert len(queries) == n_queries
    flat = logits.reshape(-1, logits.shape[-1])
    tokens = [-log_softmax(z)[int(y)] for z, y, m in zip(flat, labels.ravel(), token_mask.ravel(), strict=True) if m]

    def attend(memory, mask):
        distilled = []
        for states, valid in zip(memory, mask, strict=True):
            kept = states[valid != 0]
            distilled.append(softmax(queries @ kept.T / np.sqrt(queries.shape[1])) @ kept)
        return np.array(distilled)

    semantic = np.mean((attend(composed, composed_mask) - attend(truth, truth_mask)) ** 2)
    return np.mean(tokens) + beta * semantic


def test_mds_s2():
    check("mds_s2", mds_s2, ("logits", "queries", "composed", "truth"))


def wcord(student_logits, labels, critic_pos, critic_neg, teacher_feat, student_feat, sinkhorn_iters=50):
    n = len(labels)
    cross_entropy = np.mean([-log_softmax(z)[int(y)] for z, y in zip(student_logits, labels, strict=True)])
    cost = 1 - unit(teacher_feat) @ unit(student_feat).T
    kernel, column = np.exp(-cost / 0.05), np.ones(n)
    for _ in range(sinkhorn_iters):
        row = 1 / n / (kernel @ column)
        column = 1 / n / (kernel.T @ row)
    plan = row[:, None] * kernel * column
    return cross_entropy - 0.8 * (critic_pos.mean() - critic_neg.sum(1).mean()) + 0.05 * (plan * cost).sum()


def test_wcord():
    check("wcord", wcord, ("student_logits", "critic_pos", "critic_neg", "student_feat"))


def ps_kd(logits, labels, past_probs, epoch=0.0):
    share = 0.8 * (epoch + 1) / 300
    hard = np.eye(logits.shape[1])[labels.astype(int)]
    past = hard if epoch == 0 else past_probs
    return -(((1 - share) * hard + share * past) * log_softmax(logits)).sum(1).mean()


def test_ps_kd():
    check("ps_kd", ps_kd, ("logits",))


def learner(mode, log_p, a, q):
    """The loss of one sample a, whose distribution under the teacher is q."""
    seen = q > 0
    if mode == "ce_sgl":
        return -log_p[a]
    if mode == "ce_ptl":
        return -q[a] * log_p[a]
    if mode == "sel_ptl":
        return 0.5 * (log_p[a] - np.log(q[a])) ** 2
    if mode == "kl_ful":
        return (q[seen] * (np.log(q[seen]) - log_p[seen])).sum()
    if mode == "ce_ful":
        return -(q * log_p).sum()
    return 0.5 * ((log_p - np.log(q)) ** 2).sum()


def knowledge_transfer_sel(logits, labels, teacher_probs, mode="sel_ptl"):
    return sum(
        learner(mode, *each) for each in zip(log_softmax(logits), labels.astype(int), teacher_probs, strict=True)
    )


def test_knowledge_transfer_sel():
    check("knowledge_transfer_sel", knowledge_transfer_sel, ("logits",))
