"""Lengths of a chapter: what is counted, and what is not."""

from dataclasses import replace

import jupytext
import pytest

from onestep.build.lengths import CORE, Limits, as_table, measure, minutes

HEAD = "---\njupytext:\n  text_representation:\n    extension: .md\n    format_name: myst\n---\n\n"


def lengths(text: str):
    return measure(jupytext.reads(HEAD + text, fmt="md:myst"))


@pytest.mark.parametrize(
    ("text", "words", "folded"),
    [
        ("# One title\n\nThree more words.", 5, 0),
        ("A {ref}`pair of words <label>`, a [link text](address), `some code` and $a + b = c$.", 10, 0),
        ("```{math}\n:label: x\na + b\n```\n\n$$\nc + d\n$$\n\nword", 1, 0),
        (":::{prf:theorem} Its name\n:label: x\nIt holds.\n:::\nafter", 5, 0),
        ("````{dropdown} Proof\nTwo words.\n\n```{math}\na\n```\nagain\n````\nopen", 1, 4),
        ("```{strip}\n:level: hard\n```\nword", 1, 0),
        ("```python\nx = 1\n```\nword", 1, 0),
        ("| a | b |\n|---|---:|\n| one | two |", 4, 0),
        ("<p class='x'>word</p>", 1, 0),
    ],
)
def test_words(text, words, folded):
    found = lengths(text)
    assert (found.words, found.folded) == (words, folded)


CHAPTER = """
````{exercise-start} A name (warm-up)
:label: ex
````

Do it.

````{exercise-end}
````

````{solution-start} ex
:class: dropdown
````

It is done.

```{code-cell} ipython3
in_a_solution = 1
```

````{solution-end}
````

Open again.

```{code-cell} ipython3
:tags: [parameters]

n = 1
```

```{code-cell} ipython3
---
tags: [hide-input]
mystnb:
  figure:
    name: fig-x
    caption: Three caption words.
---
a = 1

b = 2
```

```{code-cell} ipython3
visible = "a line of thirty columns, .."
```
"""


def test_cells_figures_and_exercises():
    found = lengths(CHAPTER)
    assert (found.code, found.longest, found.cells, found.tallest, found.widest) == (5, 2, 1, 1, 40)
    assert (found.figures, found.exercises) == (1, 1)
    assert (found.words, found.folded) == (3 + 2 + 2 + 3, 1 + 3)


def test_limits_name_what_they_find():
    fine = replace(lengths(CHAPTER), exercises=6)
    assert CORE.broken(fine) == []
    assert Limits(code=4).broken(fine) == ["code: 5, at most 4"]
    assert CORE.broken(replace(fine, words=3501, exercises=5)) == [
        "words: 3501, at most 3500",
        "exercises: 5, 6 are due",
    ]


def test_reading_time_and_the_table():
    assert [minutes(words) for words in (0, 290, 310, 3500)] == [1, 1, 2, 18]
    head, row = as_table([("one", lengths(CHAPTER))]).splitlines()
    assert head.startswith("chapter") and row.split()[:3] == ["one", "10", "4"] and len(head) == len(row)
