"""A cap on what one cell shows: a loop that prints 50 MB must not make a page of 50 MB."""

from nbformat import NotebookNode

TEXT = 1 << 20  # bytes of text of one cell
PICTURE = 16 << 20  # bytes of one picture or piece of HTML


def cut(notebook: NotebookNode, chapter: str) -> None:
    """Shorten the outputs of `notebook` that are beyond the cap, and say in their place how much is left out.

    The start and the end of a text stay. A picture that is too large goes as a whole. What a chapter says about itself
    to programs (claims, records, provenance) is bounded where it is made, and stays.

    Parameters
    ----------
    notebook : NotebookNode
        The executed notebook, which is changed.
    chapter : str
        Its name, for the notice.
    """
    for number, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), 1):
        where = f"code cell {number} of {chapter}"
        cell.outputs = _joined(cell.get("outputs", []))
        for output in cell.outputs:
            if output.output_type == "stream":
                output.text = _cut_text(output.text, where, chapter)
            elif output.output_type == "error":
                output.traceback = [_cut_text(line, where, chapter) for line in output.traceback]
                output.evalue = _cut_text(output.evalue, where, chapter)
            else:
                _cut_data(output.data, where, chapter)


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs, with neighbours that are parts of one stream as one."""
    joined: list[NotebookNode] = []
    parts: list[list[str]] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last is not None and output.output_type == last.output_type == "stream" and output.name == last.name:
            parts[-1].append(output.text)
        else:
            joined.append(output)
            parts.append([output.text] if output.output_type == "stream" else [])
    for output, texts in zip(joined, parts, strict=True):
        if texts:
            output.text = "".join(texts)
    return joined


def _cut_data(data: dict, where: str, chapter: str) -> None:
    for kind, value in list(data.items()):
        if not isinstance(value, str):
            continue
        if kind == "text/plain":
            data[kind] = _cut_text(data[kind], where, chapter)
        elif (size := len(value.encode())) > PICTURE:
            del data[kind]
            notice = f"[{where}: {kind} of {_size(size)} is left out; the cap is {_size(PICTURE)}. {_advice(chapter)}]"
            data["text/plain"] = "\n".join(filter(None, (data.get("text/plain", ""), notice)))


def _cut_text(text: str, where: str, chapter: str) -> str:
    data = text.encode("utf-8", "replace")
    if len(data) <= TEXT:
        return text
    start, end = (part.decode("utf-8", "ignore") for part in (data[: TEXT // 2], data[-TEXT // 2 :]))
    # Whole lines, where there are any.
    start = start[: start.rfind("\n") + 1] or start
    end = end[end.find("\n") + 1 :] or end
    left_out = len(data) - len(start.encode()) - len(end.encode())
    notice = f"[{where}: {_size(left_out)} of {_size(len(data))} are left out here. {_advice(chapter)}]"
    return "\n".join([start.removesuffix("\n"), "", notice, "", end])


def _advice(chapter: str) -> str:
    return f"All of it: let the cell write it to a file, or run `python {chapter}.py` in the folder of the chapters."


def _size(count: int) -> str:
    return f"{count / 2**20:.1f} MiB"
