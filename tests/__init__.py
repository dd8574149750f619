"""The tests: they mirror bot/."""
