"""Why an event went where it went: every share and condition."""
