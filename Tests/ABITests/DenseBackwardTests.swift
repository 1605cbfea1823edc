import CSwiftReg
import Testing

/// A layer, its input and the gradient from above, matrices unit by unit (rows contiguous).
private struct Backward<T: Element> {
    let nOut: Int
    let nIn: Int
    let m: Int
    let w: [T]
    let dz: [T]
    let a: [T]

    init(nOut: Int, nIn: Int, m: Int, seed: UInt64) {
        var random = SplitMix64(seed)
        (self.nOut, self.nIn, self.m) = (nOut, nIn, m)
        w = random.values(nOut * nIn)
        dz = random.values(nOut * m)
        a = random.values(nIn * m)
    }

    struct Gradients {
        var dw: [T]
        var db: [T]
        var da: StridedMatrix<T>

        var bits: [[UInt64]] { [dw.bits, db.bits, da.values.bits] }
    }

    /// Outputs that are not requested stay 7.
    func run(
        lambda: Double, dzLayout: Layout = .featuresFirst, aLayout: Layout = .featuresFirst,
        daLayout: Layout = .featuresFirst, wantsParameters: Bool = true, wantsInput: Bool = true
    ) -> Gradients {
        let above = StridedMatrix(dz, units: nOut, examples: m, layout: dzLayout)
        let input = StridedMatrix(a, units: nIn, examples: m, layout: aLayout)
        var result = Gradients(
            dw: [T](repeating: 7, count: nOut * nIn), db: [T](repeating: 7, count: nOut),
            da: StridedMatrix(units: nIn, examples: m, layout: daLayout))
        let status = result.dw.withUnsafeMutableBufferPointer { dw in
            result.db.withUnsafeMutableBufferPointer { db in
                result.da.buffer.withUnsafeMutableBufferPointer { da in
                    input.buffer.withUnsafeBufferPointer { a in
                        T.abi.backwardL2(
                            w, nOut, nIn, m, above.buffer, above.strides,
                            wantsParameters ? a.baseAddress : nil, input.strides, lambda,
                            wantsParameters ? dw.baseAddress : nil,
                            wantsParameters ? db.baseAddress : nil,
                            wantsInput ? da.baseAddress : nil, result.da.strides)
                    }
                }
            }
        }
        #expect(status == REG_OK)
        #expect(result.da.gapsAreUntouched)
        return result
    }

    func expectParameters(_ result: Gradients, lambda: Double, _ comment: Comment) {
        let (w, dz, a) = (w.doubles, dz.doubles, a.doubles)
        let (count, decay) = (Double(m), lambda / Double(m))

        let outer = Product(
            dz, transposed(a, rows: nIn, columns: m), rows: nOut, depth: m, columns: nIn)
        // The sum, 1/m, lambda/m, their two products and the last sum are rounded.
        let weightFactor = sumBound(m + 4, T.self)
        let weightErrors = w.indices.map { i in
            let expected = outer.values[i] / count + decay * w[i]
            let bound = weightFactor * (outer.sizes[i] / count + decay * abs(w[i]))
            return abs(result.dw[i].double - expected) - bound
        }
        #expect(weightErrors.allSatisfy { $0 <= 0 }, comment)

        // Summed in double; rounded to T at the end.
        let biasErrors = (0..<nOut).map { u in
            let row = dz[u * m..<(u + 1) * m]
            let expected = row.reduce(0, +) / count
            let size = row.reduce(0) { $0 + abs($1) } / count
            let bound = 2 * gamma(m + 2, Double.self) * size + gamma(1, T.self) * abs(expected)
            return abs(result.db[u].double - expected) - bound
        }
        #expect(biasErrors.allSatisfy { $0 <= 0 }, comment)
    }

    func expectInput(_ result: Gradients, _ comment: Comment) {
        let inner = Product(
            transposed(w.doubles, rows: nOut, columns: nIn), dz.doubles, rows: nIn, depth: nOut,
            columns: m)
        let factor = sumBound(nOut, T.self)
        let errors = zip(result.da.values.doubles, zip(inner.values, inner.sizes)).map {
            abs($0 - $1.0) - factor * $1.1
        }
        #expect(errors.allSatisfy { $0 <= 0 }, comment)
    }
}

