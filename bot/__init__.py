"""Outrider: what it decides (domain), does (app), says (view) and needs (ports)."""
