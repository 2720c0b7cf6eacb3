"""Where a symmetric form D^-1 + M is singular, without its poles: outliers are such places.

D (K, K) is the prior of a fit's coefficients at ridge = -z, M (K, K) the products of its functions in the weight w/den.
Both are symmetric, real and free of poles outside the bulk, also where den or g change their sign, as they do in a gap.

    H = [[-D, 1], [1, M]],   det H = det(-D) det(D^-1 + M),

and at a null vector (a, b), a = D^-1 b, the slope of the form is b' (D^-1 + M)' b = b' M' b - a' D' a: that of an
eigenvalue's residue, so that all eigenvalues of H cross zero in the same direction.
"""

from typing import NamedTuple

import numpy as np

_LEAST = 1e-30  # of D's eigenvalues, relative to the largest


class Form(NamedTuple):
    """Eigenvalues of H, scaled, ascending (2K,), and the parts b of its eigenvectors, in columns (K, 2K)."""

    values: np.ndarray
    vectors: np.ndarray

    @property
    def negative(self) -> int:
        """How many eigenvalues are negative; K where den and g are those of z -> infinity."""
        return int(np.sum(self.values < 0))


def form(D: np.ndarray, M: np.ndarray) -> Form:
    """The eigenvalues of H.

    Parameters
    ----------
    D : (K,) array, a diagonal, or (K, K) array, symmetric.
    M : (K, K) array, symmetric.

    Returns
    -------
    Form
    """
    size, V = (D, np.eye(D.size)) if D.ndim == 1 else np.linalg.eigh((D + D.T) / 2)
    scale = np.sqrt(np.maximum(np.abs(size), _LEAST * np.max(np.abs(size))))
    K, V = size.size, V * scale
    H = np.zeros((2 * K, 2 * K))
    H[:K, :K], H[K:, K:] = np.diag(-size / scale**2), V.T @ M @ V
    H[:K, K:] = H[K:, :K] = np.eye(K)
    values, vectors = np.linalg.eigh(H)
    return Form(values, V @ vectors[K:])
