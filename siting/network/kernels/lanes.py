"""Rows of sixteen int32 lanes, one cache line each, as single vector instructions.

numba does not turn loops of fixed length into vectors by itself, so these few operations are given to
LLVM as `<16 x i32>`; it maps them onto whatever the machine has. A table of rows is an int32 array of
shape (rows, 16), C-ordered.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from siting.network.kernels.arrays import FAR, LANES

_I32, _I64 = ir.IntType(32), ir.IntType(64)
_ROW = ir.VectorType(_I32, LANES)
_SUMS = ir.VectorType(ir.DoubleType(), LANES)


def _spread(builder: Any, scalar: Any) -> Any:
    """Return a vector whose lanes all hold one scalar."""
    single = ir.Constant(ir.VectorType(scalar.type, LANES), ir.Undefined)
    single = builder.insert_element(single, scalar, ir.Constant(_I32, 0))
    return builder.shuffle_vector(single, single, ir.Constant(_ROW, [0] * LANES))


class _Call:
    """The arguments of one intrinsic call, with their numba types."""

    def __init__(self, context: Any, builder: Any, signature: Any, values: Any) -> None:
        self.context, self.builder = context, builder
        self.types, self.values = signature.args, values

    def number(self, position: int, kind: Any) -> Any:
        return self.context.cast(self.builder, self.values[position], self.types[position], kind)

    def data(self, position: int) -> Any:
        return self.context.make_array(self.types[position])(self.context, self.builder, self.values[position]).data

    def row(self, table: int, number: Any, vector: Any = _ROW) -> Any:
        """Return a pointer to a row of the table at an argument position."""
        offset = self.builder.mul(number, ir.Constant(_I64, LANES))
        return self.builder.bitcast(self.builder.gep(self.data(table), [offset]), vector.as_pointer())

    def load(self, pointer: Any) -> Any:
        return self.builder.load(pointer, align=4)

    def store(self, vector: Any, pointer: Any) -> None:
        self.builder.store(vector, pointer, align=4)

    def least(self, left: Any, right: Any) -> Any:
        return self.builder.select(self.builder.icmp_signed("<", left, right), left, right)


@intrinsic
def fill(_: Any, rows: Any, row: Any, ms: Any) -> Any:
    """Set every lane of a row."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        call = _Call(context, builder, signature, values)
        call.store(_spread(builder, call.number(2, types.int32)), call.row(0, call.number(1, types.int64)))
        return context.get_dummy_value()

    return types.void(rows, row, ms), generate


@intrinsic
def shift(_: Any, target: Any, at: Any, rows: Any, row: Any, ms: Any) -> Any:
    """Set a row of `target` to a row of `rows` plus milliseconds, FAR at most."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        call = _Call(context, builder, signature, values)
        moved = builder.add(
            call.load(call.row(2, call.number(3, types.int64))), _spread(builder, call.number(4, types.int32))
        )
        nearer = call.least(moved, _spread(builder, ir.Constant(_I32, FAR)))
        call.store(nearer, call.row(0, call.number(1, types.int64)))
        return context.get_dummy_value()

    return types.void(target, at, rows, row, ms), generate


@intrinsic
def lower(_: Any, target: Any, at: Any, rows: Any, row: Any, ms: Any) -> Any:
    """Lower a row of `target` to a row of `rows` plus milliseconds where that is less; return the least lowered lane.

    The answer is FAR where no lane was lowered.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        call = _Call(context, builder, signature, values)
        moved = builder.add(
            call.load(call.row(2, call.number(3, types.int64))), _spread(builder, call.number(4, types.int32))
        )
        place = call.row(0, call.number(1, types.int64))
        known = call.load(place)
        is_less = builder.icmp_signed("<", moved, known)
        call.store(builder.select(is_less, moved, known), place)
        lowered = builder.select(is_less, moved, _spread(builder, ir.Constant(_I32, FAR)))
        reduce = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(_I32, [_ROW]), f"llvm.vector.reduce.smin.v{LANES}i32"
        )
        return builder.call(reduce, [lowered])

    return types.int32(target, at, rows, row, ms), generate


@intrinsic
def pull(_: Any, rows: Any, row: Any, first: Any, end: Any, heads: Any, ms: Any, is_fresh: Any) -> Any:
    """Lower a row to the least of row heads[a] plus ms[a] over the arcs first <= a < end.

    A fresh row counts as FAR and is not read.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        call = _Call(context, builder, signature, values)
        place = call.row(0, call.number(1, types.int64))
        least = cgutils.alloca_once(builder, _ROW)
        builder.store(_spread(builder, ir.Constant(_I32, FAR)), least)
        with builder.if_then(builder.not_(call.number(6, types.boolean))):
            builder.store(call.load(place), least)
        heads_at, ms_at = call.data(4), call.data(5)
        start, stop = call.number(2, types.int64), call.number(3, types.int64)
        with cgutils.for_range(builder, builder.sub(stop, start), intp=_I64) as loop:
            arc = builder.add(start, loop.index)
            head = builder.sext(builder.load(builder.gep(heads_at, [arc])), _I64)
            time = builder.load(builder.gep(ms_at, [arc]))
            moved = builder.add(call.load(call.row(0, head)), _spread(builder, time))
            builder.store(call.least(moved, builder.load(least)), least)
        call.store(builder.load(least), place)
        return context.get_dummy_value()

    return types.void(rows, row, first, end, heads, ms, is_fresh), generate


@intrinsic
def add_within(_: Any, sums: Any, at: Any, rows: Any, row: Any, limit: Any, amount: Any) -> Any:
    """Add an amount to the lanes of a row of float64 `sums` where the row of times is within the limit."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        call = _Call(context, builder, signature, values)
        times = call.load(call.row(2, call.number(3, types.int64)))
        is_within = builder.icmp_signed("<=", times, _spread(builder, call.number(4, types.int32)))
        amounts = _spread(builder, call.number(5, types.float64))
        nothing = ir.Constant(_SUMS, [0.0] * LANES)
        place = call.row(0, call.number(1, types.int64), _SUMS)
        total = builder.fadd(builder.load(place, align=8), builder.select(is_within, amounts, nothing))
        builder.store(total, place, align=8)
        return context.get_dummy_value()

    return types.void(sums, at, rows, row, limit, amount), generate


