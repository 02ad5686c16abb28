"""How long a client waits for a broker before it asks another one."""

PATIENCE_MS = 5000
"""For one answer of a broker, and until it is asked again who leads. With the libraries' own forty
seconds and more, a broker that stands still is waited for twice as long as it takes another to
lead."""
