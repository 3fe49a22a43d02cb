"""Supplies what the ports name: one folder for each vendor, none of which knows another."""
