"""Other code for the functions of a module that is already imported, wherever they are held."""

import functools
import gc
import inspect
from types import CodeType, FunctionType


def pairs(file: str, original: str, mutated: str) -> list[tuple[CodeType, CodeType]]:
    """The functions of `original` whose code is another in `mutated`, and that code.

    Raises
    ------
    ValueError : the texts differ outside functions, in what is executed once, when the module is imported.
    """
    old, new = (list(_codes(compile(text, file, "exec"))) for text in (original, mutated))
    if [code.co_qualname for code in old] != [code.co_qualname for code in new]:
        raise ValueError(f"{file}: other functions than before")
    changed = [(before, after) for before, after in zip(old, new, strict=True) if before != after]
    for before, after in changed:
        if not before.co_flags & inspect.CO_OPTIMIZED and _own(before) != _own(after):
            raise ValueError(f"{file}: what changes lies outside functions, in {before.co_qualname}")
    return [(before, after) for before, after in changed if before.co_flags & inspect.CO_OPTIMIZED]


def swap(changed: list[tuple[CodeType, CodeType]]) -> None:
    """Let all living functions run the new code, and forget what was computed with the old."""
    after = dict(changed)
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__code__ in after:
            new = after[thing.__code__]
            if new.co_freevars == thing.__code__.co_freevars:  # else a closure, made anew by the function around it
                thing.__code__ = new
        elif isinstance(thing, functools._lru_cache_wrapper):
            thing.cache_clear()


def _codes(code: CodeType):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _own(code: CodeType):
    """What a module or a class does itself, without its functions."""
    return code.co_code, code.co_names, [value for value in code.co_consts if not isinstance(value, CodeType)]
