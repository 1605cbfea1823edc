import CPlatform

/// The properties of all layers as one array per property, as the C interface returns them: `count` of
/// each, but count + 1 widths; only the activations of hidden layers are meaningful.
public struct LayerArrays {
    public let widths: UnsafeMutablePointer<Int>
    public let keepProb: UnsafeMutablePointer<Double>
    public let l2: UnsafeMutablePointer<Double>
    public let l1: UnsafeMutablePointer<Double>
    public let activations: UnsafeMutablePointer<UInt32>

    static func bytes(_ count: Int) -> Int {
        3 * count * MemoryLayout<Double>.stride + (count + 1) * MemoryLayout<Int>.stride
            + count * MemoryLayout<UInt32>.stride
    }

    /// Nil if memory is exhausted.
    init?(_ layers: UnsafePointer<Layer>, _ count: Int) {
        // One block, the most aligned arrays first.
        guard let block = allocate(UInt8.self, Self.bytes(count)) else { return nil }
        keepProb = UnsafeMutableRawPointer(block).assumingMemoryBound(to: Double.self)
        l2 = keepProb + count
        l1 = l2 + count
        widths = UnsafeMutableRawPointer(l1 + count).assumingMemoryBound(to: Int.self)
        activations = UnsafeMutableRawPointer(widths + count + 1)
            .assumingMemoryBound(to: UInt32.self)
        widths[0] = layers[0].nIn
        for l in 0..<count { set(l, layers[l]) }
    }

    fileprivate func set(_ l: Int, _ layer: Layer) {
        widths[l + 1] = layer.nOut
        keepProb[l] = layer.keepProb
        l2[l] = layer.l2
        l1[l] = layer.l1
        activations[l] = layer.activation.rawValue
    }

    func release() { free(keepProb) }
}

extension Network {
    /// Replaces the properties of a layer. Its widths are the same.
    public func replaceLayer(_ l: Int, _ layer: Layer) {
        layers[l] = layer
        layerArrays.set(l, layer)
    }
}
