"""One module per service line: its event models."""
