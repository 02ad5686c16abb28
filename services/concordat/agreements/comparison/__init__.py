"""From one version to another: who gains, who loses, exactly."""