@Suite struct DenseBackwardTests {
    /// The shape of the product dz a^T, whose depth is the number of examples.
    @Test(arguments: elementTypes)
    func weightGradientsFollowTheFormula(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            for shape in ProductShape.all {
                let layer = Backward<T>(
                    nOut: shape.rows, nIn: shape.columns, m: shape.depth,
                    seed: UInt64(shape.rows * 100 + shape.columns))
                let result = layer.run(lambda: 0.7, wantsInput: false)
                layer.expectParameters(result, lambda: 0.7, "dz a^T: \(shape)")
                let other = layer.run(
                    lambda: 0.7, dzLayout: .examplesFirst, aLayout: .examplesFirst,
                    wantsInput: false)
                #expect(other.bits == result.bits, "\(shape)")
            }
        }
        check(type)
    }

    /// The shape of the product W^T dz, whose depth is the number of units of the layer.
    @Test(arguments: elementTypes)
    func inputGradientsFollowTheFormula(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            for shape in ProductShape.all {
                let layer = Backward<T>(
                    nOut: shape.depth, nIn: shape.rows, m: shape.columns,
                    seed: UInt64(shape.rows * 100 + shape.columns))
                let result = layer.run(lambda: 0, wantsParameters: false)
                layer.expectInput(result, "W^T dz: \(shape)")
                let other = layer.run(
                    lambda: 0, dzLayout: .examplesFirst, daLayout: .examplesFirst,
                    wantsParameters: false)
                #expect(other.bits == result.bits, "\(shape)")
            }
        }
        check(type)
    }

    @Test(arguments: elementTypes, [(1, 1, 1), (3, 5, 4), (13, 33, 3), (34, 7, 17), (2, 9, 257)])
    func allLayoutsGiveTheSameBits(_ type: any Element.Type, shape: (nOut: Int, nIn: Int, m: Int)) {
        func check<T: Element>(_: T.Type) {
            let layer = Backward<T>(nOut: shape.nOut, nIn: shape.nIn, m: shape.m, seed: 1)
            let first = layer.run(lambda: 0.1)
            for dz in Layout.allCases {
                for a in Layout.allCases {
                    let da: Layout = dz == .featuresFirst ? .examplesFirstSpaced : dz
                    let other = layer.run(lambda: 0.1, dzLayout: dz, aLayout: a, daLayout: da)
                    #expect(other.bits == first.bits, "\(dz), \(a)")
                }
            }
        }
        check(type)
    }

    @Test(arguments: elementTypes) func partsMayBeLeftOut(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let layer = Backward<T>(nOut: 5, nIn: 7, m: 9, seed: 2)
            let all = layer.run(lambda: 0.3)
            let parameters = layer.run(lambda: 0.3, wantsInput: false)
            #expect(parameters.dw.bits == all.dw.bits && parameters.db.bits == all.db.bits)
            let input = layer.run(lambda: 0.3, wantsParameters: false)
            #expect(input.da.values.bits == all.da.values.bits)
            #expect((input.dw + input.db).allSatisfy { $0 == 7 })
        }
        check(type)
    }

    /// The term is lambda/m * W: linear in lambda, and 0 for the biases.
    @Test(arguments: elementTypes) func lambdaPenalizesTheWeightsAlone(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let layer = Backward<T>(nOut: 4, nIn: 3, m: 8, seed: 3)
            let plain = layer.run(lambda: 0)
            let decayed = layer.run(lambda: 2)
            #expect(decayed.db.bits == plain.db.bits)
            #expect(decayed.da.values.bits == plain.da.values.bits)
            for i in layer.w.indices {
                let decay = decayed.dw[i].double - plain.dw[i].double
                #expect(abs(decay - layer.w[i].double / 4) <= 8 * unitRoundoff(T.self))
            }
        }
        check(type)
    }

    /// Gradients that are constant over the batch: dz and a as broadcast views.
    @Test(arguments: elementTypes) func inputsMayBeBroadcast(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let (nOut, nIn, m) = (2, 3, 8)
            let one = reg_strides(unit: 1, example: 0)
            var (dw, db) = ([T](repeating: 7, count: 6), [T](repeating: 7, count: 2))
            #expect(
                T.abi.backwardL2(
                    [T](repeating: 0, count: 6), nOut, nIn, m, [2, 4], one, [1, 3, 5], one, 0, &dw,
                    &db, nil, one) == REG_OK)
            #expect(dw == [2, 6, 10, 4, 12, 20])
            #expect(db == [2, 4])
        }
        check(type)
    }
}
