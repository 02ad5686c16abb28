"""The consumer groups of the stages."""

from concordat.kafka.topics import Topics


def group_of(stage: str, topics: Topics) -> str:
    """The group whose committed offsets are the stage's progress."""
    return f"{topics.prefix}{stage}"
