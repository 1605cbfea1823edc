import CPlatform
import KernelInterface

/// The layout of the workspace for a chunk of examples: the bias sums, which continue from chunk to chunk;
/// the units of layer 0, of layer 1, ...; the targets; the example weights; for training also the gradient
/// of one layer's outputs, and the pre-activations that a derivative needs.
///
/// Without training, the values below the outputs are not needed again: of wide layers there is room for
/// those of `passExamples` only, which pass the network one group after the other.
struct Chunk<T: Scalar> {
    /// The largest number of examples that pass the network together. Part of the result: sums over
    /// examples are made chunk by chunk.
    static var maxExamples: Int { 512 }

    /// The most values below the outputs that pass the network together, without training.
    private static var maxPassValues: Int { 1 << 23 }

    private(set) var columns: Int
    let passExamples: Int
    private var passColumns: Int
    private let rowStride: Int
    private let passRowStride: Int
    private let sums: UnsafeMutablePointer<T>
    private let base: UnsafeMutablePointer<T>
    private var outputs: UnsafeMutablePointer<T>
    private let layers: UnsafeMutablePointer<Layer>
    private let layerCount: Int
    private let trains: Bool

    /// The layout for `examples` <= maxExamples.
    init(_ network: Network<T>, _ memory: UnsafeMutablePointer<T>, examples: Int, trains: Bool) {
        columns = Self.columns(examples)
        rowStride = Self.pitch(examples)
        layers = network.layers
        layerCount = network.layerCount
        self.trains = trains
        passExamples = Self.passExamples(layers, layerCount, examples: examples, trains: trains)
        passColumns = Self.columns(passExamples)
        passRowStride = Self.pitch(passExamples)
        sums = memory
        base = sums + (trains ? Self.sumElements(layers, layerCount) : 0)
        outputs = base + Self.unitsBelowOutputs(layers, layerCount) * passRowStride
    }

    /// The chunk of `count` of the examples, from `first` on, for their way to the outputs.
    func pass(first: Int, count: Int) -> Chunk {
        var part = self
        part.columns = Self.columns(count)
        part.passColumns = part.columns
        part.outputs += first
        return part
    }

    /// The examples that pass the network together: all, or a power of two from 16 on.
    static func passExamples(
        _ layers: UnsafePointer<Layer>, _ count: Int, examples: Int, trains: Bool
    ) -> Int {
        if trains || savesMemory { return examples }
        var most = maxExamples
        while most > 16 && unitsBelowOutputs(layers, count) * most > maxPassValues { most /= 2 }
        return min(examples, most)
    }

    private static func unitsBelowOutputs(_ layers: UnsafePointer<Layer>, _ count: Int) -> Int {
        layers[count - 1].unitsBelow + layers[count - 1].nIn
    }

    /// Elements of a kernel vector.
    private static var width: Int { 64 / MemoryLayout<T>.stride }

    /// Examples in whole vectors.
    static func columns(_ examples: Int) -> Int { (examples + width - 1) / width * width }

    static func elements(
        _ layers: UnsafePointer<Layer>, _ count: Int, examples: Int, trains: Bool
    ) -> Int {
        let examples = min(examples, maxExamples)
        let pass = passExamples(layers, count, examples: examples, trains: trains)
        // Outputs, targets, weights.
        var units = 2 * layers[count - 1].nOut + 1
        if trains { units += widest(layers, count) + preActivationUnits(layers, count) }
        return (trains ? sumElements(layers, count) : 0)
            + unitsBelowOutputs(layers, count) * pitch(pass) + units * pitch(examples)
    }

    /// The units of the widest hidden layer.
    private static func widest(_ layers: UnsafePointer<Layer>, _ count: Int) -> Int {
        var widest = 0
        for l in 1..<max(1, count) { widest = max(widest, layers[l].nIn) }
        return widest
    }

    /// The units of the first `count` layers whose pre-activations are kept.
    private static func preActivationUnits(_ layers: UnsafePointer<Layer>, _ count: Int) -> Int {
        var units = 0
        for l in 0..<count where layers[l].activation.needsPreActivation {
            units += layers[l].nOut
        }
        return units
    }

    /// A double for each unit that has a bias, in whole vectors.
    private static func sumElements(_ layers: UnsafePointer<Layer>, _ count: Int) -> Int {
        let last = layers[count - 1]
        let units = last.unitsBelow + last.nIn + last.nOut - layers[0].nIn
        return roundUp(units) * MemoryLayout<Double>.stride / MemoryLayout<T>.stride
    }

    /// Rows follow one another at an odd number of vectors, which are cache lines, so that they do not all
    /// meet in the same sets of the cache.
    private static func pitch(_ examples: Int) -> Int {
        let columns = columns(examples)
        return savesMemory ? columns : (columns / width | 1) * width
    }

    /// Of all examples of the chunk: the outputs, and what follows them.
    private func rows(_ firstUnit: Int, _ units: Int) -> UnitRows<T> {
        UnitRows(
            data: outputs + firstUnit * rowStride, units: units, columns: columns,
            rowStride: rowStride)
    }

    private func rowsBelowOutputs(_ firstUnit: Int, _ units: Int) -> UnitRows<T> {
        UnitRows(
            data: base + firstUnit * passRowStride, units: units, columns: passColumns,
            rowStride: passRowStride)
    }

    /// The inputs of layer l: the outputs of the layer below.
    func inputs(_ l: Int) -> UnitRows<T> { rowsBelowOutputs(layers[l].unitsBelow, layers[l].nIn) }

    /// The outputs of layer l.
    func outputs(_ l: Int) -> UnitRows<T> {
        l + 1 == layerCount ? rows(0, last.nOut) : inputs(l + 1)
    }

    private var last: Layer { layers[layerCount - 1] }

    var targets: UnitRows<T> { rows(last.nOut, last.nOut) }
    var weights: UnitRows<T> { rows(2 * last.nOut, 1) }

    /// The gradient of layer l's inputs. All layers share one place.
    func gradient(_ l: Int) -> UnitRows<T> { rows(2 * last.nOut + 1, layers[l].nIn) }

    /// The pre-activations of layer l, if its derivative needs them; otherwise nil.
    func preActivations(_ l: Int) -> UnitRows<T>? {
        guard trains && layers[l].activation.needsPreActivation else { return nil }
        let first = 2 * last.nOut + 1 + Self.widest(layers, layerCount)
        return rows(first + Self.preActivationUnits(layers, l), layers[l].nOut)
    }

    /// The sums over examples of the gradient of layer l's pre-activations.
    func biasSums(_ l: Int) -> UnsafeMutablePointer<Double> {
        UnsafeMutableRawPointer(sums).assumingMemoryBound(to: Double.self)
            + (layers[l].unitsBelow + layers[l].nIn - layers[0].nIn)
    }
}

private func roundUp(_ n: Int) -> Int { (n + 15) / 16 * 16 }
