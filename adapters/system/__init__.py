"""The machine: clock, commands, log."""
