"""Community safety: recorded crime as the police publish it (police.uk street files)."""

from typing import Annotated

from concordat_events.fields import Code, Data, Latitude, Line, Longitude, LsoaCode, Month, N


class Place(Data):
    """An anonymised map point, never an address."""

    description: Annotated[Line | None, N] = None
    longitude: Annotated[Longitude | None, N] = None
    latitude: Annotated[Latitude | None, N] = None
    lsoa_code: Annotated[LsoaCode | None, N] = None
    lsoa_name: Annotated[Line | None, N] = None


class CrimeRecorded(Data):
    """`community-safety.crime-recorded.v1`: one crime or anti-social behaviour incident."""

    crime_ref: Annotated[Line | None, N] = None
    category: Annotated[Code, N]
    month: Annotated[Month, N]
    reported_by: Annotated[Line | None, N] = None
    falls_within: Annotated[Line | None, N] = None
    location: Place | None = None
    district: Annotated[Line | None, N] = None
    outcome: Annotated[Line | None, N] = None
    context: Annotated[Line | None, N] = None
