// Trains the first network of measure.c in Embedded Swift, which needs no Swift runtime, and prints the same hash of its
// weights: on systems for which this machine's toolchain has no runtime.
import CSwiftReg

struct SplitMix {
    var state: UInt64 = 1

    /// In [-1, 1).
    mutating func next() -> Float {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Float((z ^ (z >> 31)) >> 40) / 8_388_608 - 1
    }
}

func must(_ status: reg_status) {
    if status != REG_OK { fatalError() }
}

func train() -> UInt64 {
    let (m, layers) = (211, 3)
    var random = SplitMix()
    let x = (0..<2 * m).map { _ in random.next() }
    let y = (0..<m).map { _ in random.next() > 0 ? Float(1) : 0 }
    let widths = [2, 20, 3, 1]
    let keepProb = [1, 0.86, 0.86]
    let l2 = [0.7, 0.7, 0.7]

    var network: OpaquePointer?
    var options = reg_network_options()
    options.struct_size = MemoryLayout<reg_network_options>.size
    (options.layers, options.seed) = (layers, 1)
    widths.withUnsafeBufferPointer { widths in
        keepProb.withUnsafeBufferPointer { keepProb in
            l2.withUnsafeBufferPointer { l2 in
                options.widths = widths.baseAddress
                (options.keep_prob, options.l2) = (keepProb.baseAddress, l2.baseAddress)
                must(reg_network_create(&options, &network))
            }
        }
    }
    var adam = reg_optimizer_options()
    adam.struct_size = MemoryLayout<reg_optimizer_options>.size
    adam.kind = REG_ADAM
    must(reg_network_set_optimizer(network, &adam))

    var data = reg_data()
    data.struct_size = MemoryLayout<reg_data>.size
    data.m = m
    (data.x_strides.unit, data.x_strides.example) = (1, 2)
    (data.y_strides.unit, data.y_strides.example) = (1, 1)
    var fit = reg_fit_options()
    fit.struct_size = MemoryLayout<reg_fit_options>.size
    (fit.epochs, fit.batch_size, fit.shuffle) = (20 * 20, 32, 1)
    x.withUnsafeBufferPointer { x in
        y.withUnsafeBufferPointer { y in
            (data.x, data.y) = (x.baseAddress, y.baseAddress)
            must(reg_network_fit(network, &data, nil, &fit, nil))
        }
    }
    var (parameters, count) = (UnsafeMutablePointer<Float>?.none, 0)
    must(reg_network_parameters(network, &parameters, &count))
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in UnsafeRawBufferPointer(start: parameters, count: 4 * count) {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
    }
    reg_network_destroy(network)
    return hash
}

let digits = String(train(), radix: 16)
print("2-20-3-1 " + String(repeating: "0", count: 16 - digits.utf8.count) + digits)
