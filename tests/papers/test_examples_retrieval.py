"""The examples of the retrieval papers, worked out in plain NumPy."""

import numpy as np

from tests.papers.support import check, log_softmax, logsumexp, sigmoid, softmax, sqdist, unit


def me_bert(query, passage, query_mask, passage_mask, relevance, num_candidates):
    loss = 0
    for a, vectors in enumerate(query):
        scores = [
            sum(
                max(x @ y * m * n for y, n in zip(candidate, valid, strict=True))
                for x, m in zip(vectors, query_mask[a], strict=True)
            )
            for candidate, valid in zip(passage, passage_mask, strict=True)
        ]
        own = log_softmax(np.array(scores))[a * num_candidates : (a + 1) * num_candidates]
        loss -= (relevance[a] * own).sum() / len(query)
    return loss


def test_me_bert():
    check("me_bert", me_bert, ("query", "passage"))


def mambarec(
    user_emb, pos_emb, neg_emb, side_item, content_item, side_user, content_user, img_feat, txt_feat, batch_size
):
    def info_nce(a, c):
        return -np.diag(log_softmax(unit(a) @ unit(c).T / 0.2)).mean()

    v, t = unit(img_feat), unit(txt_feat)
    kernel = [np.exp(-sqdist(x, y) / 2).mean() for x, y in ((v, v), (t, t), (v, t))]
    bpr = -np.log(sigmoid((user_emb * pos_emb).sum(1) - (user_emb * neg_emb).sum(1))).mean()
    size = (user_emb**2).sum() + (pos_emb**2).sum() + (neg_emb**2).sum()
    contrast = info_nce(side_item, content_item) + info_nce(side_user, content_user)
    return bpr + 1e-4 * 0.5 * size / batch_size + 0.01 * contrast + 0.1 * (kernel[0] + kernel[1] - 2 * kernel[2])


def test_mambarec():
    check("mambarec", mambarec, ("user_emb", "pos_emb", "neg_emb", "side_item", "content_user", "img_feat", "txt_feat"))


def decoupled_softmax_topk(sim, pos_mask, tau=0.05, K=5, criterion="decoupled", it=32):  # noqa: N803
    total = 0
    for s, positive in zip(sim / tau, pos_mask != 0, strict=True):
        if criterion == "decoupled":
            lowered = logsumexp(np.where(positive, -100, s))
            total -= np.mean([x - np.logaddexp(lowered, x) for x in s[positive]])
        elif criterion == "topk":
            low, high = -s.max() - 5, -s.min() + 5
            for _ in range(it):
                middle = (low + high) / 2
                low, high = (middle, high) if sigmoid(2 * (s + middle)).sum() < K else (low, middle)
            total += np.log1p(np.exp(-2 * (s[positive] + (low + high) / 2))).mean()
        elif criterion == "softmax":
            total -= log_softmax(s)[positive].sum()
        else:
            total += (np.logaddexp(0, s) - s * positive).mean()
    return total / len(sim)


def test_decoupled_softmax_topk():
    check("decoupled_softmax_topk", decoupled_softmax_topk, ("sim",))


def gsp_zero_shot(cost, labels, class_embeddings, dml_loss, iters=100):
    mu, kernel, labels = 0.3, np.exp(-5 * cost), labels.astype(int)
    s, n = kernel.sum(1), cost.shape[2]
    t = np.full(len(cost), mu)
    for _ in range(iters + 1):
        p = 1 / n / (1 + t[:, None] * s)
        t = mu / (p * s).sum(1)
    attributes = (t[:, None, None] * kernel * p[:, None]).sum(2) / mu
    half, embedded = len(cost) // 2, class_embeddings[labels]
    predicted = []
    for train, test in ((slice(half, None), slice(half)), (slice(half), slice(half, None))):
        a = attributes[train]
        weights = a.T @ np.linalg.inv(a @ a.T + 0.05 * np.eye(len(a))) @ embedded[train]
        predicted.append(attributes[test] @ weights)
    p = softmax(9.5 * np.concatenate(predicted) @ class_embeddings.T)
    return 0.9 * dml_loss - 0.1 * np.log(p[np.arange(len(labels)), labels] + 1e-16).mean()


def test_gsp_zero_shot():
    check("gsp_zero_shot", gsp_zero_shot, ("cost", "class_embeddings", "dml_loss"))


def ranked(s, e, own, count, margin):
    """The truncated list-wise loss of the queries in the rows of s."""
    total = 0
    for i, scores in enumerate(s):
        negatives = [k for k in np.argsort(-scores, kind="stable") if not own[i, k]][:count]
        order = sorted(negatives, key=lambda k: (-e[i, k], k))
        for j, k in enumerate(order):
            if e[i, k] < margin:
                break
            total += logsumexp(scores[order[j:]]) - scores[k]
    return total / len(s)


def cprd(image_emb, text_emb, teacher_score, K):  # noqa: N803
    s = unit(image_emb) @ unit(text_emb).T / 0.07
    own = np.eye(*s.shape) > 0
    contrast = -(np.diag(log_softmax(s)).mean() + np.diag(log_softmax(s.T)).mean()) / 2
    taught = ranked(s, teacher_score, own, K, 0.5) + ranked(s.T, teacher_score.T, own.T, K, 0.5)
    return contrast + taught / 2


def test_cprd():
    check("cprd", cprd, ("image_emb", "text_emb"))


def geometry(x):
    cosine = unit(x) @ unit(x).T
    return softmax(np.where(np.eye(len(x)) > 0, -np.inf, cosine))


def qa(q, a, cq, ca, **params):
    def match(u, v):
        return -np.diag(log_softmax(u @ v.T)).mean()

    def align(x, y):
        wanted, found = geometry(y), geometry(x)
        return sum(
            wanted[i, j] * np.log(wanted[i, j] / found[i, j]) for i in range(len(x)) for j in range(len(x)) if i != j
        ) / len(x)

    return match(q, a) + match(cq, ca) + params.get("lambda", 1.0) * (align(q, cq) + align(a, ca))


def test_qa():
    check("qa_cross_embedding_gam", qa, ("q", "a"))
