import CSwiftReg
import Testing

/// Every error of the elementwise functions. Each case makes one argument of a valid call invalid.
@Suite struct ElementwiseErrorTests {
    @Test(arguments: elementTypes) func dropout(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let b = Buffers<T>()
            func forward(
                a: UnsafePointer<T>?, count: Int = 8, keepProb: Double = 0.5,
                out: UnsafeMutablePointer<T>?
            ) -> reg_status {
                T.abi.forwardDropout(a, count, keepProb, 1, 2, 3, out, b.mask)
            }
            func backward(
                a: UnsafePointer<T>?, count: Int = 8, keepProb: Double = 0.5,
                out: UnsafeMutablePointer<T>?
            ) -> reg_status {
                T.abi.backwardDropout(a, count, keepProb, 1, 2, 3, out)
            }
            for call in [forward, backward] {
                #expect(call(nil, 8, 0.5, b.out) == REG_ERROR_NULL)
                #expect(call(b.input, 8, 0.5, nil) == REG_ERROR_NULL)
                for count in [-1, .min, .max, overflowing(T.self)] {
                    #expect(call(b.input, count, 0.5, b.out) == REG_ERROR_SIZE)
                }
                for keepProb in badKeepProbs {
                    #expect(call(b.input, 8, keepProb, b.out) == REG_ERROR_KEEP_PROB)
                    #expect(call(nil, 0, keepProb, nil) == REG_ERROR_KEEP_PROB)
                }
                #expect(call(nil, 0, 0.5, nil) == REG_OK)
            }
            #expect(b.outputsAreUntouched)
        }
        check(type)
    }

    @Test func maskAndWords() {
        let b = Buffers<Float>()
        #expect(reg_dropout_mask(8, 0.5, 1, 2, 3, nil) == REG_ERROR_NULL)
        for count in [-1, Int.min] {
            #expect(reg_dropout_mask(count, 0.5, 1, 2, 3, b.mask) == REG_ERROR_SIZE)
        }
        for keepProb in badKeepProbs {
            #expect(reg_dropout_mask(8, keepProb, 1, 2, 3, b.mask) == REG_ERROR_KEEP_PROB)
        }
        #expect(reg_dropout_mask(0, 0.5, 1, 2, 3, nil) == REG_OK)
        #expect(reg_philox(8, 1, 2, 3, nil) == REG_ERROR_NULL)
        for count in [-1, .min, .max, overflowing(UInt32.self)] {
            #expect(reg_philox(count, 1, 2, 3, b.words) == REG_ERROR_SIZE)
        }
        #expect(reg_philox(0, 1, 2, 3, nil) == REG_OK)
        #expect(b.outputsAreUntouched)
    }

    @Test(arguments: elementTypes) func applyMask(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let b = Buffers<T>()
            #expect(T.abi.applyMask(nil, b.mask, 8, 0.5, b.out) == REG_ERROR_NULL)
            #expect(T.abi.applyMask(b.input, nil, 8, 0.5, b.out) == REG_ERROR_NULL)
            #expect(T.abi.applyMask(b.input, b.mask, 8, 0.5, nil) == REG_ERROR_NULL)
            for count in [-1, .min, .max, overflowing(T.self)] {
                #expect(T.abi.applyMask(b.input, b.mask, count, 0.5, b.out) == REG_ERROR_SIZE)
            }
            for keepProb in badKeepProbs {
                #expect(T.abi.applyMask(b.input, b.mask, 8, keepProb, b.out) == REG_ERROR_KEEP_PROB)
            }
            #expect(T.abi.applyMask(nil, nil, 0, 0.5, nil) == REG_OK)
            #expect(b.outputsAreUntouched)
        }
        check(type)
    }

    @Test(arguments: elementTypes) func activations(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let b = Buffers<T>()
            let (forward, backward) = (T.abi.forwardActivation, T.abi.backwardActivation)
            #expect(forward(nil, 8, REG_RELU, b.out) == REG_ERROR_NULL)
            #expect(forward(b.input, 8, REG_RELU, nil) == REG_ERROR_NULL)
            #expect(backward(nil, b.input, 8, REG_RELU, b.out) == REG_ERROR_NULL)
            #expect(backward(b.input, nil, 8, REG_RELU, b.out) == REG_ERROR_NULL)
            #expect(backward(b.input, b.input, 8, REG_RELU, nil) == REG_ERROR_NULL)
            for count in [-1, .min, .max, overflowing(T.self)] {
                #expect(forward(b.input, count, REG_RELU, b.out) == REG_ERROR_SIZE)
                #expect(backward(b.input, b.input, count, REG_RELU, b.out) == REG_ERROR_SIZE)
            }
            for value in [1000, UInt32.max] {
                let unknown = reg_activation(rawValue: value)
                #expect(forward(b.input, 8, unknown, b.out) == REG_ERROR_ACTIVATION)
                #expect(backward(b.input, b.input, 8, unknown, b.out) == REG_ERROR_ACTIVATION)
                #expect(forward(nil, 0, unknown, nil) == REG_ERROR_ACTIVATION)
            }
            #expect(forward(nil, 0, REG_SIGMOID, nil) == REG_OK)
            #expect(backward(nil, nil, 0, REG_SIGMOID, nil) == REG_OK)
            #expect(b.outputsAreUntouched)
        }
        check(type)
    }

    @Test(arguments: elementTypes) func elementary(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let b = Buffers<T>()
            #expect(T.abi.elementary(nil, 8, REG_FUNCTION_EXP, b.out) == REG_ERROR_NULL)
            #expect(T.abi.elementary(b.input, 8, REG_FUNCTION_EXP, nil) == REG_ERROR_NULL)
            for count in [-1, .min, .max, overflowing(T.self)] {
                #expect(T.abi.elementary(b.input, count, REG_FUNCTION_LOG, b.out) == REG_ERROR_SIZE)
            }
            for value in [1000, UInt32.max] {
                let unknown = reg_function(rawValue: value)
                #expect(T.abi.elementary(b.input, 8, unknown, b.out) == REG_ERROR_FUNCTION)
            }
            #expect(T.abi.elementary(nil, 0, REG_FUNCTION_TANH, nil) == REG_OK)
            #expect(b.outputsAreUntouched)
        }
        check(type)
    }

    @Test(arguments: elementTypes) func update(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let b = Buffers<T>()
            #expect(T.abi.update(nil, b.input, 8, 0.1, b.out) == REG_ERROR_NULL)
            #expect(T.abi.update(b.input, nil, 8, 0.1, b.out) == REG_ERROR_NULL)
            #expect(T.abi.update(b.input, b.input, 8, 0.1, nil) == REG_ERROR_NULL)
            for count in [-1, .min, .max, overflowing(T.self)] {
                #expect(T.abi.update(b.input, b.input, count, 0.1, b.out) == REG_ERROR_SIZE)
            }
            for rate in [Double.nan, .infinity, -.infinity] {
                #expect(T.abi.update(b.input, b.input, 8, rate, b.out) == REG_ERROR_LEARNING_RATE)
            }
            #expect(T.abi.update(nil, nil, 0, 0.1, nil) == REG_OK)
            #expect(b.outputsAreUntouched)
        }
        check(type)
    }
}
