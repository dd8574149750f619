"""The browser: the preview of what Telegram and Discord show, and the pages about our health."""
