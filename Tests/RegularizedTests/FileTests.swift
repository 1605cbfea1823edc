import CSwiftReg
import Foundation
import Regularized
import Testing

@Suite struct FileTests {
    /// A network that was saved goes on as if it had not been.
    struct GoesOn: ForBothTypes {
        func run<T: NetworkScalar>(_: T.Type) throws {
            let points = Points<T>(60)
            let fit = FitOptions(epochs: 3, batchSize: 16, shuffle: true)
            let network = try Network<T>(
                [2, 6, 1], options: TrainingTests.options, optimizer: TrainingTests.adam)
            try network.fit(points.examples, options: fit)
            let path = NSTemporaryDirectory() + "regularized-\(UUID().uuidString).safetensors"
            defer { unlink(path) }
            try network.save(to: path)
            let copies = [
                try Network<T>(serialized: network.serialized()), try network.copy(),
                try Network<T>(contentsOf: path),
                try JSONDecoder().decode(Network<T>.self, from: JSONEncoder().encode(network)),
                try PropertyListDecoder().decode(
                    [Network<T>].self, from: PropertyListEncoder().encode([network]))[0],
            ]
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(network.serialized()))
            try network.fit(points.examples, options: fit)
            for copy in copies {
                try copy.fit(points.examples, options: fit)
                #expect(try copy.serialized() == network.serialized())
            }
        }
    }

    @Test func savedNetworksGoOn() throws { try GoesOn()() }

    @Test func damagedBytes() throws {
        var bytes = try Network<Float>([2, 3, 1]).serialized()
        let other = failure { () throws(NetworkError) in try Network<Double>(serialized: bytes) }
        #expect(other?.kind == .format)
        bytes.removeLast()
        #expect(
            failure { () throws(NetworkError) in try Network<Float>(serialized: bytes) }?.kind
                == .format)
        #expect(
            failure { () throws(NetworkError) in try Network<Float>(serialized: []) }?.kind
                == .format)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Network<Float>.self, from: Data(#""AAAA""#.utf8))
        }
        let missing = failure { () throws(NetworkError) in
            try Network<Float>(contentsOf: "/nowhere/network")
        }
        #expect(missing?.kind == .file)
        #expect(missing?.description == "No such file or directory")
        let network = try Network<Float>([2, 3, 1])
        #expect(
            failure { () throws(NetworkError) in try network.save(to: "/nowhere/network") }?.kind
                == .file)
        let name = failure { () throws(NetworkError) in
            try network.exportC(to: "/tmp/x.c", name: "9x")
        }
        #expect(name?.argument == "name")
    }

    @Test func exportsC() throws {
        let path = NSTemporaryDirectory() + "regularized-\(UUID().uuidString)"
        defer { for suffix in [".c", ".h"] { unlink(path + suffix) } }
        func text(_ suffix: String) throws -> String {
            try String(contentsOfFile: path + suffix, encoding: .utf8)
        }
        let network = try Network<Float>([2, 3, 1])
        try network.exportC(to: path + ".c", name: "circle")
        #expect(try text(".c").contains("void circle(const float"))
        #expect(try !text(".c").contains("circle_block"))
        try network.exportC(
            to: path + ".c", name: "circle", precision: .float64, header: path + ".h", block: true)
        #expect(try text(".h").contains("void circle(const double"))
        #expect(try text(".h").contains("void circle_block(const double"))
    }
}
