"""The deepest stack of a function, from the instructions of the linked image: every path, whatever the input.

Each function is walked from its entry over all branches with the bytes pushed so far; calls add the callee's depth.
Calls through pointers go to any of the functions that :mod:`bitwright.codegen.kernels.pointers` lists for the caller.
Recursion, other calls through pointers and stack that grows by a computed amount have no bound, and the generated C has
none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ..codegen.kernels.pointers import POINTERS
from ..errors import ToolError
from .disassembly import Disassembly, Instruction
from .toolchain import TOOLCHAINS

_MOST = 1 << 20


@dataclass(frozen=True)
class Step:
    """What one instruction does: ``pushed`` bytes (negative: popped) and where it may go.

    ``computed``: it goes to an address from a table (a switch); ``pointer``: it calls what a register points to, or
    ends the function with such a call.
    """

    pushed: int = 0
    call: int | None = None
    jump: int | None = None
    falls_through: bool = True
    computed: bool = False
    pointer: bool = False


@dataclass(frozen=True)
class _Frame:
    deepest: int
    calls: tuple[tuple[int, int], ...]  # bytes pushed before the call, callee


def worst_case(code: Disassembly, toolchain: str, function: str) -> int:
    """Bytes of stack below the caller's stack pointer that a call of a function can need.

    Raises:
        ToolError: no such function, or its stack has no bound.
    """
    if function not in code.symbols:
        raise ToolError(f"the image has no function '{function}'")
    return _depth(code, _STEPS[TOOLCHAINS[toolchain].architecture], code.symbols[function], {}, ())


def has_bound(toolchain: str) -> bool:
    """Whether images of this toolchain can be analysed; the host's are not."""
    return TOOLCHAINS[toolchain].architecture in _STEPS


def _depth(
    code: Disassembly, step: Callable[[Instruction], Step], entry: int, known: dict[int, int], path: tuple[int, ...]
) -> int:
    if entry in path:
        names = " -> ".join(code.instructions[a].label for a in (*path[path.index(entry) :], entry))
        raise ToolError(f"the image is recursive: {names}")
    if entry not in known:
        frame = _walk(code, step, entry)
        below = [pushed + _depth(code, step, callee, known, (*path, entry)) for pushed, callee in frame.calls]
        known[entry] = max([frame.deepest, *below])
    return known[entry]


def _walk(code: Disassembly, step: Callable[[Instruction], Step], entry: int) -> _Frame:
    """Follow every path of one function; code that only a switch reaches has the switch's depth."""
    pushed = {entry: 0}
    pending = [entry]
    switches: list[tuple[str, int]] = []
    calls: set[tuple[int, int]] = set()
    deepest = 0
    while pending or switches:
        if not pending:
            label, depth = switches.pop()
            missed = [address for address in _body(code, step, label) if address not in pushed]
            pushed |= dict.fromkeys(missed, depth)
            pending += missed
            continue
        address = pending.pop()
        instruction = code.instructions[address]
        move = step(instruction)
        after = pushed[address] + move.pushed
        deepest = max(deepest, after)
        if deepest > _MOST:
            raise _no_bound(instruction, "the stack grows in a loop")
        if move.call is not None:
            calls.add((after, move.call))
        calls |= {(after, callee) for callee in _pointed(code, instruction, move)}
        if move.computed and instruction.label.split(".")[0] not in POINTERS:
            switches.append((instruction.label, after))
        for place in _successors(move, code.following.get(address)):
            if place in code.instructions and pushed.get(place, -1) < after:
                pushed[place] = after
                pending.append(place)
    return _Frame(deepest, tuple(sorted(calls)))


def _pointed(code: Disassembly, instruction: Instruction, move: Step) -> list[int]:
    """The functions of the image that an instruction may call through a pointer. Raises ToolError for unknown ones."""
    names = POINTERS.get(instruction.label.split(".")[0])  # compilers split functions into parts
    if move.pointer and names is None:
        raise _no_bound(instruction, "a call through a pointer")
    return [code.symbols[n] for n in names or () if n in code.symbols] if move.pointer or move.computed else []


def _body(code: Disassembly, step: Callable[[Instruction], Step], label: str) -> list[int]:
    """Addresses of a function without what pads it to the next one's alignment: what would run into that."""
    body = sorted(i.address for i in code.instructions.values() if i.label == label)
    while body and step(code.instructions[body[-1]]).falls_through:
        body.pop()
    return body


def _successors(move: Step, following: int | None) -> Iterator[int]:
    if move.jump is not None:
        yield move.jump
    if move.falls_through and following is not None:
        yield following


def _no_bound(instruction: Instruction, why: str) -> ToolError:
    return ToolError(f"{instruction.label}: {why}: {instruction.mnemonic} {instruction.operands}")


