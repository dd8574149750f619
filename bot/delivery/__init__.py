"""Sends what the ledger says is due, through one sender per bot."""
