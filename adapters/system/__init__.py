"""The machine itself: its clock and its child processes."""
