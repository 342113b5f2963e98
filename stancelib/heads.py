"""The questions that every model answers with a head of its own, and the columns of their answers."""

HEADS = ("types", "status", "direction", "target")
"""Types and status of an actor; direction and target of an ordered pair (actor, other actor)."""

FOR, AGAINST, NEITHER = 0, 1, 2
"""The columns of the direction head."""

N_DIRECTIONS = 3
