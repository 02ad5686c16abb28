"""How long a client waits for a broker before it asks another one."""

PATIENCE_MS = 5000
"""For one answer, and between two questions who leads. The libraries wait 40 s (aiokafka) or 60 s
(librdkafka) for a broker that stands still, although another leads within seconds. Stages have 6 s
of their own (streams/clients.py)."""
