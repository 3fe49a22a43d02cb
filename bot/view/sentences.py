"""Every sentence that tells of a run: one code each, and its words. Refusals have theirs in `view.wording`.

A notice is a whole sentence: plain, kind, exact. A state is half a line of the card: lower case, no full stop. Blanks
are filled with names and reasons as they are; nothing in them is read as part of a sentence.
"""

from enum import StrEnum


class Say(StrEnum):
    """Codes of sentences. Those of the card begin with `at_`, those of a run's last word with `ended_`."""

    AT_QUEUED = "at_queued"
    AT_STARTING = "at_starting"
    AT_FROZEN = "at_frozen"
    AT_LOCKED = "at_locked"
    AT_FINISHING = "at_finishing"
    AT_ABORTING = "at_aborting"
    AT_CHECKOUT = "at_checkout"
    AT_GATES = "at_gates"
    AT_APPROVAL = "at_approval"
    AT_SNAPSHOT = "at_snapshot"
    AT_BUILD = "at_build"
    AT_MIGRATE = "at_migrate"
    AT_DEPLOY = "at_deploy"
    AT_UPLOAD = "at_upload"
    AT_SMOKE = "at_smoke"
    AT_ROLLOUT = "at_rollout"
    AT_GIVING = "at_giving"
    AT_BAKING = "at_baking"
    AT_PAUSED = "at_paused"
    AT_HELD = "at_held"
    AT_BESIDE = "at_beside"
    AT_UNSURE = "at_unsure"
    AT_OVERTAKEN = "at_overtaken"
    AT_ROUTES = "at_routes"
    AT_SWITCH = "at_switch"
    AT_HEALTH = "at_health"
    AT_VERIFY = "at_verify"
    AT_WATCH = "at_watch"
    AT_RESTORE = "at_restore"
    AT_RECHECK = "at_recheck"
    AT_QUESTION = "at_question"
    AT_LIVE = "at_live"
    AT_BACK_ON = "at_back_on"
    AT_VERIFIED = "at_verified"
    AT_NOT_VERIFIED = "at_not_verified"
    AT_ROLLED_BACK = "at_rolled_back"
    AT_ABORTED = "at_aborted"
    AT_STOPPED = "at_stopped"
    AT_LEFT = "at_left"
    AT_NEEDS_HANDS = "at_needs_hands"

    BEGUN = "begun"
    QUEUED = "queued"
    REQUESTED = "requested"
    COMMIT_PINNED = "commit_pinned"
    GATES_PASSED = "gates_passed"
    GATE_FAILED = "gate_failed"
    APPROVAL_ASKED = "approval_asked"
    APPROVED = "approved"
    REJECTED = "rejected"
    MIGRATED = "migrated"
    DEPLOYED = "deployed"
    SMOKED = "smoked"
    SMOKE_FAILED = "smoke_failed"
    WEIGHT_SET = "weight_set"
    WEIGHT_CHOSEN = "weight_chosen"
    BAKED = "baked"
    UNSURE = "unsure"
    OVERTAKEN = "overtaken"
    PAUSED = "paused"
    PAUSED_FIRST = "paused_first"
    RESUMED = "resumed"
    ADVANCED = "advanced"
    SWITCHED = "switched"
    HEALTHY = "healthy"
    NOT_HEALTHY = "not_healthy"
    CHECK_PASSED = "check_passed"
    CHECK_NOT_PASSED = "check_not_passed"
    WATCH_NOT_PASSED = "watch_not_passed"
    ABORT_ASKED = "abort_asked"
    GOING_BACK = "going_back"
    RESTORED = "restored"
    NEVER_MOVED = "never_moved"
    REWOUND = "rewound"
    RESTORE_FAILED = "restore_failed"
    HINDERED = "hindered"
    RECHECKED = "rechecked"
    RECHECK_FAILED = "recheck_failed"
    SECRETS_ASKED = "secrets_asked"
    SECRETS_ACCEPTED = "secrets_accepted"
    SECRETS_REJECTED = "secrets_rejected"
    ENDED_LIVE = "ended_live"
    ENDED_BACK_ON = "ended_back_on"
    ENDED_VERIFIED = "ended_verified"
    ENDED_NOT_VERIFIED = "ended_not_verified"
    ENDED_ROLLED_BACK = "ended_rolled_back"
    ENDED_ABORTED = "ended_aborted"
    ENDED_STOPPED = "ended_stopped"
    ENDED_LEFT = "ended_left"
    ENDED_NEEDS_HANDS = "ended_needs_hands"
    CAUGHT_UP = "caught_up"

    STATUS = "status"
    STATUS_EMPTY = "status_empty"
    DRIFT = "drift"
    FOREIGN = "foreign"
    LOCKS = "locks"
    FREEZE = "freeze"
    UNDER_WAY = "under_way"
    HISTORY = "history"
    HISTORY_EMPTY = "history_empty"
    PLAN = "plan"
    PLAN_NOTHING = "plan_nothing"
    PLAN_BLOCKED = "plan_blocked"
    SECRETS_COMPLETE = "secrets_complete"
    SECRETS_MISSING = "secrets_missing"

    LINK_DEAF = "link_deaf"
    LINK_OFF = "link_off"
    LINK_BACK = "link_back"


