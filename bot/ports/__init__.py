"""Names what is needed: Protocols of two to five methods, their promises in the docstrings."""
