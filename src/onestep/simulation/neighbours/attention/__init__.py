"""Random features and random attention of sentences in which one word changes.

The maps are those of Bombari and Mondelli (arXiv:2402.02969); sentences with a topic are this book's.
"""

from onestep.simulation.neighbours.attention.changes import sensitivity, transfer
from onestep.simulation.neighbours.attention.features import (
    FeatureChange,
    along_the_step,
    feature_change,
    plain_sentences,
)
from onestep.simulation.neighbours.attention.maps import (
    Learned,
    attended_sentences,
    attention,
    attention_change,
    attention_weights,
    learn,
    sentence,
)

__all__ = [
    "FeatureChange",
    "Learned",
    "along_the_step",
    "attended_sentences",
    "attention",
    "attention_change",
    "attention_weights",
    "feature_change",
    "learn",
    "plain_sentences",
    "sensitivity",
    "sentence",
    "transfer",
]
