import CPlatform
import CSwiftReg
import Network

// Networks as C source.

private func exportC<T: Scalar>(
    _: T.Type, _ network: OpaquePointer?, _ path: UnsafePointer<CChar>?,
    _ name: UnsafePointer<CChar>?, _ options: UnsafePointer<reg_export_options>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try SwiftReg.network(T.self, network)
        let (path, name) = (try input(path, 1, "path"), try input(name, 1, "name"))
        try require(
            isFunctionName(name), else: REG_ERROR_NAME, "name",
            "must be an identifier of C, but no keyword and no name of math.h")
        var export = CExport(name: name, version: reg_version())
        if options != nil {
            let options = try read(options, "options")
            try export.set(
                options, layers: network.pointee.layers, count: network.pointee.layerCount,
                loss: network.pointee.settings.loss)
        }
        if let header = export.header {
            try require(
                strcmp(header, path) != 0, else: REG_ERROR_NAME, "header", "must not be the path")
        }
        try networkDoes { () throws(NetworkError) in try network.pointee.exportC(path, export) }
    }
}

extension CExport {
    /// Checks the options for a network.
    fileprivate mutating func set(
        _ options: reg_export_options, layers: UnsafePointer<Layer>, count: Int, loss: Loss
    ) throws(Failure) {
        let (inputs, outputs) = (layers[0].nIn, layers[count - 1].nOut)
        header = options.header
        precision = try choice(
            Precision.self, options.precision.rawValue, REG_ERROR_SHAPE, "precision",
            "must be a value of reg_precision")
        hasBlock = options.block != 0
        _ = try elements(Double.self, Size(options.steps, "steps"), Size(inputs, ""))
        stepCount = options.steps
        let kinds = try input(options.step_kinds, stepCount, "step_kinds")
        for i in 0..<stepCount {
            _ = try choice(
                InputStep.self, kinds[i].rawValue, REG_ERROR_SHAPE, "step_kinds", index: i,
                "must be a value of reg_input_step")
        }
        steps = UnsafeRawPointer(kinds).assumingMemoryBound(to: UInt32.self)
        stepValues = try input(options.step_values, stepCount, "step_values")
        classCount = options.classes
        try require(
            classCount == 0 || classCount == loss.classes(outputs: outputs),
            else: REG_ERROR_SHAPE, "classes", is: .size(classCount),
            "must be 0, or 2 for one sigmoid, or the outputs of a softmax")
        labels = options.labels
        for c in 0..<(labels == nil ? 0 : classCount) where labels?[c] == nil {
            throw Failure(REG_ERROR_NULL, "labels", index: c, "is NULL")
        }
    }
}

@c @implementation
public func reg_network_export_c(
    _ network: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ name: UnsafePointer<CChar>?,
    _ options: UnsafePointer<reg_export_options>?
) -> reg_status {
    exportC(Float.self, network, path, name, options)
}

@c @implementation
public func reg_network_export_c_f64(
    _ network: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ name: UnsafePointer<CChar>?,
    _ options: UnsafePointer<reg_export_options>?
) -> reg_status {
    exportC(Double.self, network, path, name, options)
}
