"""Notices for the generator: stops for everything or for pairs, and who has taken back which."""

from random import Random

from event_strategies import CONTROLLERS, Plain


def notices_on(draw: Random, documents: list[Plain]) -> list[Plain]:
    """Some stops of some documents, each with its resumptions; in the order of the register."""
    made: list[Plain] = []
    for document in documents:
        for _ in range(draw.choice([0, 0, 0, 0, 0, 0, 1, 2])):
            behind = sorted({CONTROLLERS[agency] for agency in document["parties"]})
            action = "withdraw" if draw.random() < 0.12 else "suspend"
            stop = _notice(draw, len(made), document, draw.choice(behind), action)
            made.append(stop)
            if action == "suspend":
                # By all, by some or by none.
                chance = draw.choice([0.0, 0.5, 1.0, 1.0])
                for controller in behind:
                    if draw.random() < chance:
                        resumption = _notice(draw, len(made), document, controller, "resume")
                        made.append({**resumption, "resumes": stop["number"]})
    return made


def _notice(draw: Random, number: int, document: Plain, controller: str, action: str) -> Plain:
    pairs = []
    if draw.random() < 0.4:
        pairs = [
            [publisher, recipient]
            for publisher in document["parties"]
            for recipient in document["parties"]
            if publisher != recipient
            and controller in (CONTROLLERS[publisher], CONTROLLERS[recipient])
            and draw.random() < 0.6
        ]
    return {
        "number": number,
        "agreement": document["id"],
        "version": document["version"],
        "action": action,
        "controller": controller,
        "pairs": pairs,
        "resumes": None,
    }
