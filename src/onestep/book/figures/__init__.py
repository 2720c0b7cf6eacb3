"""Figures of the book: functions of arrays that return a matplotlib figure. Nothing here computes a result.

`style` holds what all figures share; `curves` and `spectrum` hold the figures. Lines are theory, points are simulation.
"""