_CONDITIONS = "eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|hs|lo"
_ARM_NAME = re.compile(rf"^(push|pop|stmdb|ldmia|str|strd|ldr|ldrd|sub|subw|add|addw|mov|bx|blx|bl|b)({_CONDITIONS})?$")
_ARM_SWITCH_HELPER = "__gnu_thumb1_case_"


def _arm(instruction: Instruction) -> Step:
    """Armv6-M and Armv7-M Thumb code."""
    named = _ARM_NAME.match(instruction.mnemonic.removesuffix(".n").removesuffix(".w"))
    operands = instruction.operands
    if instruction.mnemonic in ("vpush", "vpop"):
        size = 8 * _doubles(operands)
        return Step(pushed=size if instruction.mnemonic == "vpush" else -size)
    if instruction.mnemonic.startswith(("le", "wls")) and instruction.place is not None:
        return Step(jump=instruction.place)  # low-overhead loops
    if instruction.mnemonic in ("tbb", "tbh"):
        return Step(falls_through=False, computed=True)
    if instruction.mnemonic in ("cbz", "cbnz"):
        return Step(jump=instruction.place)
    if instruction.mnemonic == "udf":
        return Step(falls_through=False)
    if operands.startswith("pc,") and operands != "pc, lr" and "[sp], #4" not in operands:
        return Step(falls_through=False, computed=True)  # mov pc, ldr pc, add pc: a table of a switch
    if named is None:
        return Step()
    name, conditional = named.group(1), named.group(2) is not None
    if name in ("bl", "blx"):
        if instruction.place is None:
            return Step(pointer=True)
        switch = _ARM_SWITCH_HELPER in operands
        return Step(call=instruction.place, computed=switch, falls_through=not switch)
    if name == "b":
        return Step(jump=instruction.place, falls_through=conditional)
    if name == "bx":
        return Step(falls_through=conditional, pointer=operands != "lr")
    pushed = _arm_pushed(instruction, name)
    returns = name in ("pop", "ldmia", "ldr") and re.search(r"\bpc\b", operands.split("[")[0]) is not None
    return Step(pushed=0 if conditional and pushed < 0 else pushed, falls_through=conditional or not returns)


def _doubles(operands: str) -> int:
    """How many registers of eight bytes ``{d8-d15}`` lists."""
    ranges = re.findall(r"d(\d+)(?:-d(\d+))?", operands)
    return sum(int(last or first) - int(first) + 1 for first, last in ranges)


def _arm_pushed(instruction: Instruction, name: str) -> int:
    operands = instruction.operands.split("@")[0].split(";")[0].strip()
    registers = 4 * (operands.count(",") + 1)
    if name in ("push", "pop"):
        return registers if name == "push" else -registers
    if name in ("stmdb", "ldmia"):
        return (registers - 4) * (1 if name == "stmdb" else -1) if operands.startswith("sp!") else 0
    if name in ("str", "strd", "ldr", "ldrd"):
        moved = re.search(r"\[sp, #-(\d+)\]!$", operands) or re.search(r"\[sp\], #(\d+)$", operands)
        return int(moved.group(1)) * (1 if name.startswith("st") else -1) if moved else 0
    if re.match(r"sp\b", operands):
        amount = re.fullmatch(r"sp, (?:sp, )?#(\d+)", operands)
        if name == "mov" and operands == "sp, r7":
            return 0  # a function with a frame pointer leaves its frame
        if amount is None:
            raise _no_bound(instruction, "the stack grows by a computed amount")
        return int(amount.group(1)) * (1 if name.startswith("sub") else -1)
    return 0


def _riscv(instruction: Instruction) -> Step:
    """RV32 code as objdump abbreviates it."""
    name, operands = instruction.mnemonic, instruction.operands
    if name in ("jal", "jalr", "call"):
        if re.match(r"(t|a|s)\d+,", operands):
            raise _no_bound(instruction, "a call that returns by another register than ra")
        return Step(pointer=True) if instruction.place is None else Step(call=instruction.place)
    if name in ("j", "tail"):
        return Step(jump=instruction.place, falls_through=False)
    if name == "jr":
        if instruction.place is not None:
            return Step(jump=instruction.place, falls_through=False)
        return Step(falls_through=False, computed=True)
    if name in ("ret", "mret", "unimp", "ebreak"):
        return Step(falls_through=False)
    if name[0] == "b":
        return Step(jump=instruction.place)
    if operands.startswith("sp,") and name not in ("sb", "sh", "sw"):
        if re.match(r"sp,s0,-\d", operands):
            return Step()  # a function with a frame pointer leaves its frame
        amount = re.match(r"sp,sp,(-?\d+)\b", operands)
        if name not in ("add", "addi") or amount is None:
            raise _no_bound(instruction, "the stack grows by a computed amount")
        return Step(pushed=-int(amount.group(1)))
    return Step()


_STEPS: Mapping[str, Callable[[Instruction], Step]] = {"arm": _arm, "riscv": _riscv}
