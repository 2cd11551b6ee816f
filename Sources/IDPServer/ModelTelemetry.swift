internal import Dependencies
internal import Logging
internal import Observability
internal import OutboundHTTP
internal import Pipeline

/// What the language model's part in runs is, as metrics and log lines. Its attempts are counted as those of every
/// dependency are.
struct ModelTelemetry: Sendable {
    private let inputTokens: MetricCounter
    private let outputTokens: MetricCounter
    private let findings: CounterFamily
    private let logger: Logger

    init(registry: MetricRegistry, logger: Logger) {
        let tokens = registry.counterFamily(
            "idp_llm_tokens_total", help: "Tokens of the language model, as its endpoint counts them.",
            labels: ["type"])
        inputTokens = tokens.with("input")
        outputTokens = tokens.with("output")
        findings = registry.counterFamily(
            "idp_llm_findings_total", help: "Fields that the language model was asked about, by whose answer stands.",
            labels: ["field", "outcome"])
        for field in Consultation.Field.allCases {
            for outcome in Consultation.Outcome.allCases { _ = findings.with(field.rawValue, outcome.rawValue) }
        }
        self.logger = logger
    }

    /// For `ChatCompletions`.
    func used(_ usage: ChatCompletions.Usage) {
        inputTokens.increment(by: UInt64(usage.input))
        outputTokens.increment(by: UInt64(usage.output))
    }

    /// For `SecondReader`.
    var hooks: SecondReader.Hooks {
        SecondReader.Hooks(
            consulted: { findings.with($0.field.rawValue, $0.outcome.rawValue).increment() },
            failed: { run, failure in
                logger.warning(
                    "the language model gave no answer, the rules' stands",
                    metadata: ["run_id": "\(run)", "outcome": "\(failure.outcome)"])
            })
    }
}

extension SecondReader {
    /// The model that the settings name, over the types that count.
    init(
        _ settings: Settings.Model, _ outbound: HTTPClient, _ catalog: DocumentTypeCatalog,
        dependencies: DependencyTelemetry, registry: MetricRegistry, logger: Logger
    ) {
        let telemetry = ModelTelemetry(registry: registry, logger: logger)
        self.init(
            model: ChatCompletions(
                settings.endpoint, http: outbound, telemetry: dependencies, onUsage: telemetry.used),
            catalog: catalog, askBelow: settings.askBelow, hooks: telemetry.hooks)
    }
}
