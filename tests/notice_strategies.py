"""Hypothesis strategies: notices by which controllers stop pairs and let them go on again."""

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from event_strategies import CONTROLLERS, Plain, usually


@st.composite
def notices(draw: DrawFn, documents: list[Plain]) -> list[Plain]:
    """Some stops of some documents, and who has taken back which; in the order of the register."""
    drawn: list[Plain] = []
    for document in documents:
        for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2]))):
            drawn.append(draw(_stops(len(drawn), document)))
            if drawn[-1]["action"] == "suspend":
                drawn += draw(_resumptions(len(drawn), document, drawn[-1]))
    return drawn


@st.composite
def _stops(draw: DrawFn, number: int, document: Plain) -> Plain:
    controller = draw(st.sampled_from(_behind(document)))
    return _notice(draw, number, document, controller, draw(_actions))


_actions = usually(st.just("suspend"), "withdraw")


@st.composite
def _resumptions(draw: DrawFn, number: int, document: Plain, stop: Plain) -> list[Plain]:
    """By all, by some or by none."""
    controllers = draw(st.sampled_from([_behind(document), [], None]))
    if controllers is None:
        controllers = draw(st.lists(st.sampled_from(_behind(document)), unique=True))
    return [
        {**_notice(draw, number + n, document, controller, "resume"), "resumes": stop["number"]}
        for n, controller in enumerate(controllers)
    ]


def _notice(draw: DrawFn, number: int, document: Plain, controller: str, action: str) -> Plain:
    parties = sorted(document["parties"])
    pairs = [
        [publisher, recipient]
        for publisher in parties
        for recipient in parties
        if publisher != recipient and controller in (CONTROLLERS[publisher], CONTROLLERS[recipient])
    ]
    named = draw(st.just([]) | st.lists(st.sampled_from(pairs), max_size=4, unique_by=tuple))
    return {
        "number": number,
        "agreement": document["id"],
        "version": document["version"],
        "action": action,
        "controller": controller,
        "pairs": named,
        "resumes": None,
    }


def _behind(document: Plain) -> list[str]:
    return sorted({CONTROLLERS[agency] for agency in document["parties"]})
