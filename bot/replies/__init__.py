"""Question → reply, both plain values. PURE."""
