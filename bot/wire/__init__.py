"""The wire: news from feeds, past an editor's desk."""
