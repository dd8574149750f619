"""Subscriptions of chats: which bulletins they get, and the commands that change that."""
