"""The desk in the browser: a file for each thing that an editor does."""
