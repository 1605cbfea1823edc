import CSwiftReg

/// An element type of the library. Tests are generic over it and run for each type.
protocol Element: BinaryFloatingPoint, Sendable {
    static var abi: EntryPoints<Self> { get }

    /// Exact.
    var double: Double { get }
    var bits: UInt64 { get }
}

let elementTypes: [any Element.Type] = [Float.self, Double.self]

/// The header's functions for one element type, under one name.
struct EntryPoints<T> {
    typealias Input = UnsafePointer<T>?
    typealias Output = UnsafeMutablePointer<T>?
    typealias MaskOutput = UnsafeMutablePointer<UInt8>?
    typealias CostOutput = UnsafeMutablePointer<Double>?
    typealias Weights = UnsafePointer<UnsafePointer<T>?>?

    let forwardDropout:
        (Input, Int, Double, UInt64, UInt64, UInt64, Output, MaskOutput) -> reg_status
    let backwardDropout: (Input, Int, Double, UInt64, UInt64, UInt64, Output) -> reg_status
    let applyMask: (Input, UnsafePointer<UInt8>?, Int, Double, Output) -> reg_status
    let cost: (Input, Input, Int, Int, CostOutput, UnsafeMutablePointer<Int>?) -> reg_status
    let costL2:
        (
            Input, Input, Int, Int, Weights, UnsafePointer<Int>?, Int, Double, CostOutput,
            UnsafeMutablePointer<Int>?
        ) -> reg_status
    let backwardCost: (Input, Input, Int, Output) -> reg_status
    let forwardActivation: (Input, Int, reg_activation, Output) -> reg_status
    let backwardActivation: (Input, Input, Int, reg_activation, Output) -> reg_status
    let elementary: (Input, Int, reg_function, Output) -> reg_status
    let forwardDense:
        (
            Input, Input, Int, Int, Int, Input, reg_strides, reg_activation, Output, Output,
            reg_strides
        ) -> reg_status
    let backwardL2:
        (
            Input, Int, Int, Int, Input, reg_strides, Input, reg_strides, Double, Output, Output,
            Output, reg_strides
        ) -> reg_status
    let update: (Input, Input, Int, Double, Output) -> reg_status
}

extension Float: Element {
    var double: Double { Double(self) }
    var bits: UInt64 { UInt64(bitPattern) }

    static var abi: EntryPoints<Float> {
        EntryPoints(
            forwardDropout: reg_forward_dropout, backwardDropout: reg_backward_dropout,
            applyMask: reg_apply_mask, cost: reg_cost, costL2: reg_cost_l2,
            backwardCost: reg_backward_cost, forwardActivation: reg_forward_activation,
            backwardActivation: reg_backward_activation, elementary: reg_elementary,
            forwardDense: reg_forward_dense, backwardL2: reg_backward_l2, update: reg_update)
    }
}

extension Double: Element {
    var double: Double { self }
    var bits: UInt64 { bitPattern }

    static var abi: EntryPoints<Double> {
        EntryPoints(
            forwardDropout: reg_forward_dropout_f64, backwardDropout: reg_backward_dropout_f64,
            applyMask: reg_apply_mask_f64, cost: reg_cost_f64, costL2: reg_cost_l2_f64,
            backwardCost: reg_backward_cost_f64, forwardActivation: reg_forward_activation_f64,
            backwardActivation: reg_backward_activation_f64, elementary: reg_elementary_f64,
            forwardDense: reg_forward_dense_f64, backwardL2: reg_backward_l2_f64,
            update: reg_update_f64)
    }
}

extension Array where Element: ABITests.Element {
    var bits: [UInt64] { map(\.bits) }
    var doubles: [Double] { map(\.double) }
}
