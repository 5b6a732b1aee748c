"""Exact placement with OR-tools CP-SAT, deterministic: one worker, fixed seed, deterministic time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .model import Buffer, Overlap, pairs

#: CP-SAT's deterministic time; the same on every machine, roughly seconds.
_BUDGET = 4.0


def improve(
    buffers: Sequence[Buffer], overlaps: Sequence[Overlap], alignment: int, start: Mapping[str, int], bound: int
) -> tuple[dict[str, int], int]:
    """A placement at least as good as ``start``, and the best lower bound known (``bound`` or better), in bytes."""
    from ortools.sat.python import cp_model

    upper = max(start[b.name] + b.bytes for b in buffers)
    model = cp_model.CpModel()
    units = upper // alignment + 1
    places = [model.new_int_var(0, units, f"p{i}") for i in range(len(buffers))]
    size = model.new_int_var(bound, upper, "size")
    for buffer, place in zip(buffers, places, strict=True):
        model.add(place * alignment + buffer.bytes <= size)
        model.add_hint(place, start[buffer.name] // alignment)
    for pair in pairs(buffers, overlaps):
        a, b = buffers[pair.first], buffers[pair.second]
        first, second = places[pair.first] * alignment, places[pair.second] * alignment
        choices = [model.new_bool_var(""), model.new_bool_var("")]
        model.add(first + a.bytes <= second).only_enforce_if(choices[0])
        model.add(second + b.bytes <= first).only_enforce_if(choices[1])
        if pair.distance is not None:
            choices.append(model.new_bool_var(""))
            model.add(first - second >= pair.distance).only_enforce_if(choices[2])
        model.add_bool_or(choices)
    model.minimize(size)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = _BUDGET
    status = solver.solve(model)
    if solver.status_name(status) not in ("OPTIMAL", "FEASIBLE"):
        return dict(start), bound
    placement = {b.name: solver.value(place) * alignment for b, place in zip(buffers, places, strict=True)}
    return placement, max(bound, int(solver.best_objective_bound + 0.5))
