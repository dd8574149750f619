"""Questions in, replies out, as plain values. Pure."""
