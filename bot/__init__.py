"""Outrider: a chat-ops bot that takes Cloudflare Workers to production and back."""
