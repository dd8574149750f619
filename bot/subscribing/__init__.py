"""Subscribing a chat: what it wants, the panels by which it says so, and what became of what it was sent."""
