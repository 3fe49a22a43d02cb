"""Environment and outrider.toml become frozen Settings."""
