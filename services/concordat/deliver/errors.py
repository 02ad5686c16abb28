"""Why deliver leaves.

DeliverError
  NotTheWriter        another process has moved the position in the meantime
  WriterLockLost      the session that held the writer's lock is gone
  WriterActive        the position cannot be forgotten while a process delivers
  RoutedLogChanged    the topic is not the log that was consumed so far
  DatabaseRestored    the database is older than what was delivered from the topic
  LogMadeAgain        another log that the rows speak of is not the same any more
  RoutedTopicMissing  there is no such topic
  PartitionsChanged   the topic has other partitions than at the start
  TooManyFailures     the same step failed again and again
"""


class DeliverError(Exception):
    """Deliver cannot go on; what is stored is complete and in order."""


class NotTheWriter(DeliverError):
    """Another process has stored records of these partitions; nothing of the batch was stored."""

    def __init__(self) -> None:
        super().__init__("another process has moved the position of deliver")


class WriterLockLost(DeliverError):
    """The session with the writer's lock ended: another process may be the writer now."""

    def __init__(self) -> None:
        super().__init__("the session that held the writer's lock is gone")


class WriterActive(DeliverError):
    """A deliver process holds the writer's lock."""

    def __init__(self) -> None:
        super().__init__("a deliver process is running: stop it first")


class RoutedLogChanged(DeliverError):
    """Reading on would skip records or read other ones; an operator decides."""

    def __init__(self, topic: str, what: str) -> None:
        super().__init__(
            f"{topic} is not the log that was consumed so far: {what}. "
            "Run `concordat recover`: it has route decide again what this log may lack and deliver "
            "read it from its start, as `concordat replay routed` alone does; "
            "what is stored already is not delivered again"
        )


class DatabaseRestored(DeliverError):
    """To go on would number items anew behind the back of readers that have their cursors."""

    def __init__(self, topic: str, what: str) -> None:
        super().__init__(
            f"the database is not the one that has delivered from {topic}: {what}. "
            "Run `concordat recover`: it renews the generation of the inboxes, so that every "
            "reader is told, and marks what may come again"
        )


class LogMadeAgain(DeliverError):
    """What the rows say of places in this log is of another one; new events would look known."""

    def __init__(self, topic: str) -> None:
        super().__init__(
            f"{topic} is not the log that the database speaks of: it was deleted and made again, "
            "or it is on another cluster. Run `concordat recover`: it parts the rows from the old "
            "log and has the stages read their input again"
        )


class RoutedTopicMissing(DeliverError):
    """The topic does not exist."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"there is no topic {topic}: run `concordat topics apply`")


class PartitionsChanged(DeliverError):
    """The partitions are assigned at the start; a restart takes the new ones up."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"{topic} has other partitions than at the start")


class TooManyFailures(DeliverError):
    """The cause is the last error."""

    def __init__(self, failures: int) -> None:
        super().__init__(f"gave up after {failures} failures in a row")


NEEDS_OPERATOR = (RoutedLogChanged, RoutedTopicMissing, DatabaseRestored, LogMadeAgain)
"""To start again is of no use before somebody has run the command that the error names."""
