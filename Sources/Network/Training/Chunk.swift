import CPlatform
import KernelInterface

/// The layout of the workspace for a chunk of examples: the bias sums, which continue from chunk to chunk;
/// the units of layer 0, of layer 1, ...; the targets; the example weights; for training also the gradient
/// of one layer's outputs, and the pre-activations that a derivative needs.
struct Chunk<T: Scalar> {
    /// The largest number of examples that pass the network together. Part of the result: sums over
    /// examples are made chunk by chunk.
    static var maxExamples: Int { 512 }

    let columns: Int
    private let rowStride: Int
    private let sums: UnsafeMutablePointer<T>
    private let base: UnsafeMutablePointer<T>
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
        sums = memory
        base = sums + (trains ? Self.sumElements(layers, layerCount) : 0)
    }

    /// Examples in whole vectors.
    static func columns(_ examples: Int) -> Int { roundUp(examples) }

    static func elements(
        _ layers: UnsafePointer<Layer>, _ count: Int, examples: Int, trains: Bool
    ) -> Int {
        let examples = min(examples, maxExamples)
        let outputs = layers[count - 1].nOut
        var units = layers[count - 1].unitsBelow + layers[count - 1].nIn + outputs
        // Targets, weights.
        units += outputs + 1
        if !trains { return units * pitch(examples) }
        units += widest(layers, count) + preActivationUnits(layers, count)
        return sumElements(layers, count) + units * pitch(examples)
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

    /// Rows follow one another at an odd number of 16 elements, so that they do not all meet in the
    /// same sets of the cache.
    private static func pitch(_ examples: Int) -> Int {
        savesMemory ? roundUp(examples) : roundUp(examples) / 16 / 2 * 32 + 16
    }

    private func rows(_ firstUnit: Int, _ units: Int) -> UnitRows<T> {
        UnitRows(
            data: base + firstUnit * rowStride, units: units, columns: columns, rowStride: rowStride
        )
    }

    /// The inputs of layer l: the outputs of the layer below.
    func inputs(_ l: Int) -> UnitRows<T> { rows(layers[l].unitsBelow, layers[l].nIn) }

    /// The outputs of layer l.
    func outputs(_ l: Int) -> UnitRows<T> {
        rows(layers[l].unitsBelow + layers[l].nIn, layers[l].nOut)
    }

    private var last: Layer { layers[layerCount - 1] }
    /// Units of all layers.
    private var units: Int { last.unitsBelow + last.nIn + last.nOut }

    var targets: UnitRows<T> { rows(units, last.nOut) }
    var weights: UnitRows<T> { rows(units + last.nOut, 1) }

    /// The gradient of layer l's inputs. All layers share one place.
    func gradient(_ l: Int) -> UnitRows<T> { rows(units + last.nOut + 1, layers[l].nIn) }

    /// The pre-activations of layer l, if its derivative needs them; otherwise nil.
    func preActivations(_ l: Int) -> UnitRows<T>? {
        guard trains && layers[l].activation.needsPreActivation else { return nil }
        let first = units + last.nOut + 1 + Self.widest(layers, layerCount)
        return rows(first + Self.preActivationUnits(layers, l), layers[l].nOut)
    }

    /// The sums over examples of the gradient of layer l's pre-activations.
    func biasSums(_ l: Int) -> UnsafeMutablePointer<Double> {
        UnsafeMutableRawPointer(sums).assumingMemoryBound(to: Double.self)
            + (layers[l].unitsBelow + layers[l].nIn - layers[0].nIn)
    }
}

private func roundUp(_ n: Int) -> Int { (n + 15) / 16 * 16 }
