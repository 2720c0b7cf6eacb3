"""The book's machinery: claims, records and provenance for chapters; runner, builder and command line around them."""

from onestep.book.records import record

__all__ = ["record"]
