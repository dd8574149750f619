"""E-mail: bulletins to readers who confirmed their address, and links that sign editors in."""
