"""Mattermost as a chat platform."""
