import CLanes
import KernelInterface

// What a network does with the values of units, examples side by side: see `UnitRows`.

/// target = the examples of a range, by any strides and in any order. Columns beyond them are 0.
@inline(__always)
func gather<V: Lanes>(
    _: V.Type, _ source: UnsafePointer<V.Element>, _ strides: Strides, _ range: ExampleRange,
    _ target: UnitRows<V.Element>
) {
    if range.order == nil && strides.example == 1 {
        for u in 0..<target.units {
            let (from, to) = (source + u * strides.unit + range.first, target.data + u * target.row)
            for e in stride(from: 0, to: target.columns, by: V.width) {
                V.load(from + e, first: max(0, min(V.width, range.count - e))).store(to + e)
            }
        }
        return
    }
    // Square blocks, so that both sides stay in the cache whichever of them is turned.
    let side = 16
    for e in stride(from: 0, to: target.columns, by: side) {
        let here = max(0, min(side, range.count - e))
        for u in stride(from: 0, to: target.units, by: side) {
            for i in e..<e + here {
                let from = source + range.index(i) * strides.example
                for j in u..<min(u + side, target.units) {
                    target.data[j * target.row + i] = from[j * strides.unit]
                }
            }
            for j in u..<min(u + side, target.units) {
                for i in e + here..<e + side { target.data[j * target.row + i] = 0 }
            }
        }
    }
}

/// Dropout of units `units` in place: column e is row `draw.offset` + e of the batch. Lanes are rows,
/// and a block of Philox is four units of each, so that narrow layers waste no word.
@inline(__always)
func dropoutUnits<V: Lanes>(
    _: V.Type, _ a: UnitRows<V.Element>, _ units: Range<Int>, _ draw: DropoutDraw
) {
    if draw.threshold == 0 { return clearUnits(V.self, a, units) }
    let philox = Philox(seed: draw.seed, stream: draw.stream)
    let limit = draw.flippedLimit
    let scale = V.Element(draw.scale)
    let lanes = lanes_u64(0, 1, 2, 3, 4, 5, 6, 7)
    // An element number has 64 bits, 34 of them below the row's.
    let rowMask = UInt64(1 << 30) - 1
    for e in stride(from: 0, to: a.columns, by: 16) {
        let row = draw.offset &+ UInt64(e)
        let low = lanes_u64_and(lanes_u64_add(lanes_u64_all(row), lanes), lanes_u64_all(rowMask))
        let high = lanes_u64_and(
            lanes_u64_add(lanes_u64_all(row &+ 8), lanes), lanes_u64_all(rowMask))
        for u in stride(from: units.lowerBound, to: units.upperBound, by: 4) {
            let block = lanes_u64_all(UInt64(u / 4))
            let (first, second) = philox.words(c0: block, low: low, high: high)
            let left = units.upperBound - u
            @inline(__always)
            func apply(_ k: Int, _ a0: lanes_u64, _ a1: lanes_u64) {
                if k >= left { return }
                let p = a.data + (u + k) * a.row + e
                let words = lanes_u32_flip(lanes_u64_pack(a0, a1))
                V.multiply(p, by: scale, keeping: words, upTo: limit, into: p)
            }
            apply(0, first.x0, second.x0)
            apply(1, first.x1, second.x1)
            apply(2, first.x2, second.x2)
            apply(3, first.x3, second.x3)
        }
    }
}

/// A keep_prob so small that no word is below its threshold.
@inline(__always)
private func clearUnits<V: Lanes>(_: V.Type, _ a: UnitRows<V.Element>, _ units: Range<Int>) {
    for u in units {
        for e in stride(from: 0, to: a.columns, by: V.width) {
            let p = a.data + u * a.row + e
            (V.load(p) * V(0)).store(p)
        }
    }
}

/// Dropout by a mask that is there: unit u of example r of the data at u * maskRow + r.
@inline(__always)
func maskUnits<V: Lanes>(
    _: V.Type, _ a: UnitRows<V.Element>, _ mask: UnsafePointer<UInt8>, _ maskRow: Int,
    _ range: ExampleRange, _ scale: Double
) {
    for u in 0..<a.units {
        let row = a.data + u * a.row
        let mask = mask + u * maskRow
        if range.order == nil {
            applyMask(V.self, row, mask + range.first, row, range.count, scale)
        } else {
            let scale = V.Element(scale)
            for e in 0..<range.count { row[e] = row[e] * (mask[range.index(e)] != 0 ? scale : 0) }
        }
    }
}

