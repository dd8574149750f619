"""The peers: each the least code that does the same as ours, as its documentation shows it."""
