"""Nota: a news desk in a chat."""

__version__ = "0.9.0.dev0"
