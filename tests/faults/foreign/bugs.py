"""Ways to let one agency see another's, each planted to see that it is found."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from fastapi import APIRouter

from concordat.inbox import acknowledge_items, event_status, health, read_item
from concordat.inbox.event_rows import read_decided_event
from concordat.inbox.inbox_rows import read_item as read_by_number
from concordat.inbox.problems import ProblemFound
from concordat.inbox.tokens import TokenRefused, TokenVerifier
from concordat.postgres.pool import Scoped
from faults.foreign import holdings as held_by
from faults.foreign.holdings import Held
from faults.rig import Rig

Plant = Callable[[pytest.MonkeyPatch], None]
_SCOPE = "SELECT set_config('concordat.agency', $1, true)"


def event_looked_up_anywhere(patch: pytest.MonkeyPatch) -> None:
    """An endpoint that goes by the id alone, whoever's event it is."""

    async def anywhere(connection: Scoped, _caller: str, event_id: str) -> Any:
        for agency in held_by.everybody():
            await connection.execute(_SCOPE, agency)
            if found := await read_decided_event(connection, agency, event_id):
                return found
        return None

    patch.setattr(event_status, "read_decided_event", anywhere)


def forbidden_for_not_found(patch: pytest.MonkeyPatch) -> None:
    """What is another's is answered 403, what is nobody's 404."""

    async def telling(connection: Scoped, caller: str, seq: int) -> Any:
        for agency in held_by.everybody():
            await connection.execute(_SCOPE, agency)
            if await read_by_number(connection, agency, seq) and agency != caller:
                raise ProblemFound(403)
        await connection.execute(_SCOPE, caller)
        return await read_by_number(connection, caller, seq)

    patch.setattr(read_item, "read_item", telling)


def acknowledged_without_looking(patch: pytest.MonkeyPatch) -> None:
    """Whatever number is acknowledged is answered 200."""

    async def taken(*_: Any) -> bool:
        return True

    patch.setattr(acknowledge_items, "acknowledge", taken)


def new_endpoint(patch: pytest.MonkeyPatch) -> None:
    """An endpoint that nobody has an example for, and that is not described either."""
    router = APIRouter()
    router.include_router(health.router)

    @router.get("/v1/everybody", include_in_schema=False)
    async def everybody() -> dict[str, str]:
        return held_by.everybody()

    patch.setattr(health, "router", router)


def claims_not_checked(patch: pytest.MonkeyPatch) -> None:
    """A signature is enough: for whom and until when is not looked at."""
    patch.setattr(TokenVerifier, "_check", lambda *_: None)


def signature_not_checked(patch: pytest.MonkeyPatch) -> None:
    """What a token says is believed."""

    def believed(_verifier: TokenVerifier, token: str) -> str:
        try:
            claims = token.split(".")[1]
            return str(json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"])
        except (ValueError, KeyError, IndexError):
            raise TokenRefused from None

    patch.setattr(TokenVerifier, "verify", believed)


def _after_filling(patch: pytest.MonkeyPatch, *statements: str) -> None:
    fill = held_by.fill

    async def and_spoil(rig: Rig, held: Sequence[Held]) -> None:
        await fill(rig, held)
        for each in statements:
            await rig.ask(each)

    patch.setattr(held_by, "fill", and_spoil)


def row_security_off(patch: pytest.MonkeyPatch) -> None:
    """One table without the policy."""
    _after_filling(patch, "ALTER TABLE concordat.stub DISABLE ROW LEVEL SECURITY")


def row_security_not_forced(patch: pytest.MonkeyPatch) -> None:
    """One table whose owner is not bound."""
    _after_filling(patch, "ALTER TABLE concordat.event NO FORCE ROW LEVEL SECURITY")


def policy_for_all(patch: pytest.MonkeyPatch) -> None:
    """One table whose policy lets the API's role see everything."""
    _after_filling(
        patch, "CREATE POLICY also ON concordat.redecision FOR SELECT TO concordat_api USING (true)"
    )


def new_table(patch: pytest.MonkeyPatch) -> None:
    """A table that the API's role may read and nobody has said whose it is."""
    _after_filling(
        patch,
        "CREATE TABLE concordat.note AS SELECT agency, body FROM concordat.delivery",
        "GRANT SELECT ON concordat.note TO concordat_api",
    )


BUGS: Mapping[str, Plant] = {
    each.__name__.replace("_", "-"): each
    for each in (
        event_looked_up_anywhere,
        forbidden_for_not_found,
        acknowledged_without_looking,
        new_endpoint,
        claims_not_checked,
        signature_not_checked,
        row_security_off,
        row_security_not_forced,
        policy_for_all,
        new_table,
    )
}
