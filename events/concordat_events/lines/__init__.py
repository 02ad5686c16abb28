"""Event models: one module per service line, or per protocol inside one."""
