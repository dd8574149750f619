"""Who gets which bulletins, and how a reader changes that."""
