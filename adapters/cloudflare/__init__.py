"""Cloudflare Workers: deployer, metrics, flags and channels, by wrangler and the REST API."""
