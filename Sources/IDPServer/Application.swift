internal import Dependencies
internal import Dispatch
internal import EventHTTP
internal import Foundation
internal import Logging
internal import Observability
internal import OutboundHTTP
internal import Pipeline

extension HTTPClient {
    /// A client of other services, as the settings want it.
    convenience init(_ outbound: Settings.Outbound) {
        var configuration = HTTPClient.Configuration()
        configuration.certificateAuthorityFile = outbound.certificateAuthorityFile
        configuration.userAgent = "idp-server/\(BuildInfo.version)"
        self.init(configuration)
    }
}

extension DocumentPipeline {
    /// The pipeline as the settings want it, with the second reader that they name.
    fileprivate convenience init(
        pool: DocumentWorkerPool, rules: DocumentRules, settings: Settings, telemetry: Telemetry,
        dependencies: DependencyTelemetry, simulation: StageSimulation?, hooks: Hooks
    ) {
        let secondReader = settings.model.map {
            SecondReader(
                $0, HTTPClient(settings.outbound), rules.catalog, dependencies: dependencies,
                registry: telemetry.registry, logger: telemetry.logger)
        }
        self.init(
            pool: pool, rules: rules, maxPages: settings.documents.pagesMax,
            reviewBelow: settings.documents.reviewBelow, secondReader: secondReader, simulation: simulation,
            faults: dependencies.faults, hooks: hooks)
    }
}

extension DocumentWorkerPool {
    /// Shows in the registry what the workers do.
    fileprivate func observe(in registry: MetricRegistry) {
        registry.observedGaugeFamily(
            "idp_workers", help: "Document workers, by what they do.", labels: ["state"]
        ) { [self] in
            [
                MetricSample(labels: ["idle"], value: Double(idle)),
                MetricSample(labels: ["busy"], value: Double(busy)),
            ]
        }
        registry.observedGauge(
            "idp_worker_waiters", help: "Operations that wait for a document worker."
        ) { [self] in Double(waiting) }
    }
}

extension CallbackDispatcher {
    /// The dispatcher as the settings want it; nil where they hold no secret to sign with.
    fileprivate convenience init?(
        _ settings: Settings, store: any JobStore, telemetry: Telemetry, dependencies: DependencyTelemetry
    ) {
        guard let secrets = settings.callbacks.secrets else { return nil }
        self.init(
            store: store,
            sender: CallbackSender(
                settings.callbacks, secrets: secrets, http: HTTPClient(settings.outbound), telemetry: dependencies,
                now: Timestamp.now),
            schedule: settings.callbacks.schedule, width: settings.callbacks.concurrency,
            registry: telemetry.registry, logger: telemetry.logger)
    }
}

/// The composed service: everything that runs, made from settings, started and stopped in order.
///
/// Start: telemetry, document workers, store and recovery, front. Stop, at SIGTERM or SIGINT: not ready; (grace for
/// balancers); no new work; the front finishes its open exchanges while runs end or go back to the queue; front freed;
/// workers ended; spans and logs flushed. A second signal ends the process at once.
/// SIGHUP reads certificates and the keys of callers again, where there are any.
final class Application: Sendable {
    let settings: Settings
    let telemetry: Telemetry
    let runs: RunService
    private let pool: DocumentWorkerPool
    private let spool: UploadSpool
    private let readiness: ReadinessBoard
    private let servers: Servers
    private let access: AccessControl?
    /// Nil where no requests come from Kafka.
    private let ingest: KafkaIngest?
    private let control = DispatchQueue(label: "idp.control")
    private let signals: TerminationSignals

