"""Made scores of people with several records each."""

from __future__ import annotations

import math

import numpy as np


def rows_of_people(rng, *, people=30, rows=20, correlation=0.3, shift=0.7):
    person = np.repeat(np.arange(people), rows)
    member = person < people // 2
    own = math.sqrt(correlation) * rng.normal(size=people)[person]
    return member, own + math.sqrt(1 - correlation) * rng.normal(size=len(person)) + shift * member, person
