"""A Cloudflare account on this machine, for the demo, the tests and rehearsals."""
