"""One wrong formula: which file, which text, what stands there instead, and why someone could have written it."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = Path("src", "onestep")


@dataclass(frozen=True)
class Mutant:
    """A text that must occur exactly once in its file, and what replaces it.

    Attributes
    ----------
    name : "theory/errors.py:3", the file below src/onestep and the place in its list.
    original, mutated : the texts.
    why : the mistake that this is, in a few words.
    """

    name: str
    original: str
    mutated: str
    why: str

    @property
    def path(self) -> Path:
        """The file, relative to the root of the repository."""
        return PACKAGE / self.name.partition(":")[0]

    def apply(self, root: Path) -> str:
        """The file's text below `root` with the mistake in it.

        Raises
        ------
        ValueError : the original text does not occur exactly once, so that the mutant describes no formula of today.
        """
        text = (root / self.path).read_text()
        if (count := text.count(self.original)) != 1:
            raise ValueError(f"{self.name}: {self.original!r} occurs {count} times in {self.path}")
        return text.replace(self.original, self.mutated)


def mutants(file: str, *rows: tuple[str, str, str]) -> list[Mutant]:
    """The mutants of one file of src/onestep, from rows (original, mutated, why)."""
    return [Mutant(f"{file}:{k}", *row) for k, row in enumerate(rows, start=1)]
