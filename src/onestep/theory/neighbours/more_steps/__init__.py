"""More than one step: repeated batches, repeated samples, large batches, and the wide network after two steps.

* `one_neuron`: two steps of a few neurons (Dandi et al. 2024, arXiv:2402.03220).
* `repetition`: online steps that use each sample twice (Arnaboldi et al. 2024, arXiv:2405.15459).
* `batch_size`: one-pass steps with batches of any size (Arnaboldi et al. 2024, arXiv:2406.02157).
* `wide`: two steps of the wide network (Moniri and Hassani 2026, arXiv:2605.17767).
* `rows`, `counting`: what single rows add to its weights, and which singular values stand out at a finite size.

All formulas are in the form derived for this book.
"""

from onestep.theory.neighbours.more_steps import batch_size, counting, one_neuron, repetition, rows, wide

__all__ = ["batch_size", "counting", "one_neuron", "repetition", "rows", "wide"]
