"""Why a command was not obeyed: a closed list of codes, worded by `view.wording`; and why a delivery was no command."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Code(StrEnum):
    """One for each reason; a sentence for each stands in `view.wording`, and a test counts them."""

    EMPTY = "empty"
    UNKNOWN_VERB = "unknown_verb"
    UNKNOWN_OPTION = "unknown_option"
    MISSING_WORD = "missing_word"
    TOO_MANY_WORDS = "too_many_words"
    BAD_WORD = "bad_word"
    BAD_REF = "bad_ref"
    BAD_WEIGHT = "bad_weight"
    BAD_TIME = "bad_time"
    TOO_LONG = "too_long"
    UNKNOWN_PERSON = "unknown_person"
    NOT_ALLOWED = "not_allowed"
    NO_ROOM = "no_room"
    NO_TARGET = "no_target"
    WHICH_TARGET = "which_target"
    UNKNOWN_TARGET = "unknown_target"
    UNKNOWN_ENVIRONMENT = "unknown_environment"
    WHICH_ENVIRONMENT = "which_environment"
    UNKNOWN_COMPONENT = "unknown_component"
    UNKNOWN_RUN = "unknown_run"
    NO_RUN = "no_run"
    WHICH_RUN = "which_run"
    RUN_ENDED = "run_ended"
    UNKNOWN_RELEASE = "unknown_release"
    WHICH_RELEASE = "which_release"
    NOTHING_TO_PROMOTE = "nothing_to_promote"
    NO_NEXT_ENVIRONMENT = "no_next_environment"
    STILL_WATCHED = "still_watched"
    ON_ITS_WAY = "on_its_way"
    ALREADY_LIVE = "already_live"
    ROLLED_BACK_SINCE = "rolled_back_since"
    TRIED_BACK = "tried_back"
    NOTHING_TO_ROLL_BACK = "nothing_to_roll_back"
    NO_WAY_BACK = "no_way_back"
    STALE_PRESS = "stale_press"
    NOT_WAITING = "not_waiting"
    OWN_APPROVAL = "own_approval"
    ALREADY_APPROVED = "already_approved"
    ALREADY_ABORTING = "already_aborting"
    NOT_A_ROLLOUT = "not_a_rollout"
    ROLLED_OUT = "rolled_out"
    GOING_BACK = "going_back"
    NO_WEIGHT_YET = "no_weight_yet"
    ALREADY_PAUSED = "already_paused"
    NOT_PAUSED = "not_paused"
    ALREADY_ADVANCING = "already_advancing"
    SAME_WEIGHT = "same_weight"
    OVERTAKEN = "overtaken"
    LOCKED = "locked"
    NOT_LOCKED = "not_locked"
    FROZEN = "frozen"
    NOT_FROZEN = "not_frozen"


class Unheard(StrEnum):
    """Why something that came in was not even read as a command. Nobody is answered but the platform; the log tells."""

    BAD_SIGNATURE = "bad_signature"
    """It does not prove that the platform sent it: no signature or secret, or a wrong one."""
    OLD_TIMESTAMP = "old_timestamp"
    """It was sent too long ago, by what the platform vouches for."""
    HEARD_BEFORE = "heard_before"
    """The same delivery came before: the platform's own repetition, or somebody who has seen it plays it again."""
    FROM_A_BOT = "from_a_bot"
    """Another bot said words that are meant for this one; two that answer each other never end."""
    UNREADABLE = "unreadable"
    """It is not of the form in which the platform sends things."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command that was not obeyed. `says` fills the blanks of the code's sentence."""

    code: Code
    says: Mapping[str, str] = field(default_factory=dict)
