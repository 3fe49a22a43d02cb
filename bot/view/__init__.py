"""How a run looks and what the bot says: pure, and the same for every platform."""
