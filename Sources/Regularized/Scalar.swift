import CSwiftReg

/// The element type of a network: `Float` or `Double`.
///
/// No other type can conform.
public protocol NetworkScalar: BinaryFloatingPoint, SIMDScalar, Codable, Sendable {
    /// The functions of the C interface for this type.
    static var _functions: _NetworkFunctions<Self> { get }
}

/// The functions of the C interface for one element type. `reg_data_f64` has the fields of `reg_data`, so
/// that all take the address of a `reg_data`, whose pointers are to elements of `Scalar`.
public struct _NetworkFunctions<Scalar: Sendable>: Sendable {
    typealias Handle = OpaquePointer
    typealias Data = UnsafePointer<reg_data>
    typealias Elements = UnsafeMutablePointer<UnsafeMutablePointer<Scalar>?>
    typealias Count = UnsafeMutablePointer<Int>
    typealias Numbers = UnsafeMutablePointer<Scalar>?

    let create:
        @Sendable (UnsafePointer<reg_network_options>, UnsafeMutablePointer<Handle?>) -> reg_status
    let destroy: @Sendable (Handle) -> Void
    let describe: @Sendable (Handle, UnsafeMutablePointer<reg_network_options>) -> reg_status
    let setRegularization: @Sendable (Handle, UnsafePointer<reg_network_options>) -> reg_status
    let layer: @Sendable (Handle, Int, UnsafeMutablePointer<reg_layer>) -> reg_status
    let parameters: @Sendable (Handle, Elements, Count) -> reg_status
    let gradients: @Sendable (Handle, Elements, Count) -> reg_status
    let optimizerState: @Sendable (Handle, Elements, Count) -> reg_status
    let getPosition: @Sendable (Handle, UnsafeMutablePointer<reg_position>) -> reg_status
    let setPosition: @Sendable (Handle, UnsafePointer<reg_position>) -> reg_status
    let memory: @Sendable (Handle, Int, Int, Int32, Count) -> reg_status
    let setOptimizer: @Sendable (Handle, UnsafePointer<reg_optimizer_options>) -> reg_status
    let getOptimizer: @Sendable (Handle, UnsafeMutablePointer<reg_optimizer_options>) -> reg_status
    let predict: @Sendable (Handle, Data, Numbers, Numbers, reg_strides) -> reg_status
    let predictDropout:
        @Sendable (
            Handle, Int, UnsafePointer<Scalar>?, reg_strides, Int, UInt64, Numbers, Numbers,
            reg_strides
        ) -> reg_status
    let cost:
        @Sendable (Handle, Data, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>) ->
            reg_status
    let gradient:
        @Sendable (Handle, Data, UnsafePointer<reg_part>?, UnsafeMutablePointer<Double>) ->
            reg_status
    let apply: @Sendable (Handle) -> reg_status
    let checkGradient:
        @Sendable (Handle, Data, Double, Int, UnsafeMutablePointer<Double>) -> reg_status
    let fit:
        @Sendable (
            Handle, Data, Data?, UnsafePointer<reg_fit_options>,
            UnsafeMutablePointer<reg_fit_result>
        ) -> reg_status
    let fitMany: @Sendable (UnsafeMutablePointer<reg_fit_job>?, Int) -> reg_status
    let serialize: @Sendable (Handle, UnsafeMutableRawPointer?, Int, Count) -> reg_status
    let deserialize: @Sendable (UnsafeRawPointer?, Int, UnsafeMutablePointer<Handle?>) -> reg_status
    let save: @Sendable (Handle, UnsafePointer<CChar>) -> reg_status
    let load: @Sendable (UnsafePointer<CChar>, UnsafeMutablePointer<Handle?>) -> reg_status
    let exportC:
        @Sendable (
            Handle, UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafePointer<reg_export_options>
        ) -> reg_status
}

