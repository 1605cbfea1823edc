import CSwiftReg
import Testing

@Suite struct CostErrorTests {
    @Test(arguments: elementTypes) func cost(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let b = Buffers<T>()
            let (a, y, cost, ignored) = (b.input, b.input, b.cost, b.ignored)
            #expect(T.abi.cost(nil, y, 1, 8, cost, ignored) == REG_ERROR_NULL)
            #expect(T.abi.cost(a, nil, 1, 8, cost, ignored) == REG_ERROR_NULL)
            #expect(T.abi.cost(a, y, 1, 8, nil, ignored) == REG_ERROR_NULL)
            let badSizes = [
                (-1, 8), (1, -8), (-1, -8), (.min, 1), (.max, 1), (1, .max), (.max, .max),
                (2, .max), (1 << 32, 1 << 32), (1, overflowing(T.self)), (-1, 0), (0, -1),
            ]
            for (nOut, m) in badSizes {
                #expect(T.abi.cost(a, y, nOut, m, cost, ignored) == REG_ERROR_SIZE)
            }
            for (nOut, m) in [(0, 8), (1, 0), (0, 0), (0, .max)] {
                #expect(T.abi.cost(a, y, nOut, m, cost, ignored) == REG_ERROR_SHAPE)
            }
            #expect(b.outputsAreUntouched)
        }
        check(type)
    }

    @Test(arguments: elementTypes) func costL2(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let b = Buffers<T>()
            let good: [UnsafePointer<T>?] = [UnsafePointer(b.input), UnsafePointer(b.input)]
            func call(
                m: Int = 8, weights: UnsafePointer<UnsafePointer<T>?>?,
                counts: UnsafePointer<Int>?, layers: Int = 2, lambda: Double = 0.1
            ) -> reg_status {
                T.abi.costL2(
                    b.input, b.input, 1, m, weights, counts, layers, lambda, b.cost, b.ignored)
            }
            for lambda in badLambdas {
                #expect(call(weights: good, counts: [3, 4], lambda: lambda) == REG_ERROR_LAMBDA)
            }
            #expect(call(weights: nil, counts: [3, 4]) == REG_ERROR_NULL)
            #expect(call(weights: good, counts: nil) == REG_ERROR_NULL)
            #expect(call(weights: [good[0], nil], counts: [3, 4]) == REG_ERROR_NULL)
            #expect(call(weights: good, counts: [3, 4], layers: -1) == REG_ERROR_SIZE)
            #expect(call(weights: good, counts: [3, 4], layers: .max) == REG_ERROR_SIZE)
            for count in [-1, .min, .max, overflowing(T.self)] {
                #expect(call(weights: good, counts: [3, count]) == REG_ERROR_SIZE)
            }
            #expect(call(m: 0, weights: good, counts: [3, 4]) == REG_ERROR_SHAPE)
            #expect(call(m: -1, weights: good, counts: [3, 4]) == REG_ERROR_SIZE)
            let (l2, a) = (T.abi.costL2, b.input)
            #expect(l2(nil, a, 1, 8, good, [3, 4], 2, 1, b.cost, b.ignored) == REG_ERROR_NULL)
            #expect(l2(a, nil, 1, 8, good, [3, 4], 2, 1, b.cost, b.ignored) == REG_ERROR_NULL)
            #expect(l2(a, a, 1, 8, good, [3, 4], 2, 1, nil, b.ignored) == REG_ERROR_NULL)
            #expect(b.outputsAreUntouched)
            // No matrices are not an error.
            #expect(call(weights: nil, counts: nil, layers: 0) == REG_OK)
        }
        check(type)
    }

    @Test(arguments: elementTypes) func backwardCost(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let b = Buffers<T>()
            #expect(T.abi.backwardCost(nil, b.input, 8, b.out) == REG_ERROR_NULL)
            #expect(T.abi.backwardCost(b.input, nil, 8, b.out) == REG_ERROR_NULL)
            #expect(T.abi.backwardCost(b.input, b.input, 8, nil) == REG_ERROR_NULL)
            for count in [-1, .min, .max, overflowing(T.self)] {
                #expect(T.abi.backwardCost(b.input, b.input, count, b.out) == REG_ERROR_SIZE)
            }
            #expect(T.abi.backwardCost(nil, nil, 0, nil) == REG_OK)
            #expect(b.outputsAreUntouched)
        }
        check(type)
    }
}
