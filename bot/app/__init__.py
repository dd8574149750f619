"""Builds the parts of the process and runs them; health and alarms."""