    /// - Throws: a `ServiceError`, or what made a part impossible (a folder, a store, a types file).
    init(settings: Settings, environment: [String: String]) throws {
        self.settings = settings
        let loops = settings.front.loops
        telemetry = try Telemetry(
            settings: settings, environment: environment, lanes: loops + RunService.laneCount(settings))
        let registry = telemetry.registry
        let logger = telemetry.logger
        let loopStates = (0..<loops).map { _ in LoopState(lane: registry.makeLane()) }

        let pipelineTelemetry = PipelineTelemetry(registry: registry, tracing: telemetry.tracing, logger: logger)
        pool = try DocumentWorkerPool(
            DocumentWorkerPool.Settings(settings.documents), onEvent: pipelineTelemetry.poolEvent)
        pool.observe(in: registry)
        let loadTest = LoadTestTelemetry(settings.loadTest, registry: registry)
        loadTest.warn(logger)
        let dependencies = DependencyTelemetry(
            registry: registry, tracing: telemetry.tracing, logger: logger, unixMilliseconds: WallClock.milliseconds,
            faults: loadTest.makeInjector())
        let pipeline = DocumentPipeline(
            pool: pool, rules: try DocumentRules(settings.documents), settings: settings, telemetry: telemetry,
            dependencies: dependencies, simulation: loadTest.simulation, hooks: pipelineTelemetry.hooks)
        let s3 = settings.storage.s3.map { configuration in
            S3Client(configuration, http: HTTPClient(settings.outbound), telemetry: dependencies)
        }
        let artifacts = try DiskArtifactStore(
            runsDirectory: settings.storage.runsDirectory, isShared: settings.storage.isShared)
        let store = try JobStores.open(settings.storage, artifacts: artifacts, registry: registry)
        let remote = s3.flatMap { client in
            settings.storage.artifacts.map {
                S3Artifacts($0, client: client, local: artifacts, registry: registry, logger: logger)
            }
        }
        let callbacks = CallbackDispatcher(settings, store: store, telemetry: telemetry, dependencies: dependencies)
        runs = RunService(
            settings: settings, judge: TracedJudge(pipeline: pipeline, tracing: telemetry.tracing), store: store,
            artifacts: artifacts, remote: remote, callbacks: callbacks,
            registry: registry, logger: logger,
            lanes: (0..<RunService.laneCount(settings)).map { _ in registry.makeLane() })
        spool = try UploadSpool(directory: artifacts.spoolDirectory)
        let source = s3.map { client in
            S3Source(
                client, buckets: settings.storage.s3Buckets, directory: artifacts.spoolDirectory,
                bytesMax: settings.front.uploadBytesMax)
        }
        readiness = ReadinessBoard(serviceName: settings.service.name)
        access = try AccessControl.make(
            settings, registry: registry, dependencies: dependencies, logger: logger)
        servers = Servers(
            settings: settings, telemetry: telemetry, runs: runs, spool: spool, readiness: readiness,
            pipeline: pipeline, source: source, access: access, loopStates: loopStates)
        ingest = try settings.kafka.flatMap { [runs, telemetry] kafka in
            try source.map { [runs, telemetry] source in
                try KafkaIngest(
                    kafka, runs: runs, source: source, telemetry: dependencies, tracing: telemetry.tracing,
                    registry: registry, logger: logger)
            }
        }
        signals = TerminationSignals(queue: control)
    }

    /// Starts everything and listens. Log line `listening` carries host and port.
    func start() throws {
        signals.ignoreBrokenPipes()
        pool.start()
        try runs.start()
        access?.source.start()
        keepReadinessFresh()
        try servers.start()
        try ingest?.start()
        if settings.front.isProbeOn {
            telemetry.logger.warning("IDP_PROBE is on: the routes under /-/ take any body; not for production")
        }
        telemetry.logger.info(
            "listening",
            metadata: [
                "host": "\(settings.front.host)", "port": .stringConvertible(Int(servers.port)),
                "scheme": "\(settings.front.tls == nil ? "http" : "https")",
                "unix_socket": "\(settings.front.unixSocket?.path ?? "")",
            ])
    }

    /// Reads certificates and keys again. A file that is bad leaves the old ones in force.
    private func reload() {
        if settings.front.tls != nil { reload("TLS certificates", servers.reloadTLS) }
        if let access { reload("keys of callers", access.source.reload) }
    }

    private func reload(_ what: String, _ read: () throws -> Void) {
        do {
            try read()
            telemetry.logger.notice("\(what) reloaded")
        } catch {
            telemetry.logger.error(
                "\(what) not reloaded; the old ones stay in force",
                metadata: ["code": "\(ErrorCode.internalProcessingError.rawValue)", "cause": "\(error)"])
        }
    }

    /// Parks the main thread; the process ends in here.
    func waitForTermination() -> Never {
        // Where there is nothing to read again, a terminal that hangs up ends the server as ever.
        if settings.front.tls != nil || access != nil { signals.onHangUp { [self] in reload() } }
        signals.onFirst { [self] signal in
            telemetry.logger.notice("shutting down", metadata: ["signal": "\(signal)"])
            // The stop blocks; the control queue stays free to see the second signal.
            DispatchQueue(label: "idp.shutdown").async { self.stopAndExit() }
        }
        dispatchMain()
    }

    private func keepReadinessFresh() {
        renewReadiness()
        control.asyncAfter(deadline: .now() + .milliseconds(500)) { [weak self] in self?.keepReadinessFresh() }
    }

    private func renewReadiness() {
        var checks: [ReadinessBoard.Check] = runs.readiness().map { ($0.name, $0.isPassing ? nil : $0.detail) }
        if let access { checks.append(("keys", access.source.failure)) }
        readiness.update(checks)
    }

    private func stopAndExit() -> Never {
        let deadline = Deadline.after(settings.service.shutdownGrace)
        runs.announceStop()
        ingest?.announceStop()
        renewReadiness()
        if settings.service.shutdownDelay > .zero {
            // Balancers need the time to see that `/ready` says no, while requests that they still send are served. The
            // queue is the stop's own: nothing else waits behind this sleep, and a second signal ends the process.
            Thread.sleep(forTimeInterval: settings.service.shutdownDelay / .seconds(1))
        }
        let work = DispatchGroup()
        work.enter()
        DispatchQueue(label: "idp.shutdown.runs").async { [runs] in
            _ = runs.drain(by: deadline)
            work.leave()
        }
        servers.drain(by: deadline.instant)
        work.wait()
        // Runs that have ended until now are told of.
        ingest?.close(by: .after(max(.seconds(1), deadline.remaining)))
        servers.stop()
        pool.stop()
        telemetry.logger.notice("stopped")
        telemetry.shutdown(by: .after(max(.seconds(1), deadline.remaining)))
        exit(0)
    }
}
