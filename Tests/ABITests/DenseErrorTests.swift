import CSwiftReg
import Testing

private func strides(_ unit: Int, _ example: Int) -> reg_strides {
    reg_strides(unit: unit, example: example)
}

/// Sizes (n_out, n_in, m) beyond any memory, and empty ones.
private let badSizes = [
    (-1, 3, 4), (2, -1, 4), (2, 3, -1), (-2, -3, 4), (.min, 3, 4), (.max, 3, 4), (2, .max, 4),
    (2, 3, .max), (.max, .max, .max), (1 << 32, 1 << 32, 1), (1 << 32, 1, 1 << 32),
    (1, 1 << 32, 1 << 32),
]
private let emptySizes = [(0, 3, 4), (2, 0, 4), (2, 3, 0), (0, 0, 0)]

/// Strides of two or three units and four examples beyond any memory.
private let endlessStrides = [
    strides(.max, 1), strides(.min, 1), strides(4, .max), strides(4, .min),
    strides(.max / 2, .max / 2), strides(.max / 4, 1), strides(1, -(.max / 8)),
]

/// Strides of an output of two or three units and four examples that overlap or are not positive.
private let overlappingStrides = [
    strides(0, 1), strides(1, 0), strides(0, 0), strides(1, 1), strides(3, 1), strides(1, 1),
    strides(-4, 1), strides(4, -1), strides(-1, -4),
]

@Suite struct DenseErrorTests {
    @Test(arguments: elementTypes) func forward(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let b = Buffers<T>()
            func call(
                w: UnsafePointer<T>?, b bias: UnsafePointer<T>?, a: UnsafePointer<T>?,
                sizes: (nOut: Int, nIn: Int, m: Int) = (2, 3, 4), aStrides: reg_strides? = nil,
                activation: reg_activation = REG_SIGMOID, out: UnsafeMutablePointer<T>?,
                outStrides: reg_strides? = nil
            ) -> reg_status {
                T.abi.forwardDense(
                    w, bias, sizes.nOut, sizes.nIn, sizes.m, a, aStrides ?? strides(4, 1),
                    activation, b.out2, out, outStrides ?? strides(4, 1))
            }
            let input = UnsafePointer(b.input)
            #expect(call(w: nil, b: input, a: input, out: b.out) == REG_ERROR_NULL)
            #expect(call(w: input, b: nil, a: input, out: b.out) == REG_ERROR_NULL)
            #expect(call(w: input, b: input, a: nil, out: b.out) == REG_ERROR_NULL)
            #expect(call(w: input, b: input, a: input, out: nil) == REG_ERROR_NULL)
            for sizes in badSizes {
                #expect(
                    call(w: input, b: input, a: input, sizes: sizes, out: b.out) == REG_ERROR_SIZE,
                    "\(sizes)")
            }
            for sizes in emptySizes {
                #expect(
                    call(w: input, b: input, a: input, sizes: sizes, out: b.out)
                        == REG_ERROR_SHAPE, "\(sizes)")
            }
            for bad in endlessStrides {
                #expect(
                    call(w: input, b: input, a: input, aStrides: bad, out: b.out)
                        == REG_ERROR_SIZE, "\(bad)")
                #expect(
                    call(w: input, b: input, a: input, out: b.out, outStrides: bad)
                        == REG_ERROR_SIZE, "\(bad)")
            }
            for bad in overlappingStrides {
                #expect(
                    call(w: input, b: input, a: input, out: b.out, outStrides: bad)
                        == REG_ERROR_SHAPE, "\(bad)")
            }
            for value in [1000, UInt32.max] {
                #expect(
                    call(
                        w: input, b: input, a: input, activation: reg_activation(rawValue: value),
                        out: b.out) == REG_ERROR_ACTIVATION)
            }
            #expect(b.outputsAreUntouched)
            #expect(call(w: input, b: input, a: input, out: b.out) == REG_OK)
        }
        check(type)
    }

    @Test(arguments: elementTypes) func backward(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let b = Buffers<T>()
            func call(
                sizes: (nOut: Int, nIn: Int, m: Int) = (2, 3, 4), dzStrides: reg_strides? = nil,
                aStrides: reg_strides? = nil, lambda: Double = 0.5, daStrides: reg_strides? = nil
            ) -> reg_status {
                T.abi.backwardL2(
                    b.input, sizes.nOut, sizes.nIn, sizes.m, b.input, dzStrides ?? strides(4, 1),
                    b.input, aStrides ?? strides(4, 1), lambda, b.out, b.out2, b.out3,
                    daStrides ?? strides(4, 1))
            }
            for sizes in badSizes { #expect(call(sizes: sizes) == REG_ERROR_SIZE, "\(sizes)") }
            for sizes in emptySizes { #expect(call(sizes: sizes) == REG_ERROR_SHAPE, "\(sizes)") }
            for bad in endlessStrides {
                #expect(call(dzStrides: bad) == REG_ERROR_SIZE, "\(bad)")
                #expect(call(aStrides: bad) == REG_ERROR_SIZE, "\(bad)")
                #expect(call(daStrides: bad) == REG_ERROR_SIZE, "\(bad)")
            }
            for bad in overlappingStrides {
                #expect(call(daStrides: bad) == REG_ERROR_SHAPE, "\(bad)")
            }
            for lambda in badLambdas { #expect(call(lambda: lambda) == REG_ERROR_LAMBDA) }
            #expect(b.outputsAreUntouched)
            #expect(call() == REG_OK)
        }
        check(type)
    }

    @Test(arguments: elementTypes) func backwardNull(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let b = Buffers<T>()
            func call(
                w: UnsafePointer<T>?, dz: UnsafePointer<T>?, a: UnsafePointer<T>?,
                dw: UnsafeMutablePointer<T>?, db: UnsafeMutablePointer<T>?,
                da: UnsafeMutablePointer<T>?
            ) -> reg_status {
                let rows = strides(4, 1)
                return T.abi.backwardL2(w, 2, 3, 4, dz, rows, a, rows, 0.5, dw, db, da, rows)
            }
            let input = UnsafePointer(b.input)
            let (dw, db, da) = (b.out, b.out2, b.out3)
            #expect(call(w: nil, dz: input, a: input, dw: dw, db: db, da: da) == REG_ERROR_NULL)
            #expect(call(w: input, dz: nil, a: input, dw: dw, db: db, da: da) == REG_ERROR_NULL)
            #expect(call(w: input, dz: input, a: nil, dw: dw, db: db, da: da) == REG_ERROR_NULL)
            // dw and db only together, and at least one output.
            #expect(call(w: input, dz: input, a: input, dw: nil, db: db, da: da) == REG_ERROR_NULL)
            #expect(call(w: input, dz: input, a: input, dw: dw, db: nil, da: da) == REG_ERROR_NULL)
            #expect(
                call(w: input, dz: input, a: input, dw: nil, db: nil, da: nil) == REG_ERROR_NULL)
            #expect(b.outputsAreUntouched)
            #expect(call(w: input, dz: input, a: nil, dw: nil, db: nil, da: da) == REG_OK)
            #expect(call(w: input, dz: input, a: input, dw: dw, db: db, da: nil) == REG_OK)
        }
        check(type)
    }
}
