import CSwiftReg

/// The memory layout of the examples of a layer.
enum Layout: CaseIterable, Sendable {
    /// The notebook's (features, examples).
    case featuresFirst
    /// scikit-learn's (examples, features).
    case examplesFirst
    /// (features, examples), with gaps between the elements and between the rows.
    case featuresFirstSpaced
    /// (examples, features), likewise.
    case examplesFirstSpaced

    func strides(units: Int, examples: Int) -> reg_strides {
        switch self {
        case .featuresFirst: reg_strides(unit: examples, example: 1)
        case .examplesFirst: reg_strides(unit: 1, example: units)
        case .featuresFirstSpaced: reg_strides(unit: 2 * examples + 3, example: 2)
        case .examplesFirstSpaced: reg_strides(unit: 3, example: 3 * units + 1)
        }
    }
}

/// Units x examples in the smallest possible buffer, with gaps filled with a number that
/// `gapsAreUntouched` checks.
struct StridedMatrix<T: Element> {
    let units: Int
    let examples: Int
    let strides: reg_strides
    var buffer: [T]

    private static var gap: T { 12345 }

    init(units: Int, examples: Int, layout: Layout) {
        self.units = units
        self.examples = examples
        strides = layout.strides(units: units, examples: examples)
        let last = (units - 1) * strides.unit + (examples - 1) * strides.example
        buffer = [T](repeating: Self.gap, count: last + 1)
    }

    /// `values` unit by unit.
    init(_ values: [T], units: Int, examples: Int, layout: Layout) {
        self.init(units: units, examples: examples, layout: layout)
        for (place, value) in zip(places, values) { buffer[place] = value }
    }

    private var places: [Int] {
        (0..<units).flatMap { u in
            (0..<examples).map { r in u * strides.unit + r * strides.example }
        }
    }

    /// Unit by unit, in any layout.
    var values: [T] { places.map { buffer[$0] } }

    var gapsAreUntouched: Bool {
        let used = Set(places)
        return buffer.indices.allSatisfy { used.contains($0) || buffer[$0] == Self.gap }
    }
}
