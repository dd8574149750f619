"""Web Push: notifications of the browser, for readers who subscribe on the page (RFC 8030, 8291, 8292)."""
