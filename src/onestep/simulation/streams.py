"""The random streams of a seed: one for each part of a draw, and normal matrices from them."""

import numpy as np

from onestep.checks import choice, integer
from onestep.simulation import memory

# The numbers are part of what a seed means: never renumber, only append.
STREAMS = {"weights": 0, "readout": 1, "teacher": 2, "gradient": 3, "ridge": 4, "test": 5, "equivalent": 6}
# Larger seeds would meet the streams of smaller ones: beyond 128 bits SeedSequence takes them for spawn keys.
LARGEST_SEED = (1 << 128) - 1
_BLOCK = 1 << 20


def generator(seed: int, stream: str) -> np.random.Generator:
    """The generator of one named stream of a seed; streams are independent (NumPy's SeedSequence).

    Parameters
    ----------
    seed : int
        From 0 to `LARGEST_SEED`.
    stream : str
        "weights", "readout", "teacher", "gradient", "ridge", "test" or "equivalent".

    Returns
    -------
    numpy.random.Generator

    Raises
    ------
    InputError
        The seed or the name is not one of them.
    """
    key = STREAMS[choice("stream", stream, STREAMS)]
    return np.random.default_rng(np.random.SeedSequence(integer("seed", seed, 0, LARGEST_SEED), spawn_key=(key,)))


def normal(rng: np.random.Generator, shape: tuple[int, int], dtype: np.dtype) -> np.ndarray:
    """A standard normal matrix. float32 is the float64 draw rounded, so that both precisions see the same data.

    Parameters
    ----------
    rng : numpy.random.Generator
    shape : (int, int)
    dtype : numpy.dtype

    Returns
    -------
    array of that shape and dtype

    Raises
    ------
    MemoryRefusal
        There is no room for it.
    """
    memory.check(dtype.itemsize * shape[0] * shape[1])
    if dtype == np.float64:
        return rng.standard_normal(shape)
    out = np.empty(shape, dtype)
    rows = max(1, _BLOCK // shape[1])  # a float64 copy of the whole matrix would triple the memory
    for start in range(0, shape[0], rows):
        block = out[start : start + rows]
        block[...] = rng.standard_normal(block.shape)
    return out
