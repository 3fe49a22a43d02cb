"""What may be typed next: completions, and the hint below the input line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

WELCOME = "/help · Tab completes · a number presses its button · Ctrl-D leaves"


@dataclass(frozen=True, slots=True)
class Words:
    """What can be completed. `verbs`: each verb without its slash -> what it does, in a few words."""

    verbs: Mapping[str, str] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()


class Completing(Completer):
    """Verbs for the first word, environments and targets after it."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Everything that begins with what was typed of the word so far."""
        typed = document.get_word_before_cursor(WORD=True)
        before = document.text_before_cursor.removesuffix(typed).strip()
        if not before:
            verbs = ((f"/{verb}", does) for verb, does in self._words.verbs.items())
            found = [(word, does) for word, does in verbs if word.startswith(f"/{typed.removeprefix('/')}")]
        else:
            places = [(name, "environment") for name in self._words.environments]
            places += [(name, "target") for name in self._words.targets]
            found = [(word, kind) for word, kind in places if word.startswith(typed)]
        for word, meta in found:
            yield Completion(word, start_position=-len(typed), display_meta=meta)


def hint(text: str, words: Words) -> str:
    """One line about what is being typed."""
    verb, space, _ = text.lstrip().removeprefix("/").partition(" ")
    if not verb:
        return WELCOME
    if verb in words.verbs:
        return words.verbs[verb]
    near = [f"/{one}" for one in words.verbs if one.startswith(verb)]
    return "" if space else "  ".join(near)