extension Float: NetworkScalar {
    public static var _functions: _NetworkFunctions<Float> {
        _NetworkFunctions(
            create: { reg_network_create($0, $1) },
            destroy: { reg_network_destroy($0) },
            describe: { reg_network_describe($0, $1) },
            setRegularization: { reg_network_set_regularization($0, $1) },
            layer: { reg_network_layer($0, $1, $2) },
            parameters: { reg_network_parameters($0, $1, $2) },
            gradients: { reg_network_gradients($0, $1, $2) },
            optimizerState: { reg_network_optimizer_state($0, $1, $2) },
            getPosition: { reg_network_get_position($0, $1) },
            setPosition: { reg_network_set_position($0, $1) },
            memory: { reg_network_memory($0, $1, $2, $3, $4) },
            setOptimizer: { reg_network_set_optimizer($0, $1) },
            getOptimizer: { reg_network_get_optimizer($0, $1) },
            predict: { reg_network_predict_data($0, $1, $2, $3, $4) },
            predictDropout: { reg_network_predict_dropout($0, $1, $2, $3, $4, $5, $6, $7, $8) },
            cost: { reg_network_cost($0, $1, $2, $3) },
            gradient: { reg_network_gradient($0, $1, $2, $3) },
            apply: { reg_network_apply($0) },
            checkGradient: { reg_network_check_gradient($0, $1, $2, $3, $4) },
            fit: { reg_network_fit($0, $1, $2, $3, $4) },
            fitMany: { reg_fit_many($0, $1) },
            serialize: { reg_network_serialize($0, $1, $2, $3) },
            deserialize: { reg_network_deserialize($0, $1, $2) },
            save: { reg_network_save($0, $1) },
            load: { reg_network_load($0, $1) },
            exportC: { reg_network_export_c($0, $1, $2, $3) })
    }
}

extension Double: NetworkScalar {
    public static var _functions: _NetworkFunctions<Double> {
        _NetworkFunctions(
            create: { reg_network_create_f64($0, $1) },
            destroy: { reg_network_destroy_f64($0) },
            describe: { reg_network_describe_f64($0, $1) },
            setRegularization: { reg_network_set_regularization_f64($0, $1) },
            layer: { reg_network_layer_f64($0, $1, $2) },
            parameters: { reg_network_parameters_f64($0, $1, $2) },
            gradients: { reg_network_gradients_f64($0, $1, $2) },
            optimizerState: { reg_network_optimizer_state_f64($0, $1, $2) },
            getPosition: { reg_network_get_position_f64($0, $1) },
            setPosition: { reg_network_set_position_f64($0, $1) },
            memory: { reg_network_memory_f64($0, $1, $2, $3, $4) },
            setOptimizer: { reg_network_set_optimizer_f64($0, $1) },
            getOptimizer: { reg_network_get_optimizer_f64($0, $1) },
            predict: { reg_network_predict_data_f64($0, f64($1), $2, $3, $4) },
            predictDropout: { reg_network_predict_dropout_f64($0, $1, $2, $3, $4, $5, $6, $7, $8) },
            cost: { reg_network_cost_f64($0, f64($1), $2, $3) },
            gradient: { reg_network_gradient_f64($0, f64($1), $2, $3) },
            apply: { reg_network_apply_f64($0) },
            checkGradient: { reg_network_check_gradient_f64($0, f64($1), $2, $3, $4) },
            fit: { reg_network_fit_f64($0, f64($1), $2.map(f64), $3, $4) },
            fitMany: { jobs, count in
                // The same fields.
                reg_fit_many_f64(
                    UnsafeMutableRawPointer(jobs)?.assumingMemoryBound(to: reg_fit_job_f64.self),
                    count)
            },
            serialize: { reg_network_serialize_f64($0, $1, $2, $3) },
            deserialize: { reg_network_deserialize_f64($0, $1, $2) },
            save: { reg_network_save_f64($0, $1) },
            load: { reg_network_load_f64($0, $1) },
            exportC: { reg_network_export_c_f64($0, $1, $2, $3) })
    }
}

@Sendable private func f64(_ data: UnsafePointer<reg_data>) -> UnsafePointer<reg_data_f64> {
    UnsafeRawPointer(data).assumingMemoryBound(to: reg_data_f64.self)
}
