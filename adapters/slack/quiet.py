"""The libraries' own loggers, held to what matters: each tells of every call and every ping otherwise."""

import logging


def quiet(part: str, level: int = logging.ERROR) -> logging.Logger:
    """A logger for one part of the library. What it says leaves by the log's one door, and redacted."""
    logger = logging.getLogger(f"chat.slack.{part}")
    logger.setLevel(level)
    return logger
