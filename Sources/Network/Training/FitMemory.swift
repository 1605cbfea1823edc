import CPlatform
import KernelInterface

/// The copies that `fit` needs: parameters and state of the last good epoch, the best parameters, the order
/// of the examples. The network keeps the memory for the next call, since a short one would spend its
/// time on allocation.
struct FitMemory<T: Scalar> {
    private let parameters: UnsafeMutablePointer<T>
    private let state: UnsafeMutablePointer<T>
    private let best: UnsafeMutablePointer<T>?
    private let position: UnsafeMutablePointer<Position>
    let order: UnsafeMutablePointer<Int>?

    /// One block for everything. Also allocates the buffers of the network itself.
    init(
        _ network: inout Network<T>, examples: Int, shuffles: Bool, validates: Bool
    ) throws(NetworkError) {
        _ = try network.gradients()
        _ = try network.state()
        let values = Self.values(network, validates: validates)
        let orderBytes = shuffles ? shuffleBytes(examples) : 0
        let bytes = Self.bytes(
            network, examples: examples, shuffles: shuffles, validates: validates)
        let start = UnsafeMutableRawPointer(
            try network.fitWorkspace.take(bytes / MemoryLayout<T>.stride))
        position = start.bindMemory(to: Position.self, capacity: 1)
        order = shuffles ? (start + 64).bindMemory(to: Int.self, capacity: examples) : nil
        parameters = (start + 64 + orderBytes).bindMemory(to: T.self, capacity: values)
        state = parameters + network.parameterCount
        best = validates ? state + network.stateCount : nil
    }

    private static func values(_ network: Network<T>, validates: Bool) -> Int {
        network.parameterCount * (validates ? 2 : 1) + network.stateCount
    }

    /// A multiple of the element size.
    static func bytes(
        _ network: Network<T>, examples: Int, shuffles: Bool, validates: Bool
    ) -> Int {
        64 + (shuffles ? shuffleBytes(examples) : 0)
            + values(network, validates: validates) * MemoryLayout<T>.stride
    }

    func save(_ network: Network<T>) {
        position.pointee = network.position
        parameters.copy(network.parameters, network.parameterCount)
        if let state = network.stateBuffer {
            self.state.copy(state, network.stateCount)
        }
    }

    func restore(_ network: inout Network<T>) {
        network.position = position.pointee
        network.parameters.copy(parameters, network.parameterCount)
        network.stateBuffer?.copy(state, network.stateCount)
    }

    func saveBest(_ network: Network<T>) {
        best?.copy(network.parameters, network.parameterCount)
    }

    func restoreBest(_ network: Network<T>) {
        if let best { network.parameters.copy(best, network.parameterCount) }
    }
}
