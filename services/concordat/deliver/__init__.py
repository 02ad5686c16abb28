"""Copies `routed` to Postgres, where every delivery is made once."""
