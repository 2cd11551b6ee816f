internal import EventHTTP
internal import Foundation
internal import Logging
internal import Observability
internal import Pipeline

/// The listening fronts: the service's own and, when `IDP_METRICS_PORT` says so, one more for `/metrics`.
final class Servers: Sendable {
    private let main: HTTPServer
    private let scrape: HTTPServer?

    init(
        settings: Settings, telemetry: Telemetry, runs: RunService, spool: UploadSpool, readiness: ReadinessBoard,
        pipeline: DocumentPipeline, source: S3Source?, access: AccessControl?, loopStates: [LoopState]
    ) {
        let front = settings.front
        let intake = Intake(
            spool: spool, uploadBytesMax: front.uploadBytesMax, processTimeout: settings.jobs.processTimeout,
            runs: runs, source: source)
        let events = RunEvents(
            runs: runs, limit: settings.jobs.eventStreamsMax, heartbeat: settings.jobs.eventHeartbeat)
        telemetry.registry.observedGauge("idp_event_streams", help: "Open event streams.") { Double(events.count) }
        telemetry.registry.observedGauge("idp_temp_bytes", help: "Bytes of uploads in the spool.") {
            Double(spool.bytesInUse)
        }
        let metricsRoutes = MetricsRoute(registry: telemetry.registry).routes
        let load = LoadRoutes(spool: spool, uploadBytesMax: front.uploadBytesMax, registry: telemetry.registry)
        let probeRoutes = front.isProbeOn ? EchoRoute(bodyBytesMax: front.uploadBytesMax).routes + load.routes : []
        let routes =
            HealthRoutes(serviceName: settings.service.name, readiness: readiness).routes
            + (front.metricsPort == nil ? metricsRoutes : [])
            + ProcessRoute(runs: runs, intake: intake).routes
            + JobRoutes(runs: runs, intake: intake, events: events).routes
            + CallbackRoutes(runs: runs).routes
            + PageRoutes(
                runs: runs, pictures: PagePictures(painter: pipeline, width: settings.documents.workers)
            ).routes
            + ConsoleRoutes().routes + probeRoutes
        let description = OpenAPIRoute(
            describing: routes.map(\.description), serviceName: settings.service.name, security: APISecurity(settings))
        let wiring = Wiring(settings: settings, telemetry: telemetry)
        main = wiring.makeServer(
            routes + description.routes, port: front.port, tls: front.tls, unixSocket: front.unixSocket,
            access: access, loopStates: loopStates)
        scrape = front.metricsPort.map { port in
            wiring.makeServer(metricsRoutes, port: port, loopStates: [LoopState(lane: .shared)])
        }
        wiring.register(main, scheme: front.tls == nil ? "http" : "https")
    }

    /// The port that the service listens on.
    var port: UInt16 { main.port }

    func start() throws {
        try main.start()
        try scrape?.start()
    }

    /// Reads the files of TLS again, for handshakes from now on. Throws `HTTPServerError`; then all is as it was.
    func reloadTLS() throws {
        try main.reloadTLS()
    }

    /// Takes nothing new and waits for open exchanges. Blocks.
    func drain(by instant: ContinuousClock.Instant) {
        main.drain(by: instant)
    }

    /// Ends the loops. Metrics can be scraped to the last.
    func stop() {
        main.stop()
        scrape?.drain(by: .now)
        scrape?.stop()
    }
}

/// How a front is made of routes.
private struct Wiring {
    let settings: Settings
    let telemetry: Telemetry
    let metrics: HTTPMetrics
    let observer: RequestObserver
    let queue: RequestQueue<Call>

    init(settings: Settings, telemetry: Telemetry) {
        self.settings = settings
        self.telemetry = telemetry
        metrics = HTTPMetrics(telemetry.registry)
        observer = RequestObserver(
            tracing: telemetry.tracing,
            accessLog: AccessLog(sink: telemetry.sink, isOn: telemetry.level <= .info, now: WallClock.milliseconds),
            auditLog: settings.authentication.method == .none
                ? nil : AuditLog(sink: telemetry.sink, now: WallClock.milliseconds))
        let queue = RequestQueue<Call>(width: max(2, min(4, settings.front.loops))) { $0.run() }
        self.queue = queue
        telemetry.registry.observedGauge(
            "idp_request_queue_depth", help: "Requests whose handler waits or runs on the request queue."
        ) { Double(queue.depth) }
    }

