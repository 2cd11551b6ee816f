/// Which traces are recorded: the samplers that OpenTelemetry's `OTEL_TRACES_SAMPLER` names.
public enum TraceSampler: Sendable, Hashable {
    /// `always_on`.
    case alwaysOn
    /// `always_off`.
    case alwaysOff
    /// `traceidratio`: this share of traces, decided by the trace id alone.
    case ratio(Double)
    /// `parentbased_always_on`, the default: as the caller decided; without a caller, yes.
    case parentBasedAlwaysOn
    /// `parentbased_always_off`: as the caller decided; without a caller, no.
    case parentBasedAlwaysOff
    /// `parentbased_traceidratio`: as the caller decided; without a caller, this share.
    case parentBasedRatio(Double)

    /// Whether a span of this trace is recorded.
    public func samples(parent: TraceContext?, traceIDLow: UInt64) -> Bool {
        switch self {
        case .alwaysOn: true
        case .alwaysOff: false
        case .ratio(let share): Self.samples(traceIDLow, share)
        case .parentBasedAlwaysOn: parent?.isSampled ?? true
        case .parentBasedAlwaysOff: parent?.isSampled ?? false
        case .parentBasedRatio(let share): parent?.isSampled ?? Self.samples(traceIDLow, share)
        }
    }

    /// The sampler of a name and its argument; nil if the name is not known or the argument is not a share.
    public init?(name: String, argument: String?) {
        func share() -> Double? {
            guard let argument, !argument.isEmpty else { return 1 }
            return Double(argument).flatMap { (0...1).contains($0) ? $0 : nil }
        }
        switch name.lowercased() {
        case "always_on": self = .alwaysOn
        case "always_off": self = .alwaysOff
        case "parentbased_always_on": self = .parentBasedAlwaysOn
        case "parentbased_always_off": self = .parentBasedAlwaysOff
        case "traceidratio":
            guard let share = share() else { return nil }
            self = .ratio(share)
        case "parentbased_traceidratio":
            guard let share = share() else { return nil }
            self = .parentBasedRatio(share)
        default: return nil
        }
    }

    /// The low 63 bits of the id against the share of their range, as other SDKs do, so that services agree.
    private static func samples(_ traceIDLow: UInt64, _ share: Double) -> Bool {
        if share >= 1 { return true }
        return traceIDLow & (1 << 63 - 1) < UInt64(share * 0x1p63)
    }
}
