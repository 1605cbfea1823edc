import CSwiftReg
import Network

@c @implementation
public func reg_legacy_seed(_ rng: UnsafeMutablePointer<reg_legacy_rng>?, _ seed: UInt32)
    -> reg_status
{
    status { () throws(Failure) in
        let rng = try output(rng, 1, "rng")
        rng.save(LegacyGenerator(key: rng.key, seed: seed))
    }
}

@c @implementation
public func reg_legacy_uniform(
    _ rng: UnsafeMutablePointer<reg_legacy_rng>?, _ count: Int, _ out: UnsafeMutablePointer<Double>?
) -> reg_status {
    fill(rng, count, out) { (generator: inout LegacyGenerator) in generator.uniform() }
}

@c @implementation
public func reg_legacy_normal(
    _ rng: UnsafeMutablePointer<reg_legacy_rng>?, _ count: Int, _ out: UnsafeMutablePointer<Double>?
) -> reg_status {
    fill(rng, count, out) { (generator: inout LegacyGenerator) in generator.normal() }
}

private func fill(
    _ rng: UnsafeMutablePointer<reg_legacy_rng>?, _ count: Int,
    _ out: UnsafeMutablePointer<Double>?, _ next: (inout LegacyGenerator) -> Double
) -> reg_status {
    status { () throws(Failure) in
        let count = try elements(Double.self, Size(count, "count"))
        let (rng, out) = (try output(rng, 1, "rng"), try output(out, count, "out"))
        var generator = try rng.load()
        for i in 0..<count { out[i] = next(&generator) }
        rng.save(generator)
    }
}

extension UnsafeMutablePointer where Pointee == reg_legacy_rng {
    fileprivate var key: UnsafeMutablePointer<UInt32> {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: UInt32.self)
    }

    /// A seeded state has a position in its key and words that are not all 0.
    fileprivate func load() throws(Failure) -> LegacyGenerator {
        let position = Int(pointee.position)
        try require(
            (0...LegacyGenerator.size).contains(position), else: REG_ERROR_STATE, "rng",
            "was never seeded")
        var isSeeded = false
        for i in 0..<LegacyGenerator.size where key[i] != 0 {
            isSeeded = true
            break
        }
        try require(isSeeded, else: REG_ERROR_STATE, "rng", "was never seeded")
        return LegacyGenerator(
            key: key, position: position, spare: pointee.has_normal == 1 ? pointee.normal : nil)
    }

    fileprivate func save(_ generator: LegacyGenerator) {
        pointee.position = Int32(generator.position)
        pointee.has_normal = generator.spare == nil ? 0 : 1
        pointee.normal = generator.spare ?? 0
    }
}
