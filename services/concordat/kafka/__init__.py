"""Topics, the register log and feed, lag."""
