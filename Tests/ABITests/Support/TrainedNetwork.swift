import CSwiftReg
import Testing

/// The header's functions on a network, for one element type.
protocol NetworkElement: Element {
    associatedtype Data

    static func create(
        _: UnsafePointer<reg_network_options>?, _: UnsafeMutablePointer<OpaquePointer?>?
    )
        -> reg_status
    static func destroy(_: OpaquePointer?)
    static func data(
        _ m: Int, _ x: UnsafePointer<Self>?, _ xStrides: reg_strides, _ y: UnsafePointer<Self>?,
        _ yStrides: reg_strides
    ) -> Data
    static func parameters(
        _: OpaquePointer?, _: UnsafeMutablePointer<UnsafeMutablePointer<Self>?>?,
        _: UnsafeMutablePointer<Int>?
    ) -> reg_status
    static func setOptimizer(_: OpaquePointer?, _: UnsafePointer<reg_optimizer_options>?)
        -> reg_status
    static func cost(
        _: OpaquePointer?, _: UnsafePointer<Data>?, _: UnsafeMutablePointer<Double>?
    ) -> reg_status
    static func gradient(
        _: OpaquePointer?, _: UnsafePointer<Data>?, _: UnsafeMutablePointer<Double>?
    ) -> reg_status
    static func apply(_: OpaquePointer?) -> reg_status
    static func fit(
        _: OpaquePointer?, _: UnsafePointer<Data>?, _ validation: UnsafePointer<Data>?,
        _: UnsafePointer<reg_fit_options>?, _: UnsafeMutablePointer<reg_fit_result>?
    ) -> reg_status
    static func predict(
        _: OpaquePointer?, _ m: Int, _: UnsafePointer<Self>?, _: reg_strides,
        _ out: UnsafeMutablePointer<Self>?, _: reg_strides
    ) -> reg_status
}

extension Float: NetworkElement {
    static func create(
        _ options: UnsafePointer<reg_network_options>?,
        _ network: UnsafeMutablePointer<OpaquePointer?>?
    ) -> reg_status { reg_network_create(options, network) }

    static func destroy(_ network: OpaquePointer?) { reg_network_destroy(network) }

    static func data(
        _ m: Int, _ x: UnsafePointer<Float>?, _ xStrides: reg_strides, _ y: UnsafePointer<Float>?,
        _ yStrides: reg_strides
    ) -> reg_data {
        // Field by field: a struct that grows has another memberwise initializer.
        var data = reg_data()
        data.struct_size = MemoryLayout<reg_data>.size
        (data.m, data.x, data.x_strides) = (m, x, xStrides)
        (data.y, data.y_strides) = (y, yStrides)
        return data
    }

    static func parameters(
        _ network: OpaquePointer?,
        _ parameters: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>?,
        _ count: UnsafeMutablePointer<Int>?
    ) -> reg_status { reg_network_parameters(network, parameters, count) }

    static func setOptimizer(
        _ network: OpaquePointer?, _ options: UnsafePointer<reg_optimizer_options>?
    ) -> reg_status { reg_network_set_optimizer(network, options) }

    static func cost(
        _ network: OpaquePointer?, _ data: UnsafePointer<reg_data>?,
        _ cost: UnsafeMutablePointer<Double>?
    ) -> reg_status { reg_network_cost(network, data, cost, nil) }

    static func gradient(
        _ network: OpaquePointer?, _ data: UnsafePointer<reg_data>?,
        _ cost: UnsafeMutablePointer<Double>?
    ) -> reg_status { reg_network_gradient(network, data, nil, cost) }

    static func apply(_ network: OpaquePointer?) -> reg_status { reg_network_apply(network) }

    static func fit(
        _ network: OpaquePointer?, _ data: UnsafePointer<reg_data>?,
        _ validation: UnsafePointer<reg_data>?, _ options: UnsafePointer<reg_fit_options>?,
        _ result: UnsafeMutablePointer<reg_fit_result>?
    ) -> reg_status { reg_network_fit(network, data, validation, options, result) }

    static func predict(
        _ network: OpaquePointer?, _ m: Int, _ x: UnsafePointer<Float>?, _ xStrides: reg_strides,
        _ out: UnsafeMutablePointer<Float>?, _ outStrides: reg_strides
    ) -> reg_status { reg_network_predict(network, m, x, xStrides, out, nil, outStrides) }
}

extension Double: NetworkElement {
    static func create(
        _ options: UnsafePointer<reg_network_options>?,
        _ network: UnsafeMutablePointer<OpaquePointer?>?
    ) -> reg_status { reg_network_create_f64(options, network) }

    static func destroy(_ network: OpaquePointer?) { reg_network_destroy_f64(network) }

    static func data(
        _ m: Int, _ x: UnsafePointer<Double>?, _ xStrides: reg_strides, _ y: UnsafePointer<Double>?,
        _ yStrides: reg_strides
    ) -> reg_data_f64 {
        // Field by field: a struct that grows has another memberwise initializer.
        var data = reg_data_f64()
        data.struct_size = MemoryLayout<reg_data_f64>.size
        (data.m, data.x, data.x_strides) = (m, x, xStrides)
        (data.y, data.y_strides) = (y, yStrides)
        return data
    }

    static func parameters(
        _ network: OpaquePointer?,
        _ parameters: UnsafeMutablePointer<UnsafeMutablePointer<Double>?>?,
        _ count: UnsafeMutablePointer<Int>?
    ) -> reg_status { reg_network_parameters_f64(network, parameters, count) }

    static func setOptimizer(
        _ network: OpaquePointer?, _ options: UnsafePointer<reg_optimizer_options>?
    ) -> reg_status { reg_network_set_optimizer_f64(network, options) }

