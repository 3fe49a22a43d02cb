"""The REST API of the account, a module for each part of it. Each offers `routes`."""
