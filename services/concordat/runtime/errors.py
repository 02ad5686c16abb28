"""The errors a process leaves with, and the exit codes that say so."""

from typing import ClassVar


class ConcordatError(Exception):
    """Base: `exit_code` is documented in the command line's help."""

    exit_code: ClassVar[int] = 70  # EX_SOFTWARE


class RegisterUnavailable(ConcordatError):
    """The register cannot be trusted right now: nothing may be decided."""

    exit_code: ClassVar[int] = 75  # EX_TEMPFAIL


class ClockBehind(RegisterUnavailable):
    """This machine's clock is behind the log's: dates cannot be trusted."""


class NotAcknowledged(ConcordatError):
    """The broker did not acknowledge what a stage wrote: nothing may be committed."""

    exit_code: ClassVar[int] = 75


class SourceMadeAgain(ConcordatError):
    """A topic that a stage reads was deleted and made again: the stage is to begin anew."""

    exit_code: ClassVar[int] = 75
