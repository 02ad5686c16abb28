"""PURE. Functions from a batch of records to a batch of records: admit and route."""
