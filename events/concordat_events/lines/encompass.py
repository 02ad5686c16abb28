"""Operation Encompass: telling one child's school of domestic abuse at home."""

from typing import Annotated, Literal

from concordat_events.fields import Data, Day, Instant, Line, N, P, Ref, S, SchoolUrn, Text


class NotifiedChild(Data):
    """The one pupil; nothing here says who else lives with the child."""

    ref: Annotated[Ref, P]
    name: Annotated[Line, P]
    dob: Annotated[Day, P]
    present: Annotated[bool | None, S] = None
    whereabouts: Annotated[Literal["same_room", "same_home", "elsewhere"] | None, S] = None
    voice: Annotated[Text | None, S] = None


class Officer(Data):
    """Whom the school's safeguarding lead may call."""

    name: Annotated[Line | None, P] = None
    telephone: Annotated[Line | None, P] = None


class SchoolNotified(Data):
    """`domestic-abuse.school-notified.v1`: one child and one school, chosen by `school_urn`.

    Brothers and sisters are events of their own, so that no school reads of another's pupil.
    """

    ref: Annotated[Ref, N]
    police_ref: Annotated[Line | None, P] = None
    occurred_at: Annotated[Instant, P]
    school_urn: Annotated[SchoolUrn, P]
    child: NotifiedChild
    place: Annotated[Literal["home", "other_home", "public_place", "online", "other"] | None, S] = (
        None
    )
    circumstances: Annotated[Text | None, S] = None
    officer: Officer | None = None
