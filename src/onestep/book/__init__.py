"""What a chapter imports while it runs: claims, records, numbers for sentences, figures, provenance."""

from onestep.book.prose import glue, markdown_table
from onestep.book.records import record
from onestep.book.statistics import Average, over_seeds

__all__ = ["Average", "glue", "markdown_table", "over_seeds", "record"]
