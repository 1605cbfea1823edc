import CSwiftReg
import Testing

/// Whole networks, trained with the ordinary build, for the sanitizers. Tests/c compares results
/// with formulas.
@Suite struct NetworkTests {
    @Test(arguments: networkTypes) func trainingLearns(_ type: any NetworkElement.Type) {
        func learns<T: NetworkElement>(_: T.Type) {
            for kind in [REG_SGD, REG_MOMENTUM, REG_NESTEROV, REG_ADAM, REG_ADAMW] {
                let network = TrainedNetwork<T>(hidden: 24, keepProb: 0.9)
                let before = network.cost
                network.setOptimizer(kind, learningRate: kind == REG_SGD ? 0.5 : 0.02)
                let (status, result) = network.fit(epochs: 60, batchSize: 32, validates: true)
                #expect(status == REG_OK && result.reason == REG_STOP_EPOCHS)
                #expect(result.epochs == 60 && result.best_epoch >= 1)
                #expect(network.cost < before / 2 && network.cost == result.best_cost)
                #expect(network.accuracy > 0.9)
                #expect(network.predict().gapsAreUntouched)
            }
        }
        learns(type)
    }

    /// Neither the layout nor a division of the epochs changes a bit.
    @Test(arguments: networkTypes) func layoutsAndCalls(_ type: any NetworkElement.Type) {
        func same<T: NetworkElement>(_: T.Type) {
            let expected = TrainedNetwork<T>(hidden: 17, keepProb: 0.5)
            #expect(expected.fit(epochs: 4, batchSize: 70).status == REG_OK)
            for layout in Layout.allCases {
                let network = TrainedNetwork<T>(hidden: 17, keepProb: 0.5, layout: layout)
                for _ in 0..<2 {
                    #expect(network.fit(epochs: 2, batchSize: 70).status == REG_OK)
                }
                #expect(network.parameters.bits == expected.parameters.bits)
                #expect(network.predict().values.bits == expected.predict().values.bits)
            }
        }
        same(type)
    }

    @Test(arguments: networkTypes) func fitIsGradientAndApply(_ type: any NetworkElement.Type) {
        func same<T: NetworkElement>(_: T.Type) {
            let (one, other) = (
                TrainedNetwork<T>(hidden: 9, keepProb: 0.8),
                TrainedNetwork<T>(hidden: 9, keepProb: 0.8)
            )
            for network in [one, other] { network.setOptimizer(REG_ADAM, learningRate: 0.01) }
            #expect(one.fit(epochs: 3).status == REG_OK)
            for _ in 0..<3 {
                #expect(other.withData { T.gradient(other.handle, &$0, nil) } == REG_OK)
                #expect(T.apply(other.handle) == REG_OK)
            }
            #expect(one.parameters.bits == other.parameters.bits)
        }
        same(type)
    }

    /// The report gets its context, and ends the training.
    @Test(arguments: networkTypes) func reports(_ type: any NetworkElement.Type) {
        func stops<T: NetworkElement>(_: T.Type) {
            let network = TrainedNetwork<T>(hidden: 3)
            var epochs: [UInt64] = []
            let (status, result) = withUnsafeMutablePointer(to: &epochs) {
                network.fit(
                    epochs: 10,
                    report: { progress, context in
                        let epochs = context!.assumingMemoryBound(to: [UInt64].self)
                        epochs.pointee.append(progress!.pointee.epoch)
                        return epochs.pointee.count == 4 ? 1 : 0
                    }, context: $0)
            }
            #expect(status == REG_OK && result.reason == REG_STOP_REPORT)
            #expect(epochs == [1, 2, 3, 4])
        }
        stops(type)
    }

    @Test(arguments: networkTypes) func divergenceKeepsWhatWasGood(_ type: any NetworkElement.Type)
    {
        func keeps<T: NetworkElement>(_: T.Type) {
            let network = TrainedNetwork<T>(hidden: 5)
            #expect(network.fit(epochs: 2).status == REG_OK)
            let good = network.parameters
            network.setOptimizer(REG_SGD, learningRate: 1e300)
            let (status, result) = network.fit(epochs: 50)
            #expect(status == REG_ERROR_NOT_FINITE)
            #expect(result.epochs > 0 || network.parameters.bits == good.bits)
            #expect(network.parameters.allSatisfy { $0.isFinite })
        }
        keeps(type)
    }

    @Test(arguments: networkTypes) func errorsLeaveAllAsItWas(_ type: any NetworkElement.Type) {
        func refuse<T: NetworkElement>(_: T.Type) {
            let network = TrainedNetwork<T>(hidden: 5)
            let before = network.parameters
            var cost = 123.0
            #expect(T.cost(network.handle, nil, &cost) == REG_ERROR_NULL)
            #expect(network.withData { T.cost(nil, &$0, &cost) } == REG_ERROR_NULL)
            #expect(network.withData { T.gradient(nil, &$0, &cost) } == REG_ERROR_NULL)
            #expect(
                network.withData { T.fit(network.handle, &$0, nil, nil, nil) } == REG_ERROR_NULL)
            #expect(T.apply(nil) == REG_ERROR_NULL)
            var empty = T.data(0, nil, reg_strides(), nil, reg_strides())
            #expect(T.cost(network.handle, &empty, &cost) == REG_ERROR_SHAPE)
            var many = T.data(overflowing(T.self), nil, reg_strides(), nil, reg_strides())
            #expect(T.cost(network.handle, &many, &cost) == REG_ERROR_SIZE)
            #expect(network.fit(epochs: 1, batchSize: -1).status == REG_ERROR_SIZE)
            #expect(cost == 123 && network.parameters.bits == before.bits)

            var options = reg_network_options()
            var made: OpaquePointer? = network.handle
            #expect(T.create(&options, &made) == REG_ERROR_SIZE && made == nil)
            options.struct_size = MemoryLayout<reg_network_options>.size
            options.layers = 1
            #expect(T.create(&options, &made) == REG_ERROR_NULL && made == nil)
            #expect(T.create(nil, &made) == REG_ERROR_NULL)
            T.destroy(nil)
        }
        refuse(type)
    }
}
