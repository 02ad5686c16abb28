"""From text to an agreement without a fault, or to all its faults and notes."""
