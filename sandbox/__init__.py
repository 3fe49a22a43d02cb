"""A Cloudflare account on this machine: the API that real wrangler speaks, and an edge that runs workerd."""
