/// A compensated sum (Neumaier 1974).
struct BlockSum {
    private var sum = 0.0
    private var lost = 0.0

    @inline(never)
    mutating func add(_ x: Double) {
        let next = sum + x
        lost += abs(sum) >= abs(x) ? (sum - next) + x : (x - next) + sum
        sum = next
    }

    /// The compensation of an infinite sum is NaN, and left out.
    var total: Double { lost.isFinite ? sum + lost : sum }
}
