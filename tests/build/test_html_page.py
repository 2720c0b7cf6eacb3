"""The self-contained page of a run: MyST as plain Markdown."""

import pytest

from onestep.build.html_page import plain_markdown


@pytest.mark.parametrize(
    ("myst", "markdown"),
    [
        (":::{prf:theorem} Title\n:label: x\n\nBody $a$.\n:::", "> **Theorem (Title).**\n>\n> Body $a$."),
        ("````{dropdown} Proof\nA\n\n```{math}\nb\n```\n````", "> **Proof.**\n>\n> A\n>\n> $$\n> b\n> $$"),
        (":::{exercise}\n:label: e\nTry.\n:::\nafter", "> **Exercise.**\n>\n> Try.\nafter"),
        ("(target)=\n# Head", "# Head"),
        ("see {cite:t}`a2024` and {prf:ref}`thm`, {ref}`words <x>`, {math}`x^2`", "see [a2024] and thm, words, $x^2$"),
        ("```{figure} a.png\n:name: f\nCaption\n```", "*Caption*"),
        ("```{code-block} bash\nls\n```", "~~~bash\nls\n~~~"),
        ("```python\nx = {1}\n```", "```python\nx = {1}\n```"),
        (":::{note}\nnever closed", "> **Note.**\n>\n> never closed"),
    ],
)
def test_directives_and_roles_become_plain(myst, markdown):
    assert plain_markdown(myst) == markdown
