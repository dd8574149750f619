"""Finds the topic that a question in people's own words is about. Pure."""
