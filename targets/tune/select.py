"""The best combination of measured kernels within a budget of flash: exact, with OR-tools CP-SAT."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .measure import Measured

#: Quantities that a selection can make small; the first is what is asked for, the other breaks ties.
ORDER: Mapping[str, tuple[str, str]] = {
    "speed": ("instructions", "flash"),
    "ram": ("instructions", "flash"),
    "flash": ("flash", "instructions"),
}


def flash_bytes(measured: Measured, kernels: Mapping[str, str]) -> int:
    """Bytes of flash of a combination, as far as its parts tell: a file's code counts once."""
    chosen = [c for name, found in measured.layers.items() for c in found if c.kernel == kernels[name]]
    files = {file for candidate in chosen for file in candidate.files}
    return measured.other_code + sum(c.constants for c in chosen) + sum(measured.code[file] for file in files)


def select(
    measured: Measured,
    objective: str,
    flash: int | None,
    forbidden: Collection[tuple[str, str]] = (),
    cuts: Sequence[Mapping[str, str]] = (),
) -> dict[str, str] | None:
    """Kernel by layer: the best by the objective, then by the other quantity; None where nothing fits.

    Args:
        objective: a key of ``ORDER``.
        flash: bytes that the combination may take.
        forbidden: (layer, kernel) that must not be chosen; cuts: kernels that must not be chosen all together.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    used = {file: model.new_bool_var(file) for file in sorted(measured.code)}
    chosen: dict[tuple[str, str], Any] = {}
    for name, found in measured.layers.items():
        allowed = [c for c in found if (name, c.kernel) not in forbidden]
        for candidate in allowed:
            chosen[name, candidate.kernel] = variable = model.new_bool_var("")
            for file in candidate.files:
                model.add_implication(variable, used[file])
        model.add_exactly_one([chosen[name, c.kernel] for c in allowed])
    every = [
        (c, chosen[name, c.kernel]) for name, f in measured.layers.items() for c in f if (name, c.kernel) in chosen
    ]
    for cut in cuts:
        model.add_bool_or([~chosen[pair] for pair in cut.items() if pair in chosen])
    totals = {
        "instructions": sum(c.instructions * variable for c, variable in every),
        "flash": measured.other_code
        + sum(c.constants * variable for c, variable in every)
        + sum(measured.code[file] * variable for file, variable in used.items()),
    }
    if flash is not None:
        model.add(totals["flash"] <= flash)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False  # CP-SAT's own handler would take Python's place for good
    solver.parameters.random_seed = 1
    best: dict[str, str] | None = None
    for quantity in ORDER[objective]:
        model.minimize(totals[quantity])
        if solver.status_name(solver.solve(model)) != "OPTIMAL":
            return best
        best = {name: kernel for (name, kernel), variable in chosen.items() if solver.value(variable)}
        model.add(totals[quantity] <= round(solver.objective_value))
    return best
