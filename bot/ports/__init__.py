"""What Outrider needs from the world, as Protocols of a few methods; `adapters/` supplies it.

The promises stand in the docstrings: what is idempotent, what may be repeated, what is read back.
"""
