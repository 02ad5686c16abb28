"""What every process needs: settings, logs, clock, health."""