@intrinsic
def add_weighted(_: Any, sums: Any, at: Any, weights: Any, amount: Any, grid: Any) -> Any:
    """Add amount x weights (a row of 16 float64), rounded to the grid, to a row of `sums`.

    `grid` is 1.5 x 2**52 grid steps: adding and subtracting it rounds to a whole step, so that sums are
    exact and no order of adding changes them.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        call = _Call(context, builder, signature, values)
        zero = ir.Constant(_I64, 0)
        amounts, steps = (_spread(builder, call.number(each, types.float64)) for each in (3, 4))
        product = builder.fmul(amounts, builder.load(call.row(2, zero, _SUMS), align=8))
        rounded = builder.fsub(builder.fadd(product, steps), steps)
        place = call.row(0, call.number(1, types.int64), _SUMS)
        builder.store(builder.fadd(builder.load(place, align=8), rounded), place, align=8)
        return context.get_dummy_value()

    return types.void(sums, at, weights, amount, grid), generate


@intrinsic
def total_within(_: Any, amounts: Any, rows: Any, row: Any, limit: Any) -> Any:
    """Return the sum of the amounts (a row of 16 float64) whose lane of the row of times is within the limit."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        call = _Call(context, builder, signature, values)
        times = call.load(call.row(1, call.number(2, types.int64)))
        is_within = builder.icmp_signed("<=", times, _spread(builder, call.number(3, types.int32)))
        held = builder.load(call.row(0, ir.Constant(_I64, 0), _SUMS), align=8)
        kept = builder.select(is_within, held, ir.Constant(_SUMS, [0.0] * LANES))
        return _total(builder, kept)

    return types.float64(amounts, rows, row, limit), generate


def _amount_or_nothing(builder: Any, times: Any, limit: Any, amounts: Any) -> Any:
    is_within = builder.icmp_signed("<=", times, limit)
    return builder.select(is_within, amounts, ir.Constant(_SUMS, [0.0] * LANES))


@intrinsic
def add_doors(_: Any, sums: Any, at: Any, rows: Any, nodes: Any, ms: Any, amounts: Any, many: Any, limit: Any) -> Any:
    """Add to a row of float64 `sums` the amounts of those of the first `many` places that lie within the limit.

    nodes, ms: the row that each place is entered from, by its one door, and the milliseconds from there.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        call = _Call(context, builder, signature, values)
        nodes_at, ms_at, amounts_at = call.data(3), call.data(4), call.data(5)
        limit_row = _spread(builder, call.number(7, types.int32))
        place = call.row(0, call.number(1, types.int64), _SUMS)
        total = cgutils.alloca_once(builder, _SUMS)
        builder.store(builder.load(place, align=8), total)
        with cgutils.for_range(builder, call.number(6, types.int64), intp=_I64) as loop:
            node = builder.sext(builder.load(builder.gep(nodes_at, [loop.index])), _I64)
            times = builder.add(
                call.load(call.row(2, node)), _spread(builder, builder.load(builder.gep(ms_at, [loop.index])))
            )
            amount = builder.load(builder.gep(amounts_at, [loop.index]))
            kept = _amount_or_nothing(builder, times, limit_row, _spread(builder, amount))
            builder.store(builder.fadd(builder.load(total), kept), total)
        builder.store(builder.load(total), place, align=8)
        return context.get_dummy_value()

    return types.void(sums, at, rows, nodes, ms, amounts, many, limit), generate


@intrinsic
def spread_doors(_: Any, spread: Any, many: Any, rows: Any, nodes: Any, ms: Any, given: Any, limit: Any) -> Any:
    """Add to spread[p], for the first `many` places, the amounts of the lanes whose time through its one door is within the limit."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        call = _Call(context, builder, signature, values)
        spread_at, nodes_at, ms_at = call.data(0), call.data(3), call.data(4)
        limit_row = _spread(builder, call.number(6, types.int32))
        held = builder.load(call.row(5, ir.Constant(_I64, 0), _SUMS), align=8)
        with cgutils.for_range(builder, call.number(1, types.int64), intp=_I64) as loop:
            node = builder.sext(builder.load(builder.gep(nodes_at, [loop.index])), _I64)
            times = builder.add(
                call.load(call.row(2, node)), _spread(builder, builder.load(builder.gep(ms_at, [loop.index])))
            )
            own = builder.gep(spread_at, [loop.index])
            total = _total(builder, _amount_or_nothing(builder, times, limit_row, held))
            builder.store(builder.fadd(builder.load(own), total), own)
        return context.get_dummy_value()

    return types.void(spread, many, rows, nodes, ms, given, limit), generate


def _total(builder: Any, amounts: Any) -> Any:
    """Return the sum of sixteen float64, pair by pair."""
    width = LANES
    while width > 1:
        width //= 2
        low, high = (
            builder.shuffle_vector(
                amounts, amounts, ir.Constant(ir.VectorType(_I32, width), list(range(start, start + width)))
            )
            for start in (0, width)
        )
        amounts = builder.fadd(low, high)
    return builder.extract_element(amounts, ir.Constant(_I32, 0))
