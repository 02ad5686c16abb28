"""A register as it would be had everybody signed: to see what an agreement does before anyone has.

Nothing here verifies anything; such a register decides no event that is delivered.
"""

from collections.abc import Iterable, Mapping

from concordat.agreements.document import Agreement
from concordat.agreements.parties import Agency, Controller
from concordat.agreements.register import Register
from concordat_events.catalogue import CATALOGUE
from concordat_events.fields import Data


def assume_signed(
    agreements: Iterable[Agreement],
    *,
    agencies: Mapping[str, Agency] | None = None,
    controllers: Mapping[str, Controller] | None = None,
    catalogue: Mapping[str, type[Data]] = CATALOGUE,
) -> Register:
    """Return a register with `agreements`, each signed by the controllers of all its parties.

    In force is each on the days of its `effective`, as always: plan for one of those. An agency
    that `agencies` lacks is registered under a controller of its own and without identifiers.
    """
    register = Register(
        catalogue=catalogue, agencies=dict(agencies or {}), controllers=dict(controllers or {})
    )
    for agreement in agreements:
        register.agreements.setdefault(agreement.id, {})[agreement.version] = agreement
        for agency in agreement.parties:
            known = register.agencies.setdefault(agency, _unregistered(agency))
            register.signatures.add((agreement.id, agreement.version, known.controller))
    return register


def _unregistered(agency: str) -> Agency:
    return Agency.model_validate(
        {
            "schema": "concordat/agency/v1",
            "id": agency,
            "name": agency,
            "controller": f"assumed-{agency}",
        }
    )
