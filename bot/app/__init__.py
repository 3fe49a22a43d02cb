"""The I/O shell: brings intents in, drives runs, tells rooms. Keeps no rules of its own."""
