"""Exact placement with OR-tools CP-SAT, deterministic: one worker, fixed seed, deterministic time."""

from __future__ import annotations

from collections.abc import Sequence

from .greedy import size_of
from .model import Buffer, Pair

#: CP-SAT's deterministic time, the same on every machine: roughly seconds, but more of them the larger the model is.
_BUDGET = 4.0
_LARGE = 600  # pairs from which on the budget shrinks


def improve(
    buffers: Sequence[Buffer], pairs: Sequence[Pair], alignment: int, start: Sequence[int], bound: int
) -> tuple[list[int], int]:
    """Offsets at least as good as ``start``, and the best lower bound known (``bound`` or better), in bytes."""
    from ortools.sat.python import cp_model

    upper = size_of(buffers, start)
    model = cp_model.CpModel()
    units = upper // alignment + 1
    places = [model.new_int_var(0, units, f"p{i}") for i in range(len(buffers))]
    size = model.new_int_var(bound, upper, "size")
    for buffer, place, offset in zip(buffers, places, start, strict=True):
        model.add(place * alignment + buffer.bytes <= size)
        model.add_hint(place, offset // alignment)
    for pair in pairs:
        a, b = buffers[pair.first], buffers[pair.second]
        first, second = places[pair.first] * alignment, places[pair.second] * alignment
        choices = [model.new_bool_var(""), model.new_bool_var("")]
        model.add(first + a.bytes <= second).only_enforce_if(choices[0])
        model.add(second + b.bytes <= first).only_enforce_if(choices[1])
        if pair.overlap is not None:
            choices.append(model.new_bool_var(""))
            model.add(first - second >= pair.overlap.distance).only_enforce_if(choices[2])
            if pair.overlap.exact:
                model.add(first - second <= pair.overlap.distance).only_enforce_if(choices[2])
        model.add_bool_or(choices)
    model.minimize(size)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False  # CP-SAT's own handler would take Python's place for good
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = _BUDGET * min(1.0, _LARGE / max(1, len(pairs)))
    status = solver.solve(model)
    if solver.status_name(status) not in ("OPTIMAL", "FEASIBLE"):
        return list(start), bound
    return [solver.value(place) * alignment for place in places], max(bound, int(solver.best_objective_bound + 0.5))
