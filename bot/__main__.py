"""Command line and composition."""
