import Observability
import Testing

/// OpenTelemetry's samplers by name, and what they decide.
struct SamplerTests {
    private let sampled = TraceContext(traceIDHigh: 1, traceIDLow: 1, spanID: 1, flags: 1)
    private let unsampled = TraceContext(traceIDHigh: 1, traceIDLow: 1, spanID: 1, flags: 0)

    @Test func parentsDecideWhereTheNameSaysSo() {
        let cases: [(TraceSampler, root: Bool, sampled: Bool, unsampled: Bool)] = [
            (.alwaysOn, true, true, true), (.alwaysOff, false, false, false),
            (.parentBasedAlwaysOn, true, true, false), (.parentBasedAlwaysOff, false, true, false),
            (.parentBasedRatio(0), false, true, false), (.parentBasedRatio(1), true, true, false),
            (.ratio(0), false, false, false), (.ratio(1), true, true, true),
        ]
        for (sampler, root, withSampled, withUnsampled) in cases {
            #expect(sampler.samples(parent: nil, traceIDLow: 1 << 62) == root, "\(sampler)")
            #expect(sampler.samples(parent: sampled, traceIDLow: 1 << 62) == withSampled, "\(sampler)")
            #expect(sampler.samples(parent: unsampled, traceIDLow: 1 << 62) == withUnsampled, "\(sampler)")
        }
    }

    @Test func aShareIsAShareAndTheSameForATrace() {
        let generator = IdentifierGenerator(seed: (3, 4))
        let ids = (0..<100_000).map { _ in generator.next64() }
        let sampler = TraceSampler.ratio(0.1)
        let taken = ids.filter { sampler.samples(parent: nil, traceIDLow: $0) }
        #expect((9_000...11_000).contains(taken.count), "\(taken.count)")
        // A larger share takes all that a smaller one takes, so that services with other shares agree.
        #expect(taken.allSatisfy { TraceSampler.ratio(0.2).samples(parent: nil, traceIDLow: $0) })
    }

    @Test(arguments: [
        ("always_on", nil, TraceSampler.alwaysOn), ("ALWAYS_OFF", "ignored", .alwaysOff),
        ("traceidratio", "0.25", .ratio(0.25)), ("traceidratio", nil, .ratio(1)),
        ("parentbased_traceidratio", "0", .parentBasedRatio(0)), ("parentbased_always_off", nil, .parentBasedAlwaysOff),
        ("traceidratio", "1.5", nil), ("traceidratio", "x", nil), ("jaeger_remote", nil, nil), ("", nil, nil),
    ] as [(String, String?, TraceSampler?)])
    func namesAreOpenTelemetrys(name: String, argument: String?, expected: TraceSampler?) {
        #expect(TraceSampler(name: name, argument: argument) == expected)
    }
}
