"""Plain text, for a terminal and for machines."""
