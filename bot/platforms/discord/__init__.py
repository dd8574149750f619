"""Discord, by its gateway or by HTTP interactions (docs.discord.com/developers)."""
