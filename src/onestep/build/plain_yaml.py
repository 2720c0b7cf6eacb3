"""YAML as far as parameters need it: texts, lists, and lines of the form NAME: VALUE.

Every scalar stays a text. No tag makes an object, no alias stands for a billion entries in a hundred bytes, no name
comes twice, and what is too long or too deep is refused before it is read.
"""

import yaml

LARGEST = 100_000  # bytes; PyYAML reads about 100 kB in a second
_DEEPEST = 20  # brackets within brackets, each of which costs PyYAML a look at the next thousand characters


class _Loader(yaml.BaseLoader):
    def compose_node(self, parent, index):
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise yaml.composer.ComposerError(None, None, "anchors and aliases are not read here", event.start_mark)
        if getattr(event, "tag", None) not in (None, "!"):
            raise yaml.composer.ComposerError(None, None, f"no tag is read here: {event.tag}", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} comes twice", key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def load(text: str | bytes) -> object:
    """The texts, lists and mappings in `text`.

    Raises
    ------
    yaml.YAMLError : what is not YAML, or more of it than parameters need.
    """
    if len(text) > LARGEST:
        raise yaml.YAMLError(f"more than {LARGEST} bytes")
    depth = 0
    for letter in text if isinstance(text, str) else text.decode("latin-1"):
        depth += (letter in "[{") - (letter in "]}")
        if depth > _DEEPEST:
            raise yaml.YAMLError("nested too deeply")
    try:
        return yaml.load(text, Loader=_Loader)
    except RecursionError:
        raise yaml.YAMLError("nested too deeply") from None
    except ValueError as error:  # a %YAML directive with a version of 5000 digits
        raise yaml.YAMLError(str(error)) from error
