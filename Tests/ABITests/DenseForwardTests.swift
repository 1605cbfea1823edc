import CSwiftReg
import Foundation
import Testing

/// One layer and a batch, matrices unit by unit (rows contiguous).
private struct Layer<T: Element> {
    let nOut: Int
    let nIn: Int
    let m: Int
    let w: [T]
    let b: [T]
    let a: [T]

    init(nOut: Int, nIn: Int, m: Int, seed: UInt64) {
        var random = SplitMix64(seed)
        (self.nOut, self.nIn, self.m) = (nOut, nIn, m)
        w = random.values(nOut * nIn)
        b = random.values(nOut)
        a = random.values(nIn * m)
    }

    func forward(
        _ activation: reg_activation, from inputLayout: Layout, to outputLayout: Layout,
        wantsZ: Bool = true
    ) -> (z: StridedMatrix<T>, out: StridedMatrix<T>) {
        let input = StridedMatrix(a, units: nIn, examples: m, layout: inputLayout)
        var out = StridedMatrix<T>(units: nOut, examples: m, layout: outputLayout)
        var z = out
        let status = z.buffer.withUnsafeMutableBufferPointer { z in
            T.abi.forwardDense(
                w, b, nOut, nIn, m, input.buffer, input.strides, activation,
                wantsZ ? z.baseAddress : nil, &out.buffer, out.strides)
        }
        #expect(status == REG_OK)
        #expect(z.gapsAreUntouched && out.gapsAreUntouched)
        return (z, out)
    }

    /// W a + b in double, and a bound on the library's error.
    var preActivation: (values: [Double], bounds: [Double]) {
        let product = Product(w.doubles, a.doubles, rows: nOut, depth: nIn, columns: m)
        let bias = b.doubles.flatMap { [Double](repeating: $0, count: m) }
        let factor = sumBound(nIn + 1, T.self)
        return (
            zip(product.values, bias).map { $0 + $1 },
            zip(product.sizes, bias).map { factor * ($0 + abs($1)) }
        )
    }
}

private let activations = [REG_IDENTITY, REG_RELU, REG_SIGMOID]

