"""Finds the topic of a question in free text. PURE."""
