from integration.inbox.api import Api

SHARED = {
    "agency": "social-care",
    "agreement": "test-agreement",
    "version": 1,
    "digest": "d" * 64,
    "law": "protect",
    "shares": ["all-crimes"],
    "fields": ["category", "month"],
    "delivery_id": "0" * 32,
}
WITHHELD = [
    {"agency": "womens-aid", "reason": "DENIED_BY_PUBLISHER"},
    {
        "agency": "adult-care",
        "reason": "CONDITION_FALSE",
        "agreement": "test-agreement",
        "version": 1,
        "share": "some-crimes",
        "field": "district",
    },
]


async def test_a_publisher_sees_the_decision_for_every_candidate(api: Api) -> None:
    await api.decide("police", "event-0001", 1, shared=[SHARED], withheld=WITHHELD)
    response = await api.get("police", "/v1/events/event-0001")
    assert response.status_code == 200
    status = response.json()
    candidates = {each.pop("agency"): each for each in status.pop("candidates")}
    assert status == {
        "id": "event-0001",
        "type": "community-safety.crime-recorded.v1",
        "subject": "case-0001",
        "time": "2025-12-01T00:00:00Z",
        "decided_at": "2026-11-22T12:00:00Z",
        "register_offset": 7,
        "repeats": 0,
        "conflicts": 0,
    }
    assert candidates == {
        "social-care": {
            "outcome": "shared",
            "agreement": "test-agreement",
            "version": 1,
            "law": "protect",
            "shares": ["all-crimes"],
            "fields": ["category", "month"],
        },
        "womens-aid": {
            "outcome": "withheld",
            "reason": "DENIED_BY_PUBLISHER",
            "because": "The publisher denied this event to this agency.",
        },
        "adult-care": {
            "outcome": "withheld",
            "reason": "CONDITION_FALSE",
            "because": "A condition of the agreement does not hold for this event.",
            "agreement": "test-agreement",
            "version": 1,
            "share": "some-crimes",
            "field": "district",
        },
    }


async def test_repeats_and_conflicts_are_counted_apart(api: Api) -> None:
    await api.decide("police", "event-0001", 1)
    await api.decide("police", "event-0002", 2)
    for offset, conflict in ((3, False), (4, True), (5, True)):
        await api.repeat("police", "event-0001", offset, conflict=conflict)
    status = (await api.get("police", "/v1/events/event-0001")).json()
    assert (status["repeats"], status["conflicts"]) == (1, 2)
    other = (await api.get("police", "/v1/events/event-0002")).json()
    assert (other["repeats"], other["conflicts"]) == (0, 0)


async def test_one_id_of_two_publishers_is_two_events(api: Api) -> None:
    await api.decide("police", "event-0001", 1, withheld=WITHHELD)
    await api.decide("womens-aid", "event-0001", 2)
    assert (await api.get("womens-aid", "/v1/events/event-0001")).json()["candidates"] == []
    assert len((await api.get("police", "/v1/events/event-0001")).json()["candidates"]) == 2


async def test_what_cannot_be_an_id_is_as_unknown_as_any(api: Api) -> None:
    unknown = await api.get("police", "/v1/events/event-9999")
    assert unknown.status_code == 404
    for text in ("x", "%00%00%00%00%00%00%00%00", "Zebedee%20Quartermain", "'%20OR%201=1%20--"):
        response = await api.get("police", f"/v1/events/{text}")
        assert (response.status_code, response.content) == (404, unknown.content)
