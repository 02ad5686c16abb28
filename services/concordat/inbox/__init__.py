"""The HTTP API: agencies publish, read their inbox, and ask what became of an event."""
