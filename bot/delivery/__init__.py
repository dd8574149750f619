"""Sends the due deliveries of the ledger, through one sender per bot."""