/// Columns `columns` of a product; see `UnitProduct`. An element's chain of multiply-adds is that of
/// `multiply`, so the bits are the same, as long as it is no longer than one chain there.
@inline(__always)
func multiplyUnits<V: Lanes>(
    _: V.Type, _ call: UnitProduct<V.Element>, _ columns: Range<Int>
) {
    let (a, c) = (call.a, call.c)
    let rows = min(tileRows, 4)
    let (step, depth, aRow, cRow) = (call.step, a.units, a.row, c.row)
    let isRelu = call.activation == .relu
    let gate = V(call.gate ?? 0)
    let isGated = call.gate != nil
    for u in stride(from: 0, to: c.units, by: rows) {
        // Beyond the last row the last one again: what it gives is not stored.
        let left = c.units - u - 1
        let (i1, i2, i3) = (min(1, left), min(2, left), min(3, left))
        let w0 = call.weights + u * call.row
        let (w1, w2, w3) = (w0 + i1 * call.row, w0 + i2 * call.row, w0 + i3 * call.row)
        let bias = call.bias.map { $0 + u }
        let b0 = V(bias?[0] ?? 0)
        let b1 = V(bias?[i1] ?? 0)
        let b2 = V(bias?[i2] ?? 0)
        let b3 = V(bias?[i3] ?? 0)
        for e in stride(from: columns.lowerBound, to: columns.upperBound, by: V.width) {
            var (s0, s1, s2, s3) = (V(0), V(0), V(0), V(0))
            var from = a.data + e
            var k = 0
            for _ in 0..<depth {
                let x = V.load(from)
                s0 = s0.addProduct(V(w0[k]), x)
                s1 = s1.addProduct(V(w1[k]), x)
                if rows == 4 {
                    s2 = s2.addProduct(V(w2[k]), x)
                    s3 = s3.addProduct(V(w3[k]), x)
                }
                k += step
                from += aRow
            }
            let to = c.data + u * cRow + e
            @inline(__always)
            func put(_ i: Int, _ sum: V, _ bias: V) {
                if i > left || i >= rows { return }
                let p = to + i * cRow
                var x = sum + bias
                if isRelu { x = x.relu }
                if isGated { x = V.select(V(0) < V.load(p), x * gate, V(0)) }
                x.store(p)
            }
            put(0, s0, b0)
            put(1, s1, b1)
            put(2, s2, b2)
            put(3, s3, b3)
        }
    }
    if call.activation == .identity || call.activation == .relu { return }
    for u in 0..<c.units {
        let p = c.data + u * c.row + columns.lowerBound
        activate(V.self, p, p, columns.count, call.activation)
    }
}

/// dw = dz a^T, or dw += that: one sum for each pair of rows, lane by lane, and over the lanes by one
/// fixed tree. For narrow layers, where tiles of a product would be mostly empty.
@inline(__always)
func pairRows<V: Lanes>(
    _: V.Type, _ dz: UnitRows<V.Element>, _ a: UnitRows<V.Element>,
    _ dw: UnsafeMutablePointer<V.Element>, _ accumulates: Bool
) {
    for u in stride(from: 0, to: dz.units, by: 2) {
        for k in stride(from: 0, to: a.units, by: 2) {
            // Beyond the last row the last one again: its sums are stored by nobody.
            let second = u + 1 < dz.units
            let next = k + 1 < a.units
            let (d0, d1) = (dz.data + u * dz.row, dz.data + (second ? u + 1 : u) * dz.row)
            let (a0, a1) = (a.data + k * a.row, a.data + (next ? k + 1 : k) * a.row)
            var (s00, s01, s10, s11) = (V(0), V(0), V(0), V(0))
            for e in stride(from: 0, to: dz.columns, by: V.width) {
                let (x0, x1) = (V.load(d0 + e), V.load(d1 + e))
                let (y0, y1) = (V.load(a0 + e), V.load(a1 + e))
                s00 = s00.addProduct(x0, y0)
                s01 = s01.addProduct(x0, y1)
                s10 = s10.addProduct(x1, y0)
                s11 = s11.addProduct(x1, y1)
            }
            @inline(__always)
            func put(_ sum: V, _ i: Int, _ j: Int) {
                let p = dw + i * a.units + j
                p.pointee = accumulates ? p.pointee + sum.laneSum : sum.laneSum
            }
            put(s00, u, k)
            if next { put(s01, u, k + 1) }
            if second { put(s10, u + 1, k) }
            if second && next { put(s11, u + 1, k + 1) }
        }
    }
}
