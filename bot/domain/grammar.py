"""Typed words become a command, and a command becomes the words that mean it.

    parse("/deploy canary", estate, now) -> Deploy("canary")
    spell(Deploy("canary", ref="main")) -> "/deploy canary main"

The slash may be left out; a mention in front and an `@bot` right behind the verb are passed over; case does
not matter in verbs and known names. Words fill the verb's slots in the table's order. Where fewer words than
slots were typed, a known target's name is the target and anything else is the slot after it: `/deploy canary
hotfix` deploys the ref `hotfix` unless a target is called so. `key=word` says it outright.

Whether the names exist and the person may do it is for `domain.decide`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from bot.domain.closest import closest
from bot.domain.commands import Command
from bot.domain.refusal import Code, Refusal
from bot.domain.targets import Estate
from bot.domain.typed import Known, bad_word, clean, like_time, read, same_name, shown
from bot.domain.verbs import BY_WORD, Kind, Slot, Verb, verb_of

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def parse(text: str, estate: Estate, now: datetime) -> Command | Refusal:
    """The command that the text means. Never raises, whatever the text is."""
    line = clean(text)
    if isinstance(line, Refusal):
        return line
    first, *words = line.split(" ")
    verb = BY_WORD.get(_verb_word(first))
    if verb is None:
        return _no_verb(first)
    known = Known(estate, now)
    filled = _with_reason(verb, words) if _takes_reason(verb) else _without_reason(verb, words, known)
    return filled if isinstance(filled, Refusal) else _build(verb, filled, known)


def spell(command: Command, estate: Estate | None = None) -> str:
    """The shortest text that `parse` turns into this command, given the same estate.

    What only a button carries (`drawn`) is not spelled.
    """
    known = estate if estate is not None else Estate()
    verb = verb_of(command)
    said = {slot: text for slot in verb.slots if (text := _spelled(command, slot))}
    drawnless = parse(_typed(verb, said, keyed=frozenset(said)), known, _LONG_AGO)
    for keyed in _ways(said):
        text = _typed(verb, said, keyed)
        if parse(text, known, _LONG_AGO) == drawnless:
            return text
    return _typed(verb, said, keyed=frozenset(said))


# ---- from words to a command


def _verb_word(first: str) -> str:
    return first.removeprefix("/").partition("@")[0].casefold()


def _no_verb(first: str) -> Refusal:
    word = _verb_word(first)
    if not word:
        return Refusal(Code.EMPTY)
    near = closest(word, BY_WORD)
    return Refusal(Code.UNKNOWN_VERB, {"word": shown(word), "suggestion": f"/{near}" if near else ""})


def _takes_reason(verb: Verb) -> bool:
    return any(slot.kind is Kind.REASON for slot in verb.slots)


Filled = dict[Slot, str]


def _with_reason(verb: Verb, words: Sequence[str]) -> Filled | Refusal:
    """For verbs that end in free text: keys count until it begins, and not any more in it."""
    filled: Filled = {}
    for at, word in enumerate(words):
        slot = _keyed(verb, word)
        text = word.partition("=")[2] if slot else word
        if slot is None:
            slot = _open_slot(verb, filled, word)
        if slot in filled:
            return bad_word(word, "twice")
        if slot.kind is Kind.REASON:
            filled[slot] = " ".join([text, *words[at + 1 :]])
            break
        filled[slot] = text
    return filled


def _open_slot(verb: Verb, filled: Mapping[Slot, str], word: str) -> Slot:
    """The slot that a loose word goes to; the last one is the free text."""
    *before, reason = verb.positional
    for slot in before:
        if slot not in filled and (slot.kind is not Kind.TIME or like_time(word)):
            return slot
    return reason


def _without_reason(verb: Verb, words: Sequence[str], known: Known) -> Filled | Refusal:
    filled: Filled = {}
    loose: list[str] = []
    for word in words:
        slot = _keyed(verb, word)
        if slot is None and "=" in word:
            return _no_option(verb, word)
        if slot is None:
            loose.append(word)
        elif slot in filled:
            return bad_word(word, "twice")
        else:
            filled[slot] = word.partition("=")[2]
    free = [slot for slot in verb.positional if slot not in filled]
    if len(loose) > len(free):
        return Refusal(Code.TOO_MANY_WORDS, {"verb": verb.word, "word": shown(loose[len(free)]), "form": verb.form})
    return filled | dict(_assigned(free, loose, known))


def _keyed(verb: Verb, word: str) -> Slot | None:
    key, sign, _ = word.partition("=")
    return next((slot for slot in verb.slots if sign and slot.key == key.casefold()), None)


def _no_option(verb: Verb, word: str) -> Refusal:
    key = word.partition("=")[0]
    keys = [slot.key for slot in verb.slots]
    says = {"verb": verb.word, "word": shown(key) or '""', "form": verb.form, "suggestion": closest(key, keys)}
    return Refusal(Code.UNKNOWN_OPTION, says)


def _assigned(free: Sequence[Slot], loose: Sequence[str], known: Known) -> Iterator[tuple[Slot, str]]:
    """Each loose word with its slot, in order.

    A slot that the word does not suit is left empty while the slots after it can still take all the words.
    """
    words = list(loose)
    for at, slot in enumerate(free):
        spare = len(free) - at > len(words)
        if words and not (spare and _passes(slot, words[0], known)):
            yield slot, words.pop(0)


def _passes(slot: Slot, word: str, known: Known) -> bool:
    target = same_name(word, known.targets) in known.targets
    if slot.kind is Kind.TARGET:
        return not target
    environment = same_name(word, known.environments) in known.environments
    return slot.kind is Kind.ENVIRONMENT and not slot.required and target and not environment


def _build(verb: Verb, filled: Filled, known: Known) -> Command | Refusal:
    fields: dict[str, object] = {}
    for slot in verb.slots:
        if slot not in filled:
            if slot.required:
                return _missing(verb, slot, known)
            continue
        value = read(slot.kind, filled[slot], known)
        if isinstance(value, Refusal):
            return value
        fields[slot.field] = value
    return verb.command(**fields)


def _missing(verb: Verb, slot: Slot, known: Known) -> Refusal:
    names = ", ".join(sorted(known.environments)) if slot.kind is Kind.ENVIRONMENT else ""
    return Refusal(Code.MISSING_WORD, {"verb": verb.word, "word": str(slot.kind), "form": verb.form, "known": names})


# ---- from a command to words


def _ways(said: Mapping[Slot, str]) -> Iterator[frozenset[Slot]]:
    """Which slots to say by their key: only those that have to be, then more, the last ones first."""
    named = frozenset(slot for slot in said if slot.named or slot.kind is Kind.TIME)
    yield named
    loose = [slot for slot in said if slot not in named]
    for count in range(1, len(loose) + 1):
        yield named | frozenset(loose[-count:])


def _typed(verb: Verb, said: Mapping[Slot, str], keyed: frozenset[Slot]) -> str:
    words = [f"{slot.key}={text}" if slot in keyed else text for slot, text in said.items()]
    return " ".join([f"/{verb.word}", *words])


def _spelled(command: Command, slot: Slot) -> str:
    value = getattr(command, slot.field)
    if value is None or value == ():
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return ",".join(value) if isinstance(value, tuple) else str(value)
