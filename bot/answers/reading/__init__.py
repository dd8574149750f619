"""Reading a question: from what somebody typed to words that an index knows. PURE."""
