from concordat.stack.restart_policy import GiveUp, Life, RestartAfter, RestartPolicy


def lives(*spans: tuple[float, float]) -> list[Life]:
    return [Life(start, end) for start, end in spans]


def test_the_first_death_is_followed_by_a_restart_after_a_fifth_of_a_second() -> None:
    assert RestartPolicy().decide(lives((0, 1))) == RestartAfter(0.2)


def test_each_short_life_doubles_the_wait() -> None:
    past = lives((0, 1), (1.2, 2), (2.4, 3), (3.8, 4))
    waits = [RestartPolicy().decide(past[: n + 1]) for n in range(4)]
    assert waits == [RestartAfter(0.2), RestartAfter(0.4), RestartAfter(0.8), RestartAfter(1.6)]


def test_the_wait_never_exceeds_five_seconds() -> None:
    patient = RestartPolicy(deaths=100)
    past = [Life(float(n), n + 0.5) for n in range(50)]
    assert patient.decide(past) == RestartAfter(5.0)


def test_a_life_of_ten_seconds_starts_the_wait_over() -> None:
    patient = RestartPolicy(deaths=100)
    past = lives((0, 1), (2, 3), (4, 14))
    assert patient.decide(past) == RestartAfter(0.2)
    assert patient.decide([*past, Life(15, 16)]) == RestartAfter(0.2)
    assert patient.decide([*past, Life(15, 16), Life(17, 18)]) == RestartAfter(0.4)


def test_a_life_just_under_ten_seconds_does_not_start_it_over() -> None:
    assert RestartPolicy().decide(lives((0, 1), (2, 11.9))) == RestartAfter(0.4)


def test_the_fifth_death_within_a_minute_gives_up_and_says_so() -> None:
    past = lives((0, 10), (11, 21), (22, 32), (33, 43))
    assert isinstance(RestartPolicy().decide(past), RestartAfter)
    assert RestartPolicy().decide([*past, Life(44, 54)]) == GiveUp("died 5 times within 60 s")


def test_deaths_older_than_a_minute_do_not_count() -> None:
    past = lives((0, 10), (11, 21), (22, 32), (33, 43), (44, 70))
    assert RestartPolicy().decide(past) == RestartAfter(0.2)
