import CBareMetal
import CSwiftReg
import Network

@c @implementation
public func reg_heap_size(
    _ network: OpaquePointer?, _ batch_size: Int, _ m: Int, _ validates: Int32,
    _ bytes: UnsafeMutablePointer<Int>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try SwiftReg.network(Float.self, network)
        let bytes = try output(bytes, 1, "bytes")
        _ = try elements(Int.self, Size(m, "m"))
        try requireSize(Size(batch_size, "batch_size"))
        bytes.pointee = network.pointee.heapSize(
            batchSize: batch_size, examples: m, validates: validates != 0)
    }
}