    func makeServer(
        _ routes: [Route], port: Int, tls: TLSConfiguration? = nil, unixSocket: UnixSocketAddress? = nil,
        access: AccessControl? = nil, loopStates: [LoopState]
    ) -> HTTPServer {
        let scheme = tls == nil ? "http" : "https"
        let router = Router(
            table: RouteTable(
                routes, metrics: metrics, scheme: scheme, exempt: settings.authentication.exemptTemplates),
            unmatched: UnmatchedMetrics(metrics, scheme: scheme),
            loops: loopStates, observer: observer, queue: queue, access: access)
        let logger = telemetry.logger
        var configuration = HTTPServerConfiguration(
            host: settings.front.host, port: UInt16(port), loops: loopStates.count,
            currentTime: { Int(WallClock.milliseconds() / 1000) },
            log: { level, text in
                switch level {
                case .debug: logger.debug("front", metadata: ["event": "\(text)"])
                case .notice: logger.notice("front", metadata: ["event": "\(text)"])
                case .warning: logger.warning("front", metadata: ["event": "\(text)"])
                case .error: logger.error("front", metadata: ["event": "\(text)"])
                }
            })
        configuration.limits = ServerLimits(settings)
        configuration.tls = tls
        configuration.unixSocket = unixSocket
        if configuration.limits.connections < settings.front.connectionsMax {
            logger.warning(
                "fewer connections than IDP_MAX_CONNECTIONS: the process may open too few files",
                metadata: ["connections": "\(configuration.limits.connections)"])
        }
        configuration.isFastLaneOn = settings.front.isFastLaneOn
        return HTTPServer(configuration, responder: router)
    }

    /// What the front counts by itself.
    func register(_ server: HTTPServer, scheme: String) {
        let registry = telemetry.registry
        registry.observedGauge("idp_connections", help: "Open connections.") {
            Double(server.statistics().connectionsOpen)
        }
        registry.observedCounter("idp_connections_accepted_total", help: "Connections accepted.") {
            Double(server.statistics().connectionsAccepted)
        }
        registry.observedCounterFamily(
            "idp_connections_refused_total", help: "Connections not accepted, by the limit that was reached.",
            labels: ["reason"]
        ) {
            let now = server.statistics()
            return [
                MetricSample(labels: ["capacity"], value: Double(now.refusedByCapacity)),
                MetricSample(labels: ["address"], value: Double(now.refusedByAddress)),
                MetricSample(labels: ["descriptors"], value: Double(now.refusedByDescriptors)),
            ]
        }
        registry.observedCounterFamily(
            "idp_tls_handshakes_total", help: "TLS handshakes, by how they ended.", labels: ["outcome"]
        ) {
            let handshakes = server.statistics().handshakes
            return TLSHandshakeOutcome.allCases.map {
                MetricSample(labels: [$0.rawValue], value: Double(handshakes[$0] ?? 0))
            }
        }
        registry.observedCounterFamily(
            "idp_limits_reached_total", help: "How often a client ran into a limit of the front, by limit.",
            labels: ["limit"]
        ) {
            let reached = server.statistics().limitsReached
            return FrontLimit.allCases.map { MetricSample(labels: [$0.name], value: Double(reached[$0] ?? 0)) }
        }
        registry.observedGaugeFamily(
            "http_server_active_requests",
            help: "Requests being answered (OpenTelemetry http.server.active_requests).",
            labels: ["http_request_method", "url_scheme"]
        ) {
            let inFlight = server.statistics().requestsInFlightByMethod
            return HTTPMethod.allCases.map {
                MetricSample(labels: ["\($0.name)", scheme], value: Double(inFlight[Int($0.rawValue)]))
            }
        }
    }
}

extension ServerLimits {
    /// The front's limits as they were set.
    init(_ settings: Settings) {
        self.init()
        let front = settings.front
        headBytes = front.headBytesMax
        targetBytes = front.targetBytesMax
        fields = front.fieldsMax
        headTime = front.headTimeout
        bodyTime = front.bodyTimeout
        bodyRateMin = front.bodyRateMin
        idleTime = front.idleTimeout
        writeStallTime = front.writeTimeout
        connections = DescriptorLimit.connections(wanted: front.connectionsMax)
        connectionsPerAddress = front.connectionsPerAddressMax
        // A handler ends by its own deadline; the front's is the backstop.
        handlerTime = max(settings.jobs.processTimeout, .seconds(JobRoutes.waitMax)) + .seconds(15)
    }
}
