"""Outliers of a spiked matrix seen through a function, the setting of Moniri and Hassani 2024 (arXiv:2405.18274).

Y = f(W + lambda sqrt(n) x x') / sqrt(n), entry by entry. W is symmetric with independent N(0, 1) entries above the
diagonal, and x = g/|g| for g with independent entries of mean square 1. With s = lambda/sqrt(n) the argument of entry
(i, j) is W_ij + s g_i g_j. Its mean is sum_k c_k s^k (g_i g_j)^k, a sum of matrices of rank one. The formulas are in
the form derived for this book: n -> infinity, with the signal at its size for the n given.
"""

from onestep.theory.neighbours.spiked_functions.flat import (
    SpikedOutlier,
    critical_constant,
    naive_strengths,
    outliers,
    rectangular_outliers,
    rightmost,
)
from onestep.theory.neighbours.spiked_functions.profile import profile_outlier
from onestep.theory.neighbours.spiked_functions.signal import Signal, measured_signal, uniform_signal

__all__ = [
    "Signal",
    "SpikedOutlier",
    "critical_constant",
    "measured_signal",
    "naive_strengths",
    "outliers",
    "profile_outlier",
    "rectangular_outliers",
    "rightmost",
    "uniform_signal",
]
