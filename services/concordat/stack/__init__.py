"""The embedded stack: a real Kafka and a real PostgreSQL as supervised child processes."""
