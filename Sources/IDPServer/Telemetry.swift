internal import CoreMetrics
internal import Foundation
internal import Logging
internal import Observability
internal import Tracing

/// Logs, metrics and traces of the process, made first and ended last.
struct Telemetry: Sendable {
    let registry: MetricRegistry
    let sink: LogSink
    let tracing: TracingSystem
    /// nil where metrics are only scraped.
    private let pusher: MetricPusher?
    let logger: Logger
    /// The level of `IDP_LOG_LEVEL`.
    let level: Logger.Level

    /// Makes the back ends and bootstraps the field's facades onto them, once a process.
    ///
    /// - Parameter lanes: exclusive metric lanes that the service will ask for.
    init(settings: Settings, environment: [String: String], lanes: Int) throws {
        registry = MetricRegistry(exclusiveLanes: lanes)
        let sink = LogSink(lanes: lanes)
        self.sink = sink
        let level = Logger.Level(rawValue: settings.observability.logLevel.lowercased()) ?? .info
        self.level = level
        LoggingSystem.bootstrap { label in
            JSONLogHandler(label: label, level: level, sink: sink, unixMilliseconds: WallClock.milliseconds)
        }
        MetricsSystem.bootstrap(RegistryMetricsFactory(registry: registry))
        logger = Logger(label: "idp")
        tracing = try Self.makeTracing(settings, environment, registry: registry, logger: logger)
        InstrumentationSystem.bootstrap(TracingBackend(tracing))
        pusher = try Self.makePusher(settings, environment, registry: registry, logger: logger)
        pusher?.begin()
        ProcessMetrics.register(in: registry)
        registry.registerBuildInfo(version: BuildInfo.version, revision: BuildInfo.revision)
        sink.register(in: registry)
    }

    /// Ends telemetry: what was recorded is sent, what was logged is written.
    func shutdown(by deadline: Deadline) {
        pusher?.shutdown(by: deadline)
        if !tracing.shutdown(by: deadline) { logger.warning("spans were left unsent") }
        _ = sink.flush(by: .after(.seconds(2)))
    }

    private static func makeTracing(
        _ settings: Settings, _ environment: [String: String], registry: MetricRegistry, logger: Logger
    ) throws -> TracingSystem {
        var values = Self.openTelemetry(settings, environment)
        if settings.observability.isTracingEnabled { values["IDP_TRACING_ENABLED"] = "true" }
        let configuration = TracingConfiguration(environment: values, serviceName: settings.service.name)
        guard configuration.mistakes.isEmpty else {
            throw ServiceError(.internalProcessingError, configuration.mistakes.joined(separator: "\n"))
        }
        guard configuration.isEnabled else { return .disabled }
        var exporting = OTLPClient.Configuration(url: configuration.url)
        exporting.fields = configuration.fields
        exporting.timeout = configuration.timeout
        exporting.usesGzip = configuration.usesGzip
        exporting.resource = configuration.resource + Self.resource(settings)
        let exporter = OTLPSpanExporter(
            OTLPClient(exporting, transport: CollectorTransport(certificateFile: configuration.certificateFile)),
            onFailure: { failure in
                logger.warning("spans were not taken by the collector", metadata: ["cause": "\(failure)"])
            })
        let processor = BatchSpanProcessor(configuration.batch, exporter: exporter)
        processor.register(in: registry)
        logger.info("tracing is on")
        return TracingSystem(
            TracingSystem.Parts(sampler: configuration.sampler, processor: processor, now: WallClock.nanoseconds))
    }

    private static func makePusher(
        _ settings: Settings, _ environment: [String: String], registry: MetricRegistry, logger: Logger
    ) throws -> MetricPusher? {
        let configuration = MetricPushConfiguration(
            environment: openTelemetry(settings, environment), serviceName: settings.service.name)
        guard configuration.mistakes.isEmpty else {
            throw ServiceError(.internalProcessingError, configuration.mistakes.joined(separator: "\n"))
        }
        guard configuration.isEnabled else { return nil }
        var exporting = configuration.client
        exporting.resource += resource(settings)
        logger.info("metrics are pushed")
        return MetricPusher(
            configuration,
            client: OTLPClient(
                exporting, transport: CollectorTransport(certificateFile: configuration.certificateFile)),
            registry: registry, now: WallClock.nanoseconds,
            onFailure: { failure in
                logger.warning("metrics were not taken by the collector", metadata: ["cause": "\(failure)"])
            })
    }

    /// Settings have been checked; what stands in them wins over the bare environment.
    private static func openTelemetry(_ settings: Settings, _ environment: [String: String]) -> [String: String] {
        environment.merging(settings.observability.openTelemetry) { $1 }
    }

    private static func resource(_ settings: Settings) -> [RecordedSpan.Attribute] {
        [.init("deployment.environment.name", settings.service.environment)]
    }
}
