"""What a chat platform's page has to answer for in its checklist: done, not, or does not apply, and why."""

QUALITIES = (
    "commands from the one table of verbs",
    "mentions and commands in threads",
    "kept, acknowledged in time, then done",
    "taken once, also over a restart",
    "one live card for a run, edited in place, a thread below it",
    "buttons after a restart, asking who presses",
    "strangers told which id to copy, and nothing else",
    "answers for one person alone",
    "lost answers do not post twice",
    "limits of length and pace kept, 429 obeyed",
    "nobody is mentioned, nothing is markup",
    "deleted cards drawn anew",
    "caught up after an outage, without a flood",
    "a link that went deaf is found out",
    "forged, old, replayed, strangers, bots: refused, logged once",
    "reports and pictures in the thread",
    "typed options and suggestions",
    "confirm dialogs",
)
