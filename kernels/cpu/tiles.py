"""The two inner loops of every convolution and matrix product: tiles of results held in registers.

A tile of results stays in registers while the whole sum runs over it, so each number loaded is used
many times. All strides are in bytes; x is any array of floats, w and g are packed as described.
"""
import llvmlite.ir as ir

from . import simd
from .simd import BYTES, I64, broadcast, fma, load, load_float, loop, plus, store, store_some

# Pixels in a group: with two groups and two vectors, 28 accumulators of AVX-512's 32 registers (12
# of AVX2's 16). One vector of weights is loaded for each pair, one pixel broadcast at a time.
GROUP = 7 if simd.WIDTH == 16 else 3
AHEAD = 512     # bytes: how far before its turn a line is fetched from memory
MIDDLE = 4 if simd.WIDTH == 16 else 2


def make_row_tile(groups, pixels, vectors):
    """The forward tile: ``groups * pixels`` results by ``vectors`` vectors of output channels.

        y[g, p, :] = bias[:] + sum over kh, kw, t of x[g, p, kh, kw, t] * w[kh, kw, t, :]

    Where the second group lies is free: next to the first in the same row, or in the row below.
    x[g, p, kh, kw, t] is at ``x + g*x_group + p*x_pixel + kh*x_row + kw*x_tap + 4*t``; of w the
    lines, one for each (kh, kw, t), follow each other ``w_line`` apart; of y only the first
    ``lanes`` channels are written. What lies ``more`` bytes behind each result in memory is added
    to it, unless ``more`` is 0; then it is cut off at ``bounds``.
    """
    @simd.kernel(17)
    def row_tile(b, x, x_group, x_pixel, rows, x_row, taps, x_tap, run, w, w_line, bias, y, y_group,
                 y_pixel, lanes, more, bounds):
        offsets = [plus(b, b.mul(x_group, I64(g)), b.mul(x_pixel, I64(p)))
                   for g in range(groups) for p in range(pixels)]
        places = [plus(b, y, plus(b, b.mul(y_group, I64(g)), b.mul(y_pixel, I64(p))))
                  for g in range(groups) for p in range(pixels)]
        start = [load(b, plus(b, bias, v * BYTES)) for v in range(vectors)] * len(offsets)
        fetch_once(b, more, [plus(b, place, v * BYTES) for place in places for v in range(vectors)])

        def one_row(values):
            x_here, w_here, *sums = values
            _, w_next, *sums = loop(b, taps, [x_here, w_here, *sums], one_tap)
            return [b.add(x_here, x_row), w_next, *sums]

        def one_tap(values):
            x_here, w_here, *sums = values
            _, w_next, *sums = loop(b, run, [x_here, w_here, *sums], one_channel)
            return [b.add(x_here, x_tap), w_next, *sums]

        def one_channel(values):
            x_here, w_here, *sums = values
            weights = [load(b, plus(b, w_here, v * BYTES)) for v in range(vectors)]
            for i, offset in enumerate(offsets):
                pixel = broadcast(b, load_float(b, b.add(x_here, offset)))
                for v in range(vectors):
                    k = i * vectors + v
                    sums[k] = fma(b, pixel, weights[v], sums[k])
            return [plus(b, x_here, 4), b.add(w_here, w_line), *sums]

        _, _, *sums = loop(b, rows, [x, w, *start], one_row)
        masks = [simd.first_lanes(b, plus(b, lanes, -v * simd.WIDTH)) for v in range(vectors)]
        targets = [(plus(b, place, v * BYTES), masks[v]) for place in places
                   for v in range(vectors)]
        sums = add_once(b, more, sums, targets)
        for value, (place, mask) in zip(cut_off(b, sums, bounds), targets):
            store_some(b, value, place, mask)
    return row_tile


def cut_off(b, values, bounds):
    """min(max(value, low), high) of vectors; NaN stays NaN. ``bounds``: see ``conv_plan.py``."""
    low, high = (broadcast(b, b.bitcast(b.trunc(bits, simd.I32), simd.FLOAT))
                 for bits in (bounds, b.lshr(bounds, I64(32))))
    values = [b.select(b.fcmp_ordered("<", value, low), low, value) for value in values]
    return [b.select(b.fcmp_ordered(">", value, high), high, value) for value in values]


def add_once(b, more, values, targets):
    """Add what lies ``more`` bytes behind each target (address, mask), unless ``more`` is 0."""
    def add(sums):
        return [b.fadd(value, simd.load_some(b, b.add(place, more), mask))
                for value, (place, mask) in zip(sums, targets)]
    return loop(b, b.zext(b.icmp_signed("!=", more, I64(0)), I64), values, add)


def fetch_once(b, more, places):
    """Have what ``add_once`` will read fetched to the cache meanwhile."""
    def fetch(values):
        for place in places:
            simd.prefetch(b, b.add(place, more))
        return values
    loop(b, b.zext(b.icmp_signed("!=", more, I64(0)), I64), [], fetch)


