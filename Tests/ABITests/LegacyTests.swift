import CSwiftReg
import Testing

/// Known answers are NumPy 2.4.6's.
@Suite struct LegacyTests {
    private func seeded(_ seed: UInt32) -> reg_legacy_rng {
        var rng = reg_legacy_rng()
        #expect(reg_legacy_seed(&rng, seed) == REG_OK)
        return rng
    }

    private func uniform(_ rng: inout reg_legacy_rng, _ count: Int) -> [Double] {
        var out = [Double](repeating: 7, count: count + 1)
        #expect(reg_legacy_uniform(&rng, count, &out) == REG_OK)
        #expect(out[count] == 7)
        return out.dropLast()
    }

    private func normal(_ rng: inout reg_legacy_rng, _ count: Int) -> [Double] {
        var out = [Double](repeating: 7, count: count + 1)
        #expect(reg_legacy_normal(&rng, count, &out) == REG_OK)
        #expect(out[count] == 7)
        return out.dropLast()
    }

    private struct KnownAnswers: Sendable {
        var seed: UInt32
        var uniform: [Double]
        var normal: [Double]
        /// Indices among 1000 values: the key of 624 words is renewed after 312 uniforms.
        static let indices = [0, 1, 2, 311, 312, 313, 623, 624, 999]
    }

    private static let knownAnswers = [
        KnownAnswers(
            seed: 0,
            uniform: [
                0.5488135039273248, 0.7151893663724195, 0.6027633760716439, 0.14694664540037505,
                0.07952208258675575, 0.08960303423860538, 0.8130538632474607, 0.97622566345382,
                0.6771411441114241,
            ],
            normal: [
                1.764052345967664, 0.4001572083672233, 0.9787379841057392, 1.0777438059762627,
                -1.1268258087567435, -0.7306777528648248, -0.30224973045507003,
                -0.37514711666128386, -0.35811407547985674,
            ]),
        KnownAnswers(
            seed: 1,
            uniform: [
                0.417022004702574, 0.7203244934421581, 0.00011437481734488664, 0.9096355249515571,
                0.2571182937821962, 0.1108913007440292, 0.6438956443116628, 0.7543059505762987,
                0.7744772660150796,
            ],
            normal: [
                1.6243453636632417, -0.6117564136500754, -0.5281717522634557, 0.30526704024401075,
                1.3887793963702684, -0.6613442431530187, -0.03966870009048212, 0.8858257989659072,
                -0.18695501653274957,
            ]),
        KnownAnswers(
            seed: 3,
            uniform: [
                0.5507979025745755, 0.7081478226181048, 0.2909047389129443, 0.08949499139510886,
                0.4319253188873098, 0.1021342207044883, 0.6947930844864725, 0.4569830826858219,
                0.12469375978064023,
            ],
            normal: [
                1.7886284734303186, 0.43650985051198943, 0.09649746807200862, 0.4530377867748749,
                -0.8555327209832657, -0.039729838595089065, 0.013747012349088417,
                0.5519664082287561, -0.5030752195310859,
            ]),
        KnownAnswers(
            seed: .max,
            uniform: [
                0.0976320289940138, 0.9123828453026218, 0.78903530185164, 0.2845819535787153,
                0.89887815082878, 0.220919050074051, 0.16177415711968401, 0.558929113358157,
                0.556626859384112,
            ],
            normal: [
                0.6484086742306527, 0.6693235306338161, -1.0805437227474493, 0.27115957077458647,
                -0.2896332760582047, -2.53280563924725, -1.1411635092724524, 0.695688558057472,
                0.8396779525796308,
            ]),
    ]

    @Test(arguments: knownAnswers)
    private func drawsAreThoseOfNumPy(answers: KnownAnswers) {
        var rng = seeded(answers.seed)
        let uniforms = uniform(&rng, 1000)
        #expect(KnownAnswers.indices.map { uniforms[$0] } == answers.uniform)
        rng = seeded(answers.seed)
        let normals = normal(&rng, 1000)
        #expect(KnownAnswers.indices.map { normals[$0] } == answers.normal)
    }

    /// numpy.random.seed(7): randn(3), rand(2), randn(2), rand(1). The second value of the second
    /// pair is kept while uniforms are drawn.
    @Test func uniformsAndNormalsMix() {
        var rng = seeded(7)
        #expect(normal(&rng, 3) == [1.690525703800356, -0.4659373705408328, 0.0328201636785844])
        #expect(uniform(&rng, 2) == [0.5011204636599379, 0.07205113335976154])
        #expect(normal(&rng, 2) == [0.40751628299650783, -0.0008903858579313628])
        #expect(uniform(&rng, 1) == [0.6792299961209405])
    }

    @Test func seedingAgainForgetsAll() {
        var rng = seeded(7)
        _ = normal(&rng, 3)
        #expect(reg_legacy_seed(&rng, 1) == REG_OK)
        #expect(normal(&rng, 2) == [1.6243453636632417, -0.6117564136500754])
    }

    @Test(arguments: [[1000], [1, 999], [3, 0, 309, 1, 687], [311, 2, 687], [312, 312, 376]])
    func splitDrawsEqualOneDraw(parts: [Int]) {
        var (whole, split) = (seeded(11), seeded(11))
        let uniforms = uniform(&whole, 1000)
        #expect(parts.flatMap { uniform(&split, $0) } == uniforms)
        let normals = normal(&whole, 1000)
        #expect(parts.flatMap { normal(&split, $0) } == normals)
        #expect(uniform(&split, 1) == uniform(&whole, 1))
    }

    /// The state as documented: `position` words of the key are used, a spare normal is marked.
    @Test func theStateIsAsDocumented() {
        var rng = seeded(1)
        #expect(rng.position == 624 && rng.has_normal == 0)
        // numpy.random.get_state() after seed(1)
        #expect(rng.key.0 == 1 && rng.key.1 == 1_812_433_254)
        _ = uniform(&rng, 1)
        #expect(rng.position == 2)
        rng = seeded(1)
        _ = normal(&rng, 1)
        #expect(rng.has_normal == 1 && rng.normal == -0.6117564136500754)
        #expect(normal(&rng, 1) == [-0.6117564136500754])
        #expect(rng.has_normal == 0)
    }
}
