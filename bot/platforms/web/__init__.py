"""The web server: the public pages, the preview, the desk, health and metrics."""
