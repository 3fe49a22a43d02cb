"""Does it: the I/O shell around the decisions; it keeps no rules of its own."""