    static func cost(
        _ network: OpaquePointer?, _ data: UnsafePointer<reg_data_f64>?,
        _ cost: UnsafeMutablePointer<Double>?
    ) -> reg_status { reg_network_cost_f64(network, data, cost, nil) }

    static func gradient(
        _ network: OpaquePointer?, _ data: UnsafePointer<reg_data_f64>?,
        _ cost: UnsafeMutablePointer<Double>?
    ) -> reg_status { reg_network_gradient_f64(network, data, nil, cost) }

    static func apply(_ network: OpaquePointer?) -> reg_status { reg_network_apply_f64(network) }

    static func fit(
        _ network: OpaquePointer?, _ data: UnsafePointer<reg_data_f64>?,
        _ validation: UnsafePointer<reg_data_f64>?, _ options: UnsafePointer<reg_fit_options>?,
        _ result: UnsafeMutablePointer<reg_fit_result>?
    ) -> reg_status { reg_network_fit_f64(network, data, validation, options, result) }

    static func predict(
        _ network: OpaquePointer?, _ m: Int, _ x: UnsafePointer<Double>?, _ xStrides: reg_strides,
        _ out: UnsafeMutablePointer<Double>?, _ outStrides: reg_strides
    ) -> reg_status { reg_network_predict_f64(network, m, x, xStrides, out, nil, outStrides) }
}

let networkTypes: [any NetworkElement.Type] = [Float.self, Double.self]

/// A network with a hidden layer for two features and one output, and examples that it can learn:
/// whether a point is in a circle.
final class TrainedNetwork<T: NetworkElement> {
    static var m: Int { 300 }

    let handle: OpaquePointer?
    let layout: Layout
    private let x: StridedMatrix<T>
    private let y: StridedMatrix<T>

    init(hidden: Int, keepProb: Double = 1, layout: Layout = .examplesFirst, seed: UInt64 = 1) {
        var random = SplitMix64(seed)
        let points: [T] = random.values(2 * Self.m)
        let labels = (0..<Self.m).map { r -> T in
            let (u, v) = (points[r], points[Self.m + r])
            return u * u + v * v < 0.6 ? 1 : 0
        }
        x = StridedMatrix(points, units: 2, examples: Self.m, layout: layout)
        y = StridedMatrix(labels, units: 1, examples: Self.m, layout: layout)
        self.layout = layout
        handle = Self.make(widths: [2, hidden, 1], keepProb: [1, keepProb], seed: seed)
    }

    deinit { T.destroy(handle) }

    static func make(widths: [Int], keepProb: [Double], seed: UInt64) -> OpaquePointer? {
        var made: OpaquePointer?
        widths.withUnsafeBufferPointer { widths in
            keepProb.withUnsafeBufferPointer { keepProb in
                var options = reg_network_options()
                options.struct_size = MemoryLayout<reg_network_options>.size
                options.layers = widths.count - 1
                options.widths = widths.baseAddress
                options.keep_prob = keepProb.baseAddress
                options.seed = seed
                #expect(T.create(&options, &made) == REG_OK)
            }
        }
        return made
    }

    func withData<R>(_ body: (inout T.Data) -> R) -> R {
        x.buffer.withUnsafeBufferPointer { px in
            y.buffer.withUnsafeBufferPointer { py in
                var data = T.data(
                    Self.m, px.baseAddress, x.strides, py.baseAddress, y.strides)
                return body(&data)
            }
        }
    }

    func setOptimizer(_ kind: reg_optimizer, learningRate: Double) {
        var options = reg_optimizer_options()
        options.struct_size = MemoryLayout<reg_optimizer_options>.size
        #expect(reg_optimizer_defaults(kind, &options) == REG_OK)
        options.learning_rate = learningRate
        #expect(T.setOptimizer(handle, &options) == REG_OK)
    }

    func fit(
        epochs: UInt64, batchSize: Int = 0, validates: Bool = false, report: reg_report? = nil,
        context: UnsafeMutableRawPointer? = nil
    ) -> (status: reg_status, result: reg_fit_result) {
        var result = reg_fit_result()
        result.struct_size = MemoryLayout<reg_fit_result>.size
        var options = reg_fit_options()
        options.struct_size = MemoryLayout<reg_fit_options>.size
        options.epochs = epochs
        options.batch_size = batchSize
        options.shuffle = batchSize == 0 ? 0 : 1
        options.report = report
        options.context = context
        let status = withData { data in
            withUnsafePointer(to: data) {
                T.fit(handle, $0, validates ? $0 : nil, &options, &result)
            }
        }
        return (status, result)
    }

    var cost: Double {
        var cost = Double.nan
        #expect(withData { T.cost(handle, &$0, &cost) } == REG_OK)
        return cost
    }

    var parameters: [T] {
        var (first, count) = (UnsafeMutablePointer<T>?.none, 0)
        #expect(T.parameters(handle, &first, &count) == REG_OK)
        return Array(UnsafeBufferPointer(start: first, count: count))
    }

    /// Outputs in the layout of the data.
    func predict() -> StridedMatrix<T> {
        var out = StridedMatrix<T>(units: 1, examples: Self.m, layout: layout)
        let status = x.buffer.withUnsafeBufferPointer { x in
            T.predict(
                handle, Self.m, x.baseAddress, self.x.strides, &out.buffer, out.strides)
        }
        #expect(status == REG_OK)
        return out
    }

    var accuracy: Double {
        let right = zip(predict().values, y.values).count { ($0 > 0.5) == ($1 == 1) }
        return Double(right) / Double(Self.m)
    }
}
