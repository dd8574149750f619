"""Pacing, simulated."""
