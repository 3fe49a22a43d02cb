"""What the bot answers: a sentence for each refusal and for each command that is done at once.

The sentences that tell of a run are in `view.sentences`. Here, `{blank}` is filled, and a part in square brackets is
said only where all of its blanks are known. A blank that nobody filled never raises: it reads "(unknown)", and tests
see to it that none is. What a person typed goes into blanks only, never into a sentence.

The blanks of refusals, in one word each:

    target environment run person component release    names of these
    who when until      somebody's name; a time as a sentence has it
    known               what there is instead, joined by commas; `suggestion` is picked from it where it is not given
    suggestion          the known word that was probably meant
    role reason outcome place platform account          as they are called
    word verb form limit kind                           what was typed, how it should be (`domain.typed` has the kinds)
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from bot.domain.closest import closest
from bot.domain.refusal import Code, Refusal
from bot.domain.verbs import Kind
from bot.view.notice import Notice, Tone

UNKNOWN = "(unknown)"

REFUSALS: Mapping[Code, str] = MappingProxyType(
    {
        Code.EMPTY: "Tell me what to do: /help lists what you can ask for here.",
        Code.UNKNOWN_VERB: "I do not know that command[: {word}].[ Did you mean {suggestion}?] /help lists them.",
        Code.UNKNOWN_OPTION: "/{verb} has no option {word}=.[ Did you mean {suggestion}=?] Type it like this: {form}",
        Code.MISSING_WORD: "/{verb} needs {word}. Type it like this: {form}[ (known: {known})]",
        Code.TOO_MANY_WORDS: 'I do not know what to do with "{word}". Type it like this: {form}',
        Code.BAD_WORD: '"{word}" cannot stand there: {rule}.',
        Code.BAD_REF: '"{word}" is no branch, tag or commit that I would hand to git. Name one as git shows it.',
        Code.BAD_WEIGHT: '"{word}" is no weight: write a whole number from 0 to 100.',
        Code.BAD_TIME: (
            '"{word}" is no time to come: write how long (2h, 1d) or until when in UTC (18:00, 2026-12-24T09:00). '
            "A reason that begins with a number is typed as reason=…"
        ),
        Code.TOO_LONG: "That is too long for a command: {limit} characters are the most.",
        Code.UNKNOWN_PERSON: (
            "I do not know you, so I may do nothing for you. Somebody who configures me can add you: "
            'under [people.NAME], {platform} = "{account}".'
        ),
        Code.NOT_ALLOWED: "{person}, you may not do that: it takes the role {role}. /whoami shows what you may do.",
        Code.NO_ROOM: (
            "This conversation[ ({place})] is none of my rooms. Ask me in one of them, "
            "or have it added under [rooms.NAME]."
        ),
        Code.NO_TARGET: "No target belongs to this room. Name one[: {known}].",
        Code.WHICH_TARGET: "This room has several targets. Name one: {known}.",
        Code.UNKNOWN_TARGET: "There is no target {target}.[ Did you mean {suggestion}?][ I know {known}.]",
        Code.UNKNOWN_ENVIRONMENT: (
            "{target} has no environment {environment}.[ Did you mean {suggestion}?][ It has {known}.]"
        ),
        Code.WHICH_ENVIRONMENT: "Runs are under way in several environments. Name one: {known}.",
        Code.UNKNOWN_COMPONENT: "{target} has no component {component}.[ Did you mean {suggestion}?][ It has {known}.]",
        Code.UNKNOWN_RUN: "I know no run {run}. /history shows the last ones.",
        Code.NO_RUN: "No run is under way here. /history shows the last ones.",
        Code.WHICH_RUN: "Several runs are under way. Name one: {known}.",
        Code.RUN_ENDED: "Run {run} is over: {outcome}, {when}.",
        Code.UNKNOWN_RELEASE: "{environment} never had a release {release}.[ It had {known}.] /history shows them.",
        Code.WHICH_RELEASE: "{release} may mean any of {known}. Give more digits.",
        Code.NOTHING_TO_PROMOTE: (
            "Nothing was verified in {environment} of {target} yet. Deploy there first: /deploy {environment}"
        ),
        Code.NO_NEXT_ENVIRONMENT: (
            "Nothing comes after {environment} in {target}: set promotes_to there if something should."
        ),
        Code.STILL_WATCHED: "{environment} is busy with run {run} of {who}. Promote when it is over.",
        Code.ON_ITS_WAY: (
            "{release} is on its way to {environment} already: run {run} of {who}. /status shows how far it is."
        ),
        Code.ALREADY_LIVE: "{release} is live in {environment} already: {who} brought it there, {when}.",
        Code.ROLLED_BACK_SINCE: (
            "{who} rolled {environment} back, {when}, so nothing verified is there to promote. Deploy there again."
        ),
        Code.TRIED_BACK: (
            "{who} tried to roll {environment} back, {when}, and that is not done. Mend it or deploy there again first."
        ),
        Code.NOTHING_TO_ROLL_BACK: (
            "I have changed nothing in {environment} of {target}, so there is nothing to roll back."
        ),
        Code.NO_WAY_BACK: (
            "There is no way back in {environment}: {reason}. "
            "A named release may do: /rollback {environment} to=RELEASE"
        ),
        Code.STALE_PRESS: "That button is out of date: {reason}. Nothing was done.",
        Code.NOT_WAITING: "Run {run} waits for nobody's word.",
        Code.OWN_APPROVAL: "Run {run} is your own, {person}: it takes somebody else's eyes.",
        Code.ALREADY_APPROVED: "You have approved run {run} already, {person}.",
        Code.ALREADY_ABORTING: "Run {run} is on its way back already[; {who} asked for it].",
        Code.NOT_A_ROLLOUT: "No rollout in steps is under way, so there is no weight to hold or set.",
        Code.ROLLED_OUT: "Run {run} has given its release all the traffic already. /abort takes it back.",
        Code.GOING_BACK: "Run {run} is taking the traffic of {environment} back; there is nothing to hold or set.",
        Code.NO_WEIGHT_YET: "Run {run} has not given its release any traffic yet.",
        Code.ALREADY_PAUSED: "{who} paused run {run} at {weight} % already. /resume lets it go on.",
        Code.NOT_PAUSED: "Run {run} is not paused: it goes on by itself from {weight} %.",
        Code.ALREADY_ADVANCING: "Run {run} is leaving {weight} % already: {who} saw to it.",
        Code.SAME_WEIGHT: "The canary of run {run} has {weight} % already.",
        Code.OVERTAKEN: (
            "{who} deployed {component} outside of me, and I do not overwrite that. Put it back and /resume, or /abort."
        ),
        Code.LOCKED: (
            "{who} locked {environment} of {target}, {when}: {reason}. Ask them, or an admin, to /unlock {environment}."
        ),
        Code.NOT_LOCKED: "Nobody has locked {environment} of {target}.",
        Code.FROZEN: "{who} stopped all deploys until {until}: {reason}. Going back is still allowed.",
        Code.NOT_FROZEN: "Nothing is frozen.",
    }
)

RULES: Mapping[str, str] = MappingProxyType(
    {
        Kind.ENVIRONMENT: "names of environments are letters, digits, dots, hyphens and underscores",
        Kind.TARGET: "names of targets are letters, digits, dots, hyphens and underscores",
        Kind.COMPONENTS: "write names of components with commas and no spaces, such as only=api,web",
        Kind.RELEASE: "a release is called by its commit, such as to=3f9c2d1",
        Kind.STRATEGY: "strategy=direct is all there is to say",
        Kind.RUN: "a run is called by eight letters and digits, as on its card",
        "character": "it cannot be seen, or turns text around; type the command again by hand",
        "line": "a command is one line",
        "twice": "it is said twice",
    }
)
"""What a word of each kind looks like, for BAD_WORD."""

SUBJECTS: Mapping[Code, str] = MappingProxyType(
    {
        Code.UNKNOWN_TARGET: "target",
        Code.UNKNOWN_ENVIRONMENT: "environment",
        Code.UNKNOWN_COMPONENT: "component",
    }
)
"""The blank that holds the word for which a known one may have been meant."""


class Answer(StrEnum):
    """Codes of answers to commands that are done at once."""

    LOCKED = "answer_locked"
    UNLOCKED = "answer_unlocked"
    FROZEN = "answer_frozen"
    UNFROZEN = "answer_unfrozen"
    HELP = "help"
    HELP_STRANGER = "help_stranger"
    WHOAMI = "whoami"
    WHOAMI_STRANGER = "whoami_stranger"
    TROUBLE = "trouble"
    TWICE = "twice"
    TAKEN_UP = "taken_up"
    ASK_AGAIN = "ask_again"


ANSWERS: Mapping[Answer, str] = MappingProxyType(
    {
        Answer.LOCKED: (
            "{who} locked {environment} of {target}[: {reason}]."
            "[ Under way, and going on unless somebody says /pause or /abort: {going}.]"
        ),
        Answer.UNLOCKED: "{who} let {environment} of {target} go.",
        Answer.FROZEN: (
            "{who} stopped all deploys[ until {until}][: {reason}]. What has changed nothing yet waits; going back is "
            "still allowed.[ Under way, and going on unless somebody says /pause or /abort: {going}.]"
        ),
        Answer.UNFROZEN: "{who} let deploys go on.",
        Answer.HELP: "What you can ask for here, {person}:",
        Answer.HELP_STRANGER: "I do not know you yet, so this is all I can do for you:",
        Answer.WHOAMI: "I know you as {person}, on {platform} as {account}.",
        Answer.WHOAMI_STRANGER: (
            "I do not know you, so you may do nothing. Somebody who configures me can add you: "
            'under [people.NAME], {platform} = "{account}".'
        ),
        Answer.TROUBLE: "I could not do that just now[: {reason}]. Try again; my log says more.",
        Answer.TWICE: "That came to me twice; it was done the first time.",
        Answer.TAKEN_UP: "{who} asked on {when}, and I could not answer then. {said}",
        Answer.ASK_AGAIN: (
            "{who} asked me for something on {when}, when I was down. It was not done; ask again if it is still wanted."
        ),
    }
)

_OPTIONAL = re.compile(r"\[([^\[\]]*\{[^\[\]]*)\]")
_BLANK = re.compile(r"\{(\w+)\}")


def refused(refusal: Refusal) -> Notice:
    """Why a command was not obeyed, for the one who asked."""
    says = dict(refusal.says)
    says.setdefault("rule", RULES.get(says.get("kind", ""), "it has not the form of what belongs there"))
    subject = says.get(SUBJECTS.get(refusal.code, ""), "")
    if subject and not says.get("suggestion"):
        says["suggestion"] = closest(subject, says.get("known", "").split(", "))
    return Notice(str(refusal.code), fill(REFUSALS[refusal.code], says), Tone.BAD, private=True)


def answer(code: Answer, **says: str) -> str:
    """The sentence of an answer."""
    return fill(ANSWERS[code], says)


def fill(sentence: str, says: Mapping[str, str]) -> str:
    """The sentence with its blanks filled. What is filled in is never read as a sentence itself.

    A full stop that a reason brought along is not doubled.
    """
    known = {name: text.rstrip(". ") or text for name, text in says.items()}

    def part(match: re.Match[str]) -> str:
        return match[1] if all(known.get(name) for name in _BLANK.findall(match[1])) else ""

    return _BLANK.sub(lambda match: known.get(match[1]) or UNKNOWN, _OPTIONAL.sub(part, sentence))


def blanks(sentence: str) -> frozenset[str]:
    """Names of the blanks that a sentence cannot do without."""
    return frozenset(_BLANK.findall(_OPTIONAL.sub("", sentence)))