@Suite struct DenseForwardTests {
    @Test(arguments: elementTypes)
    func everyShapeAndLayoutFollowsTheFormula(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            for shape in ProductShape.all {
                let layer = Layer<T>(
                    nOut: shape.rows, nIn: shape.depth, m: shape.columns,
                    seed: UInt64(shape.rows * 100 + shape.columns))
                let expected = layer.preActivation
                let first = layer.forward(REG_IDENTITY, from: .featuresFirst, to: .featuresFirst)
                let errors = zip(first.out.values.doubles, expected.values).map { abs($0 - $1) }
                #expect(
                    zip(errors, expected.bounds).allSatisfy { $0 <= $1 }, "\(shape)")
                #expect(first.z.values == first.out.values, "\(shape)")
                let other = layer.forward(REG_IDENTITY, from: .examplesFirst, to: .examplesFirst)
                #expect(other.out.values.bits == first.out.values.bits, "\(shape)")
                #expect(other.z.values.bits == first.out.values.bits, "\(shape)")
            }
        }
        check(type)
    }

    @Test(arguments: elementTypes, [(1, 1, 1), (3, 5, 4), (13, 3, 33), (34, 17, 7), (7, 257, 9)])
    func allLayoutsGiveTheSameBits(_ type: any Element.Type, shape: (nOut: Int, nIn: Int, m: Int)) {
        func check<T: Element>(_: T.Type) {
            let layer = Layer<T>(nOut: shape.nOut, nIn: shape.nIn, m: shape.m, seed: 1)
            for activation in activations {
                let first = layer.forward(activation, from: .featuresFirst, to: .featuresFirst)
                for input in Layout.allCases {
                    for output in Layout.allCases {
                        let other = layer.forward(activation, from: input, to: output)
                        #expect(other.out.values.bits == first.out.values.bits)
                        #expect(other.z.values.bits == first.z.values.bits)
                    }
                }
            }
        }
        check(type)
    }

    /// The fused activation equals reg_forward_activation of z, with and without output of z.
    @Test(arguments: elementTypes, [Layout.featuresFirst, .examplesFirst, .featuresFirstSpaced])
    func theActivationIsThatOfItsFunction(_ type: any Element.Type, layout: Layout) {
        func check<T: Element>(_: T.Type) {
            let layer = Layer<T>(nOut: 13, nIn: 5, m: 35, seed: 2)
            for activation in activations {
                let result = layer.forward(activation, from: layout, to: layout)
                let z = result.z.values
                var expected = z
                #expect(T.abi.forwardActivation(z, z.count, activation, &expected) == REG_OK)
                #expect(result.out.values.bits == expected.bits)
                let alone = layer.forward(activation, from: layout, to: layout, wantsZ: false)
                #expect(alone.out.values.bits == expected.bits)
            }
        }
        check(type)
    }

    /// Layouts of inputs only: one example for all, one unit for all, and reversed views.
    @Test(arguments: elementTypes) func inputsMayBeBroadcastOrReversed(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let (nOut, nIn, m) = (5, 4, 19)
            let layer = Layer<T>(nOut: nOut, nIn: nIn, m: m, seed: 3)
            let out = Layout.featuresFirst.strides(units: nOut, examples: m)
            let views: [(origin: Int, strides: reg_strides)] = [
                (0, reg_strides(unit: 1, example: 0)), (0, reg_strides(unit: 0, example: 1)),
                (0, reg_strides(unit: 0, example: 0)),
                (m - 1, reg_strides(unit: m, example: -1)),
                ((nIn - 1) * m, reg_strides(unit: -m, example: 1)),
                (nIn * m - 1, reg_strides(unit: -m, example: -1)),
                (nIn * m - 1, reg_strides(unit: -1, example: -nIn)),
            ]
            for view in views {
                var (viewed, copied) = (
                    [T](repeating: 7, count: nOut * m), [T](repeating: 7, count: nOut * m)
                )
                let status = layer.a.withUnsafeBufferPointer {
                    T.abi.forwardDense(
                        layer.w, layer.b, nOut, nIn, m, $0.baseAddress! + view.origin, view.strides,
                        REG_IDENTITY, nil, &viewed, out)
                }
                #expect(status == REG_OK)
                let copy = (0..<nIn).flatMap { u in
                    (0..<m).map { r in
                        layer.a[view.origin + u * view.strides.unit + r * view.strides.example]
                    }
                }
                #expect(
                    T.abi.forwardDense(
                        layer.w, layer.b, nOut, nIn, m, copy, reg_strides(unit: m, example: 1),
                        REG_IDENTITY, nil, &copied, out) == REG_OK)
                #expect(viewed.bits == copied.bits)
            }
        }
        check(type)
    }

    /// A NaN or infinity affects only the results that depend on it; a ReLU does not hide it.
    @Test(arguments: elementTypes) func nonFiniteInputsGoWhereTheyMust(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let (nOut, nIn, m) = (7, 3, 18)
            var a = Layer<T>(nOut: nOut, nIn: nIn, m: m, seed: 4).a
            let (nanExample, infiniteExample) = (5, 17)
            a[1 * m + nanExample] = .nan
            a[2 * m + infiniteExample] = .infinity
            let w = [T](repeating: 1, count: nOut * nIn)
            let b = [T](repeating: 0, count: nOut)
            for activation in activations {
                var out = [T](repeating: 7, count: nOut * m)
                let strides = reg_strides(unit: m, example: 1)
                #expect(
                    T.abi.forwardDense(
                        w, b, nOut, nIn, m, a, strides, activation, nil, &out, strides) == REG_OK)
                for (i, x) in out.enumerated() {
                    switch i % m {
                    case nanExample: #expect(x.isNaN)
                    case infiniteExample: #expect(x == (activation == REG_SIGMOID ? 1 : .infinity))
                    default: #expect(x.isFinite)
                    }
                }
            }
        }
        check(type)
    }

    /// The stride of a single unit or example is not used, whatever its value.
    @Test(arguments: elementTypes) func strideOfASingleUnitOrExampleIsFree(_ type: any Element.Type)
    {
        func check<T: Element>(_: T.Type) {
            for stride in [0, 1, -5, Int.max, Int.min] {
                let row = reg_strides(unit: stride, example: 1)
                var out = [T](repeating: 7, count: 3)
                #expect(
                    T.abi.forwardDense(
                        [2], [1], 1, 1, 3, [1, 2, 3], row, REG_IDENTITY, nil, &out, row) == REG_OK)
                #expect(out == [3, 5, 7])
                let column = reg_strides(unit: 1, example: stride)
                #expect(
                    T.abi.forwardDense(
                        [1, 2, 3], [0, 0, 1], 3, 1, 1, [2], column, REG_IDENTITY, nil, &out, column)
                        == REG_OK)
                #expect(out == [2, 4, 7])
            }
        }
        check(type)
    }
}
