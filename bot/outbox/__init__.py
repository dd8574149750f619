"""The outbox: claims what is due from the ledger, paces it, sends it, records what became of it."""
