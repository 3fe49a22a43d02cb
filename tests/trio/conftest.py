"""What these tests measured by the way, at the end: nothing of it is judged by the clock."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each storm and each platform that came back."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.getreports(kind)]
    lines = [value for one in reports for name, value in one.user_properties if name == "weather"]
    if lines:
        terminalreporter.section("three platforms")
    for line in lines:
        terminalreporter.line(line)