@simd.kernel(7)
def turn(b, x, x_row, rows, columns, scale, y, y_line):
    """y[t, :] = x[:, t] * scale[:]: a square of WIDTH x WIDTH floats, rows for columns.

    Of x the first ``rows`` of the first ``columns`` floats are read, in place of the rest are
    zeros; all of y is written. Without ``scale`` (0) the floats stay as they are.
    """
    width, inside = simd.WIDTH, simd.first_lanes(b, columns)
    nothing = ir.Constant(simd.MASK, [0] * width)
    for i in range(width):
        simd.prefetch(b, plus(b, plus(b, x, b.mul(x_row, I64(i))), AHEAD))
    lines = [simd.load_some(b, plus(b, x, b.mul(x_row, I64(i))),
                            b.select(b.icmp_signed("<", I64(i), rows), inside, nothing))
             for i in range(width)]
    half = width // 2
    zips = [ir.Constant(simd.INDICES, [first + i // 2 + i % 2 * width for i in range(width)])
            for first in (0, half)]
    for _ in range(width.bit_length() - 1):     # each turn interleaves the halves of the square
        lines = [b.shuffle_vector(lines[i], lines[i + half], order)
                 for i in range(half) for order in zips]
    factors = simd.load_some(b, scale, b.select(b.icmp_signed("!=", scale, I64(0)),
                                                simd.first_lanes(b, rows), nothing))
    factors = b.select(b.icmp_signed("!=", scale, I64(0)), factors, simd.constant(1))
    for t, line in enumerate(lines):
        store(b, b.fmul(line, factors), plus(b, y, b.mul(y_line, I64(t))))


def make_outer_tile(count, vectors, lines=1):
    """The weight-gradient tile: ``count`` inputs by ``vectors`` vectors of output channels.

        g[t, :] += sum over rows, pixels of x[row, pixel, t] * dy[row, pixel, :]

    x[row, pixel, t] is at ``x + row*x_row + pixel*x_pixel + 4*t``, dy likewise; g has a line of
    ``g_line`` bytes for each t. With ``lines``, the inputs lie in so many lines ``x_line`` apart.
    """
    run = count // lines

    @simd.kernel(11)
    def outer_tile(b, x, x_row, x_pixel, dy, dy_row, dy_pixel, rows, pixels, g, g_line, x_line):
        offsets = [plus(b, b.mul(x_line, I64(t // run)), 4 * (t % run)) if lines > 1 else I64(4 * t)
                   for t in range(count)]
        places = [plus(b, plus(b, g, b.mul(g_line, I64(t))), v * BYTES)
                  for t in range(count) for v in range(vectors)]

        def one_row(values):
            x_here, dy_here, *sums = values
            _, _, *sums = loop(b, pixels, [x_here, dy_here, *sums], one_pixel)
            return [b.add(x_here, x_row), b.add(dy_here, dy_row), *sums]

        def one_pixel(values):
            x_here, dy_here, *sums = values
            grads = [load(b, plus(b, dy_here, v * BYTES)) for v in range(vectors)]
            for t in range(count):
                pixel = broadcast(b, load_float(b, plus(b, x_here, offsets[t])))
                for v in range(vectors):
                    k = t * vectors + v
                    sums[k] = fma(b, pixel, grads[v], sums[k])
            return [b.add(x_here, x_pixel), b.add(dy_here, dy_pixel), *sums]

        _, _, *sums = loop(b, rows, [x, dy, *[simd.constant(0)] * len(places)], one_row)
        for value, place in zip(sums, places):  # sums of sums: fewer roundings than one long sum
            store(b, b.fadd(load(b, place), value), place)
    return outer_tile


def make_channel_tile(pixels):
    """The depthwise tile: ``pixels`` results of one vector of channels, each channel on its own.

        y[p, :] = bias[:] + sum over kh, kw of x[p, kh, kw, :] * w[kh, kw, :], cut off at bounds
    """
    @simd.kernel(13)
    def channel_tile(b, x, x_pixel, rows, x_row, taps, x_tap, w, w_line, bias, y, y_pixel, lanes,
                     bounds):
        def one_row(values):
            x_here, w_here, *sums = values
            _, w_next, *sums = loop(b, taps, [x_here, w_here, *sums], one_tap)
            return [b.add(x_here, x_row), w_next, *sums]

        def one_tap(values):
            x_here, w_here, *sums = values
            weight = load(b, w_here)
            for p in range(pixels):
                sums[p] = fma(b, load(b, b.add(x_here, b.mul(x_pixel, I64(p)))), weight, sums[p])
            return [b.add(x_here, x_tap), b.add(w_here, w_line), *sums]

        _, _, *sums = loop(b, rows, [x, w, *[load(b, bias)] * pixels], one_row)
        mask = simd.first_lanes(b, lanes)
        for p, value in enumerate(cut_off(b, sums, bounds)):
            store_some(b, value, b.add(y, b.mul(y_pixel, I64(p))), mask)
    return channel_tile


def make_sliding_tile(pixels, stride):
    """The same for 3x3 kernels: every vector of x is loaded once and serves up to three results.

    ``x_pixel`` is the step from one pixel of x to the next, of which results are ``stride`` apart.
    """
    @simd.kernel(9)
    def sliding_tile(b, x, x_row, x_pixel, w, bias, y, y_pixel, lanes, bounds):
        sums = [load(b, bias)] * pixels
        for kh in range(3):
            weights = [load(b, plus(b, w, (3 * kh + kw) * BYTES)) for kw in range(3)]
            here = plus(b, x, b.mul(x_row, I64(kh)))
            for column in range((pixels - 1) * stride + 3):
                value = load(b, plus(b, here, b.mul(x_pixel, I64(column))))
                for kw in range(3):
                    p, rest = divmod(column - kw, stride)
                    if rest == 0 and 0 <= p < pixels:
                        sums[p] = fma(b, value, weights[kw], sums[p])
        mask = simd.first_lanes(b, lanes)
        for p, value in enumerate(cut_off(b, sums, bounds)):
            store_some(b, value, b.add(y, b.mul(y_pixel, I64(p))), mask)
    return sliding_tile


def make_channel_sum_tile(kernel_rows, taps):
    """The depthwise weight gradient: a part of the kernel, one vector of channels.

        g[kh, kw, :] += sum over rows, pixels of x[row, pixel, kh, kw, :] * dy[row, pixel, :]

    Each row is summed first, then the rows: fewer roundings than in one long sum.
    """
    @simd.kernel(13)
    def channel_sum_tile(b, x, x_row, x_pixel, x_down, x_tap, dy, dy_row, dy_pixel, rows, pixels, g,
                         g_row, lanes):
        mask = simd.first_lanes(b, lanes)
        block = [(i, j) for i in range(kernel_rows) for j in range(taps)]
        shifts = [plus(b, b.mul(x_down, I64(i)), b.mul(x_tap, I64(j))) for i, j in block]

        def one_row(values):
            x_here, dy_here, *sums = values
            zeros = [simd.constant(0)] * len(block)
            _, _, *line = loop(b, pixels, [x_here, dy_here, *zeros], one_pixel)
            return [b.add(x_here, x_row), b.add(dy_here, dy_row),
                    *[b.fadd(total, part) for total, part in zip(sums, line)]]

        def one_pixel(values):
            x_here, dy_here, *sums = values
            grad = simd.load_some(b, dy_here, mask)
            sums = [fma(b, simd.load_some(b, b.add(x_here, shift), mask), grad, total)
                    for shift, total in zip(shifts, sums)]
            return [b.add(x_here, x_pixel), b.add(dy_here, dy_pixel), *sums]

        places = [plus(b, b.add(g, b.mul(g_row, I64(i))), j * BYTES) for i, j in block]
        start = [load(b, place) for place in places]
        _, _, *sums = loop(b, rows, [x, dy, *start], one_row)
        for place, total in zip(places, sums):
            store(b, total, place)
    return channel_sum_tile


def make_dot_tile(pixels):
    """The tile for a single output channel: vectors along the inputs, summed up at the end.

        y[p] = bias + sum over kh, kw, t of x[p, kh, kw, t] * w[kh, kw, t], cut off at bounds
    """
    @simd.kernel(12)
    def dot_tile(b, x, x_pixel, rows, x_row, taps, x_tap, run, w, bias, y, y_pixel, bounds):
        offsets = [b.mul(x_pixel, I64(p)) for p in range(pixels)]
        steps = b.sdiv(plus(b, run, simd.WIDTH - 1), I64(simd.WIDTH))

        def one_row(values):
            x_here, w_here, *sums = values
            _, w_next, *sums = loop(b, taps, [x_here, w_here, *sums], one_tap)
            return [b.add(x_here, x_row), w_next, *sums]

        def one_tap(values):
            x_here, w_here, *sums = values
            _, w_next, _, *sums = loop(b, steps, [x_here, w_here, run, *sums], one_vector)
            w_next = b.add(w_here, b.mul(run, I64(4)))
            return [b.add(x_here, x_tap), w_next, *sums]

        def one_vector(values):
            x_here, w_here, left, *sums = values
            mask = simd.first_lanes(b, left)
            weight = simd.load_some(b, w_here, mask)
            for p, offset in enumerate(offsets):
                sums[p] = fma(b, simd.load_some(b, b.add(x_here, offset), mask), weight, sums[p])
            return [plus(b, x_here, BYTES), plus(b, w_here, BYTES), plus(b, left, -simd.WIDTH),
                    *sums]

        _, _, *sums = loop(b, rows, [x, w, *[simd.constant(0)] * pixels], one_row)
        low, high = (b.bitcast(b.trunc(bits, simd.I32), simd.FLOAT)
                     for bits in (bounds, b.lshr(bounds, I64(32))))
        start = load_float(b, bias)
        for p, value in enumerate(sums):
            value = b.fadd(simd.total(b, value), start)
            value = b.select(b.fcmp_ordered("<", value, low), low, value)
            value = b.select(b.fcmp_ordered(">", value, high), high, value)
            simd.store_float(b, value, b.add(y, b.mul(y_pixel, I64(p))))
    return dot_tile
