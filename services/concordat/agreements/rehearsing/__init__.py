"""What a candidate agreement would have done to events of the past."""
