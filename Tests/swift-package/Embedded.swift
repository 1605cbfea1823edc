// Trains the first network of measure.c in Embedded Swift, which needs no Swift runtime, and prints the same hash of its
// weights: on systems for which this machine's toolchain has no runtime.
import CSwiftReg

func must(_ status: reg_status) {
    if status != REG_OK { fatalError() }
}

func train() -> String {
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
    let digits = hash(of: UnsafeBufferPointer(start: parameters, count: count))
    reg_network_destroy(network)
    return digits
}

print("2-20-3-1 " + train())
