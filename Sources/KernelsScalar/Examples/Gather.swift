import KernelInterface

/// Copies the examples of a range, at least one, with any strides and in any order. Padding columns repeat the
/// last example: see the file of this name in Kernels.
func gather(
    _ source: UnsafePointer<Float>, _ strides: Strides, _ range: ExampleRange,
    _ target: UnitRows<Float>
) {
    let isContiguous = range.isContiguous
    for u in 0..<target.units {
        let unit = source + u * strides.unit
        var to = target.data + u * target.rowStride
        var (from, left) = (unit + range.first * strides.example, range.count)
        var value: Float = 0
        while left > 0 {
            if !isContiguous { from = unit + range.row(range.count - left) * strides.example }
            value = from.pointee
            to.pointee = value
            from += strides.example
            to += 1
            left -= 1
        }
        left = target.columns - range.count
        while left > 0 {
            to.pointee = value
            to += 1
            left -= 1
        }
    }
}
