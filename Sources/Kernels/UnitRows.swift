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
    let limit = UInt32(truncatingIfNeeded: draw.threshold &- 1)
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
            let first = philox.words(c0: block, c1: low)
            let second = philox.words(c0: block, c1: high)
            let left = units.upperBound - u
            @inline(__always)
            func apply(_ k: Int, _ a0: lanes_u64, _ a1: lanes_u64) {
                if k >= left { return }
                let p = a.data + (u + k) * a.row + e
                V.multiply(p, by: scale, keeping: lanes_u64_pack(a0, a1), upTo: limit, into: p)
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
    for e in stride(from: columns.lowerBound, to: columns.upperBound, by: V.width) {
        for u in stride(from: 0, to: c.units, by: rows) {
            // Beyond the last row the last one again: what it gives is not stored.
            let left = c.units - u - 1
            var w0 = call.weights + u * call.row
            var w1 = call.weights + (u + min(1, left)) * call.row
            var w2 = call.weights + (u + min(2, left)) * call.row
            var w3 = call.weights + (u + min(3, left)) * call.row
            var (s0, s1, s2, s3) = (V(0), V(0), V(0), V(0))
            var b = a.data + e
            for _ in 0..<a.units {
                let x = V.load(b)
                s0 = s0.addProduct(V(w0.pointee), x)
                s1 = s1.addProduct(V(w1.pointee), x)
                if rows == 4 {
                    s2 = s2.addProduct(V(w2.pointee), x)
                    s3 = s3.addProduct(V(w3.pointee), x)
                }
                w0 += call.step
                w1 += call.step
                w2 += call.step
                w3 += call.step
                b += a.row
            }
            @inline(__always)
            func put(_ i: Int, _ sum: V) {
                if i > left || i >= rows { return }
                let p = c.data + (u + i) * c.row + e
                var x = sum
                if let bias = call.bias { x = x + V(bias[u + i]) }
                if call.activation == .relu { x = x.relu }
                if let gate = call.gate { x = V.select(V(0) < V.load(p), x * V(gate), V(0)) }
                x.store(p)
            }
            put(0, s0)
            put(1, s1)
            put(2, s2)
            put(3, s3)
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
