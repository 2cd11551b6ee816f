import EventHTTP
import Foundation
import PostgresClient

extension Settings {
    /// Reads all sources: flags over environment over file.
    ///
    /// - Parameters:
    ///   - flags: by name, with or without dashes (`port`, `--port`).
    ///   - environment: the whole environment; only `IDP_*` and `OTEL_*` count.
    ///   - file: path of a settings file; nil takes `IDP_CONFIG` of the environment, if set.
    ///   - cores: what `<cores>` stands for.
    /// - Throws: every mistake of all sources at once.
    static func load(
        flags: [String: String] = [:], environment: [String: String] = [:], file: String? = nil,
        cores: Int = ProcessInfo.processInfo.activeProcessorCount
    ) throws(SettingsError) -> Settings {
        var environment = environment
        let named = environment.removeValue(forKey: "IDP_CONFIG")
        let path = file ?? (named?.isEmpty == false ? named : nil)
        var unread: [SettingMistake] = []
        var read: SettingsFile?
        if let path {
            do {
                read = SettingsFile(try String(contentsOfFile: path, encoding: .utf8), path: path)
            } catch {
                let message = "cannot be read as a settings file in UTF-8"
                unread = [SettingMistake(setting: "--config", source: .file(path: path, line: nil), message: message)]
            }
        }
        let sources = SettingSources(flags: flags, environment: environment, file: read, path: path)
        var mistakes = unread + sources.mistakes
        let settings = Settings(SettingReader(resolved: sources.resolved), sources.openTelemetry, cores: cores)
        // What cannot be read counts as not set: what follows from that is not told as well.
        let refused = Set(mistakes.map(\.setting))
        mistakes += settings.contradictions(sources.resolved).filter { !refused.contains($0.setting) }
        guard mistakes.isEmpty else { throw SettingsError(mistakes: mistakes) }
        return settings
    }

    private init(_ read: SettingReader, _ openTelemetry: [String: String], cores: Int) {
        let cores = max(1, cores)
        service = Service(
            name: read.text("IDP_APP_NAME"), environment: read.text("IDP_ENV"),
            shutdownGrace: read.duration("IDP_SHUTDOWN_GRACE"), shutdownDelay: read.duration("IDP_SHUTDOWN_DELAY"))
        front = Front(read, cores: cores)
        authentication = Authentication(read)
        let workers = read.optionalInteger("IDP_WORKERS") ?? cores
        documents = Documents(
            workers: workers, pagesMax: read.integer("IDP_MAX_PAGES"), ocrLanguages: read.text("IDP_OCR_LANGUAGES"),
            typesFile: read.optionalText("IDP_TYPES_FILE"), today: read.optionalDate("IDP_TODAY"),
            reviewBelow: Double(read.integer("IDP_REVIEW_BELOW")) / 100)
        jobs = Jobs(
            queueLimit: read.integer("IDP_QUEUE_LIMIT"), jobTimeout: read.duration("IDP_JOB_TIMEOUT"),
            attemptsMax: read.integer("IDP_JOB_ATTEMPTS_MAX"),
            memoryReserveBytes: read.integer("IDP_MEMORY_RESERVE_BYTES"),
            processTimeout: read.duration("IDP_PROCESS_TIMEOUT"),
            interactiveSlots: read.optionalInteger("IDP_INTERACTIVE_SLOTS") ?? workers,
            interactiveQueueLimit: read.integer("IDP_INTERACTIVE_QUEUE_LIMIT"),
            dedupWindow: read.duration("IDP_DEDUP_WINDOW"), eventStreamsMax: read.integer("IDP_EVENT_STREAMS"),
            eventHeartbeat: read.duration("IDP_EVENT_HEARTBEAT"))
        let runs = read.text("IDP_RUNS_DIR")
        let days = read.integer("IDP_RUNS_RETENTION_DAYS")
        storage = Storage(
            runsDirectory: runs, retentionDays: days == 0 ? nil : days,
            diskReserveBytes: read.integer("IDP_DISK_RESERVE_BYTES"), batchLimit: read.integer("IDP_STORE_BATCH"),
            store: Storage.Store(read, runsDirectory: runs), connections: read.integer("IDP_STORE_CONNECTIONS"),
            isMigrating: read.boolean("IDP_STORE_MIGRATE"), nodeLease: read.duration("IDP_NODE_LEASE"),
            artifacts: S3Location(read), s3: S3Client.Configuration(read), s3Buckets: Storage.s3Buckets(read))
        kafka = Kafka(read)
        outbound = Outbound(certificateAuthorityFile: read.optionalText("IDP_OUTBOUND_CA"))
        model = Model(read)
        loadTest = LoadTest(read)
        callbacks = Callbacks(read)
        observability = Observability(
            logLevel: read.text("IDP_LOG_LEVEL"), logFormat: read.text("IDP_LOG_FORMAT"),
            isTracingEnabled: read.boolean("IDP_TRACING_ENABLED"), openTelemetry: openTelemetry)
        report = Setting.table.map { setting in
            let found = read.resolved[setting.name]
            let text = found?.text ?? setting.fallback ?? ""
            return SettingReport(
                name: setting.name, shown: text.isEmpty ? "" : setting.shown(text),
                source: found?.source ?? .fallback)
        }
    }

