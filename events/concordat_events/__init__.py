"""What agencies install: event models, the strict CloudEvents codec, and what comes back."""