SENTENCES: dict[Say, str] = {
    Say.AT_QUEUED: "waiting for {runs} before it",
    Say.AT_STARTING: "about to start",
    Say.AT_FROZEN: "waiting: {who} stopped all deploys until {until}: {reason}",
    Say.AT_LOCKED: "waiting: {who} locked {environment}: {reason}",
    Say.AT_FINISHING: "finishing",
    Say.AT_ABORTING: "aborting for {who}: stopping what is under way",
    Say.AT_CHECKOUT: "fetching {ref} and what it needs",
    Say.AT_GATES: "trying the gates: {names}",
    Say.AT_APPROVAL: "waiting for {approvals} by somebody else, until {until}",
    Say.AT_SNAPSHOT: "reading what is live",
    Say.AT_BUILD: "building {names}",
    Say.AT_MIGRATE: "migrating {names}",
    Say.AT_DEPLOY: "deploying {names} to {environment}",
    Say.AT_UPLOAD: "uploading {names}, without traffic",
    Say.AT_SMOKE: "asking the new version, which has no traffic yet: {names}",
    Say.AT_ROLLOUT: "about to give the canary its first traffic",
    Say.AT_GIVING: "giving the canary {weight} %",
    Say.AT_BAKING: "canary at {weight} %, {done}: {evidence}",
    Say.AT_PAUSED: "paused by {who} at {weight} %, still measured: {evidence}",
    Say.AT_HELD: "held by {who} before its first traffic: /resume lets it go on",
    Say.AT_BESIDE: "putting {names} beside the baseline, with 0 %",
    Say.AT_UNSURE: "canary at {weight} %, waiting for a person: {evidence}",
    Say.AT_OVERTAKEN: "standing still: {who} deployed {component} outside Outrider",
    Say.AT_ROUTES: "setting routes and schedules of {names}",
    Say.AT_SWITCH: "switching {names} to {release}",
    Say.AT_HEALTH: "waiting for health, up to {limit} (a cold start may take that long)",
    Say.AT_VERIFY: "verifying {names}",
    Say.AT_WATCH: "watching, {done} of {all}",
    Say.AT_RESTORE: "going back to {versions}: {reason}",
    Say.AT_RECHECK: "went back to {versions}, asking whether it answers: {reason}",
    Say.AT_QUESTION: "waiting for a person: going back brings older secrets ({secrets})",
    Say.AT_LIVE: "live: {release}",
    Say.AT_BACK_ON: "live again: {release}",
    Say.AT_VERIFIED: "verified: everything passed",
    Say.AT_NOT_VERIFIED: "did not pass: {reason}",
    Say.AT_ROLLED_BACK: "rolled back to {versions}: {reason}",
    Say.AT_ABORTED: "{reason}: back on {versions}",
    Say.AT_STOPPED: "stopped, nothing was changed: {reason}",
    Say.AT_LEFT: "stopped: {reason}",
    Say.AT_NEEDS_HANDS: "needs hands: {reason}. Live as last read: {live}. Tried: {tried}",
    Say.BEGUN: "Run {run} begins: {verb} {place}.",
    Say.QUEUED: "Run {run} waits for {runs} before it: {verb} {place}.",
    Say.REQUESTED: "{who} asked for this {kind} of {subject} ({place}).",
    Say.COMMIT_PINNED: "{ref} is commit {commit} for this whole run{about}.",
    Say.GATES_PASSED: "Every gate holds: {names}.",
    Say.GATE_FAILED: "The gate {name} does not hold: {reason}.",
    Say.APPROVAL_ASKED: "{release} waits for {approvals} by somebody other than {who}, until {until}.",
    Say.APPROVED: "{who} approved {release} for {environment}.",
    Say.REJECTED: "{who} rejected {release} for {environment}.",
    Say.MIGRATED: "Migrated {database}: {names}.",
    Say.DEPLOYED: "{component}: version {version} is live in {environment}, read back.",
    Say.SMOKED: "The new version answers without having any traffic: {names}.",
    Say.SMOKE_FAILED: "Asked without traffic, {name} {mark}{latency}: {reason}.",
    Say.WEIGHT_SET: "The canary has {weight} % of {environment}, read back{edge}.",
    Say.WEIGHT_CHOSEN: "{who} chose {weight} % for the canary.",
    Say.BAKED: "At {weight} %: {evidence}.",
    Say.UNSURE: "At {weight} % nobody can tell yet: {evidence}. Advance, resume for another bake, or abort.",
    Say.OVERTAKEN: (
        "{who} deployed {component} outside of Outrider: {live} is live. The rollout stands still and overwrites "
        "nothing. Put it back and /resume, or /abort."
    ),
    Say.PAUSED: "{who} paused the rollout at {weight} %. Measuring goes on, and bad evidence still takes it back.",
    Say.PAUSED_FIRST: "{who} paused the rollout before its first traffic. /resume lets it go on.",
    Say.RESUMED: "{who} lets the rollout go on.",
    Say.ADVANCED: "{who} skipped the rest of the bake at {weight} %.",
    Say.SWITCHED: "{component}: version {version} has the traffic of {environment}, read back.",
    Say.HEALTHY: "Health: it answers{latency}.",
    Say.NOT_HEALTHY: "Health {mark}{latency}: {reason}.",
    Say.CHECK_PASSED: "{name} passed{latency}.",
    Say.CHECK_NOT_PASSED: "{name} {mark}{latency}: {reason}.",
    Say.WATCH_NOT_PASSED: "While watching, {round} {mark}: {reason}.",
    Say.ABORT_ASKED: "{who} asked to abort.",
    Say.GOING_BACK: "Going back to {versions}: {reason}.",
    Say.RESTORED: "{component} is back on {version}, read back.",
    Say.NEVER_MOVED: "{component} had never left {version}.",
    Say.REWOUND: "{databases} taken back to the bookmark from before this run.",
    Say.RESTORE_FAILED: "{component} could not be taken back: {reason}.",
    Say.HINDERED: (
        "{component} cannot be taken back yet: {reason}. It is tried again for half an hour; if you take it back by "
        "hand meanwhile, that is seen."
    ),
    Say.RECHECKED: "What was restored answers{latency}.",
    Say.RECHECK_FAILED: "What was restored does not answer well: {reason}.",
    Say.SECRETS_ASKED: "Going back brings older values of these secrets: {secrets}. Somebody has to agree or reject.",
    Say.SECRETS_ACCEPTED: "{who} agreed that the older secrets come back.",
    Say.SECRETS_REJECTED: "{who} did not agree that the older secrets come back.",
    Say.ENDED_LIVE: "{release} is live in {environment} after {time}.",
    Say.ENDED_BACK_ON: "{environment} is back on {release} after {time}.",
    Say.ENDED_VERIFIED: "Everything passed in {environment} after {time}.",
    Say.ENDED_NOT_VERIFIED: "{environment} did not pass; nothing was changed: {reason}.",
    Say.ENDED_ROLLED_BACK: "{environment} is back on {versions} after {time}: {reason}.",
    Say.ENDED_ABORTED: "{environment} is back on {versions} after {time}, {reason}.",
    Say.ENDED_STOPPED: "Stopped before anything was changed in {environment}: {reason}.",
    Say.ENDED_LEFT: "Stopped: {reason}.",
    Say.ENDED_NEEDS_HANDS: "{environment} needs hands: {reason}. Below: what is live as last read, and what was tried.",
    Say.CAUGHT_UP: "Told late and all at once: {count}, from {since} to {until} UTC.",
    Say.STATUS: "{target}: what is live.",
    Say.STATUS_EMPTY: "No target is configured here.",
    Say.DRIFT: "{place}: {component} is not what Outrider left there ({expected}) but {live}{author}.",
    Say.FOREIGN: (
        "{who} deployed {component} to {place} outside of Outrider: {live} is live now{said}. "
        "/verify {environment} measures it, /plan {environment} says what the next deploy would change."
    ),
    Say.LOCKS: "Locked: {count}.",
    Say.FREEZE: "Everything is frozen by {who} until {until}: {reason}.",
    Say.UNDER_WAY: "Under way or waiting: {count}.",
    Say.HISTORY: "{count}, newest first.",
    Say.HISTORY_EMPTY: "No run yet{where}.",
    Say.PLAN: "Deploying {subject} to {place} would bring {commits}. Nothing was changed.",
    Say.PLAN_NOTHING: "{subject} is live in {place} already. Nothing was changed.",
    Say.PLAN_BLOCKED: "Deploying {subject} to {place} would stop: {reason}. Nothing was changed.",
    Say.SECRETS_COMPLETE: "{place} has every secret that is required.",
    Say.SECRETS_MISSING: "{place} lacks {secrets}.",
    Say.LINK_DEAF: "I do not hear what is said on {platform}: {reason}. I try again and again; talk to me here.",
    Say.LINK_OFF: "{platform} is off until somebody mends it and starts me anew: {reason}.",
    Say.LINK_BACK: "I hear {platform} again, after {time}. What was said there meanwhile may have to be said again.",
}


def say(code: Say, **blanks: str) -> str:
    """The sentence of that code; a full stop that a reason brought along is not doubled."""
    return SENTENCES[code].format(**{name: text.rstrip(". ") or text for name, text in blanks.items()})
