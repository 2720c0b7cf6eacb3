"""The same job as its users write it today: a plain script in NumPy, torch or JAX.

Each takes a draw (NumPy arrays) and gives what the table of the job needs: training and test error and degrees of
freedom for all ridge values, the top squared singular values and left vectors. All three are given their due: Gram
matrices formed once, one pass over the ridge values.
"""

import math

import numpy as np

from benchmarks.job import TOP


def numpy_job(draw, eta, ridges):
    """The paper's formulas line by line, `numpy.linalg.svd`, one solve per ridge value."""
    X, y, Xt, yt, Xs, ys = _arrays(draw)
    n, N = len(yt), len(draw.a)
    Z = X @ draw.W0.T
    r = y - np.tanh(Z) @ draw.a / math.sqrt(N)
    G = (np.outer(draw.a, r) * (1 - np.tanh(Z.T) ** 2)) @ X / len(y)
    W = draw.W0 + eta * G
    F, Fs = np.tanh(Xt @ W.T), np.tanh(Xs @ W.T)
    U, s, _ = np.linalg.svd(F / math.sqrt(n), full_matrices=False)
    K, b = F.T @ F / n, F.T @ yt / n
    train, test, freedom = [], [], []
    for ridge in ridges:
        a = np.linalg.solve(K + ridge * np.eye(N), b)
        train.append(np.mean((yt - F @ a) ** 2) + ridge * a @ a)
        test.append(np.mean((ys - Fs @ a) ** 2))
        freedom.append(np.sum(s**2 / (s**2 + ridge)))
    return train, test, freedom, s[:TOP] ** 2, U[:, :TOP]


def torch_job(draw, eta, ridges, *, svd=False):
    """torch: autograd for the step, then `torch.linalg.eigh` of the Gram matrix, or `torch.linalg.svd` of F."""
    import torch

    X, y, Xt, yt, Xs, ys, W0, a0, lam = map(torch.from_numpy, (*_arrays(draw), draw.W0, draw.a, ridges))
    n, N = len(yt), len(a0)
    W = W0.clone().requires_grad_(True)
    loss = 0.5 * torch.mean((y - torch.tanh(X @ W.T) @ a0 / math.sqrt(N)) ** 2)
    loss.backward()
    with torch.no_grad():
        W1 = W - eta * math.sqrt(N) * W.grad
        F, Fs = torch.tanh(Xt @ W1.T), torch.tanh(Xs @ W1.T)
        if svd:
            U, s, Vt = torch.linalg.svd(F / math.sqrt(n), full_matrices=False)
            w, V, left = s**2, Vt.T, U[:, :TOP]
        else:
            w, V = torch.linalg.eigh(F.T @ F / n)
            w, V = w.flip(0), V.flip(1)
            left = F @ V[:, :TOP] / torch.sqrt(n * w[:TOP])
        a = V @ ((V.T @ (F.T @ yt / n))[:, None] / (w[:, None] + lam))
        train = torch.mean((yt[:, None] - F @ a) ** 2, dim=0) + lam * torch.sum(a**2, dim=0)
        test = torch.mean((ys[:, None] - Fs @ a) ** 2, dim=0)
        freedom = torch.sum(w[:, None] / (w[:, None] + lam), dim=0)
    return tuple(value.numpy() for value in (train, test, freedom, w[:TOP], left))


def jax_job():
    """JAX: the whole job as two compiled functions, `jax.grad` for the step, `jnp.linalg.eigh` of the Gram matrix."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    @jax.jit
    def step(W0, a, X, y, eta):
        N = len(a)
        loss = lambda W: 0.5 * jnp.mean((y - jnp.tanh(X @ W.T) @ a / math.sqrt(N)) ** 2)  # noqa: E731
        return W0 - eta * math.sqrt(N) * jax.grad(loss)(W0)

    @jax.jit
    def fit(W, Xt, yt, Xs, ys, ridges):
        n = len(yt)
        F, Fs = jnp.tanh(Xt @ W.T), jnp.tanh(Xs @ W.T)
        w, V = jnp.linalg.eigh(F.T @ F / n)
        w, V = w[::-1], V[:, ::-1]
        a = V @ ((V.T @ (F.T @ yt / n))[:, None] / (w[:, None] + ridges))
        train = jnp.mean((yt[:, None] - F @ a) ** 2, axis=0) + ridges * jnp.sum(a**2, axis=0)
        test = jnp.mean((ys[:, None] - Fs @ a) ** 2, axis=0)
        freedom = jnp.sum(w[:, None] / (w[:, None] + ridges), axis=0)
        return train, test, freedom, w[:TOP], F @ V[:, :TOP] / jnp.sqrt(n * w[:TOP])

    def job(draw, eta, ridges):
        X, y, Xt, yt, Xs, ys = _arrays(draw)
        return tuple(map(np.asarray, fit(step(draw.W0, draw.a, X, y, eta), Xt, yt, Xs, ys, ridges)))

    return job


def _arrays(draw):
    return draw.gradient.X, draw.gradient.y, draw.ridge.X, draw.ridge.y, draw.test.X, draw.test.y