    /// Settings that are right alone and wrong together, and files that are not there.
    private func contradictions(_ resolved: [String: SettingSources.Resolved]) -> [SettingMistake] {
        var mistakes: [SettingMistake] = []
        func refuse(_ name: String, _ message: String) {
            let source = resolved[name]?.source ?? .fallback
            mistakes.append(SettingMistake(setting: name, source: source, message: message))
        }
        if let port = front.metricsPort, port == front.port {
            refuse("IDP_METRICS_PORT", "\(port) is IDP_PORT too; take another or leave it out")
        }
        mistakes += front.contradictionsOfTLS(resolved)
        mistakes += authentication.contradictions(resolved)
        mistakes += storage.contradictionsOfS3(resolved)
        mistakes += contradictionsOfModel(resolved) + contradictionsOfLoadTest(resolved)
        mistakes += Callbacks.contradictions(resolved)
        mistakes += contradictionsOfKafka(resolved)
        if let file = outbound.certificateAuthorityFile, !FileManager.default.isReadableFile(atPath: file) {
            refuse("IDP_OUTBOUND_CA", "\"\(file)\" cannot be read; it must be a PEM file")
        }
        if service.shutdownDelay > service.shutdownGrace {
            refuse("IDP_SHUTDOWN_DELAY", "must not be longer than IDP_SHUTDOWN_GRACE, which it is a part of")
        }
        if front.targetBytesMax > front.headBytesMax {
            refuse("IDP_MAX_TARGET_BYTES", "must not be larger than IDP_MAX_HEAD_BYTES, which it is a part of")
        }
        if let types = documents.typesFile, !FileManager.default.isReadableFile(atPath: types) {
            refuse("IDP_TYPES_FILE", "\"\(types)\" cannot be read; it must be a types.json")
        }
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: storage.runsDirectory, isDirectory: &isDirectory),
            !isDirectory.boolValue
        {
            refuse("IDP_RUNS_DIR", "\"\(storage.runsDirectory)\" is a file; it must be a folder or not exist yet")
        }
        return mistakes
    }
}

extension Settings.Storage.Store {
    fileprivate init(_ read: SettingReader, runsDirectory: String) {
        let file = runsDirectory + (runsDirectory.hasSuffix("/") ? "" : "/") + "jobs.sqlite"
        let text = read.optionalText("IDP_STORE") ?? "sqlite:" + file
        if text.hasPrefix("sqlite:") {
            self = .sqlite(String(text.dropFirst("sqlite:".count)))
        } else {
            self = .postgres(PostgresConfiguration(url: text, timeout: read.duration("IDP_STORE_TIMEOUT")))
        }
    }
}

extension Settings.Front {
    fileprivate init(_ read: SettingReader, cores: Int) {
        self.init(
            host: read.text("IDP_HOST"), port: read.integer("IDP_PORT"),
            unixSocket: UnixSocketAddress(read), tls: TLSConfiguration(read),
            loops: read.optionalInteger("IDP_LOOPS") ?? cores, metricsPort: read.optionalInteger("IDP_METRICS_PORT"),
            uploadBytesMax: read.integer("IDP_MAX_UPLOAD_BYTES"),
            connectionsMax: read.integer("IDP_MAX_CONNECTIONS"),
            connectionsPerAddressMax: read.integer("IDP_MAX_CONNECTIONS_PER_ADDRESS"),
            headBytesMax: read.integer("IDP_MAX_HEAD_BYTES"), targetBytesMax: read.integer("IDP_MAX_TARGET_BYTES"),
            fieldsMax: read.integer("IDP_MAX_FIELDS"), headTimeout: read.duration("IDP_HEAD_TIMEOUT"),
            bodyTimeout: read.duration("IDP_BODY_TIMEOUT"), bodyRateMin: read.integer("IDP_BODY_RATE_MIN"),
            idleTimeout: read.duration("IDP_IDLE_TIMEOUT"), writeTimeout: read.duration("IDP_WRITE_TIMEOUT"),
            isFastLaneOn: read.boolean("IDP_FAST_LANE"), isProbeOn: read.boolean("IDP_PROBE"))
    }
}
