"""The newsroom: turns the difference between the dossier's bulletins and the ledger into deliveries."""
