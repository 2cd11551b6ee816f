internal import EventHTTP
internal import Pipeline
internal import Tokens

extension Setting {
    /// Every setting there is, by heading. README's table, `--help` and `check-config` are made from it.
    static let table: [Setting] =
        service + front + documents + jobs + storage + security + observability + outside + testing

    /// The setting of that name.
    static func named(_ name: String) -> Setting? { byName[name] }

    private static let byName = Dictionary(table.map { ($0.name, $0) }) { first, _ in first }

    private static let service: [Setting] = [
        Setting(
            name: "IDP_APP_NAME", group: .service, kind: .word, fallback: "idp-loan-deferment-service",
            help: "Name of the service in probes, logs and spans"),
        Setting(
            name: "IDP_ENV", group: .service, kind: .word, fallback: "dev",
            help: "Deployment environment, in spans"),
        Setting(
            name: "IDP_SHUTDOWN_GRACE", group: .service, kind: .duration(0...3600), fallback: "25s",
            help: "From SIGTERM to exit: running work finishes or is handed back to the queue"),
        Setting(
            name: "IDP_SHUTDOWN_DELAY", group: .service, kind: .duration(0...600), fallback: "0",
            help: "Part of the grace in which requests are still served while /ready already says no"),
    ]

    private static let front: [Setting] = [
        Setting(
            name: "IDP_HOST", group: .front, kind: .word, fallback: "127.0.0.1",
            help: "Address to listen on; 0.0.0.0 or :: for all"),
        Setting(
            name: "IDP_PORT", group: .front, kind: .integer(0...65_535), fallback: "8000",
            help: "Port to listen on; 0 takes a free one"),
        Setting(
            name: "IDP_UNIX_SOCKET", group: .front, kind: .socketPath, fallback: nil,
            help: "Unix-domain socket to listen on beside the port, in clear text"),
        Setting(
            name: "IDP_UNIX_SOCKET_MODE", group: .front, kind: .fileMode, fallback: "0660",
            help: "Permissions of the socket's file: who may write may connect"),
        Setting(
            name: "IDP_LOOPS", group: .front, kind: .integer(1...256), fallback: "<cores>",
            help: "Event loop threads"),
        Setting(
            name: "IDP_MAX_UPLOAD_BYTES", group: .front, kind: .bytes(1...(1 << 40)), fallback: "50MiB",
            help: "Largest document"),
        Setting(
            name: "IDP_MAX_CONNECTIONS", group: .front, kind: .integer(1...1_000_000), fallback: "10000",
            help: "Open connections in all; more are refused"),
        Setting(
            name: "IDP_MAX_CONNECTIONS_PER_ADDRESS", group: .front, kind: .integer(0...1_000_000), fallback: "0",
            help: "Open connections of one client address; 0 is no limit"),
        Setting(
            name: "IDP_MAX_HEAD_BYTES", group: .front, kind: .bytes(1024...(1 << 20)), fallback: "16KiB",
            help: "Largest request head"),
        Setting(
            name: "IDP_MAX_TARGET_BYTES", group: .front, kind: .bytes(256...(1 << 20)), fallback: "8KiB",
            help: "Longest request target"),
        Setting(
            name: "IDP_MAX_FIELDS", group: .front, kind: .integer(8...10_000), fallback: "100",
            help: "Most header fields of a request"),
        Setting(
            name: "IDP_HEAD_TIMEOUT", group: .front, kind: .duration(0.05...3600), fallback: "10s",
            help: "Time in which a request head must be complete"),
        Setting(
            name: "IDP_BODY_TIMEOUT", group: .front, kind: .duration(0.05...86_400), fallback: "5m",
            help: "Time in which a request body must be complete"),
        Setting(
            name: "IDP_BODY_RATE_MIN", group: .front, kind: .bytes(0...(1 << 30)), fallback: "1KiB",
            help: "Slowest body, in bytes a second after the first ten seconds; 0 is no limit"),
        Setting(
            name: "IDP_IDLE_TIMEOUT", group: .front, kind: .duration(0.05...86_400), fallback: "60s",
            help: "How long a connection may stay open between requests"),
        Setting(
            name: "IDP_WRITE_TIMEOUT", group: .front, kind: .duration(0.05...3600), fallback: "30s",
            help: "How long a client may take no byte of its answer"),
        Setting(
            name: "IDP_FAST_LANE", group: .front, kind: .boolean, fallback: "true",
            help: "Answer cheap requests without building an evhttp request"),
        Setting(
            name: "IDP_METRICS_PORT", group: .front, kind: .integer(1...65_535), fallback: nil,
            help: "Serve /metrics on a port of its own"),
    ]

    private static let documents: [Setting] = [
        Setting(
            name: "IDP_WORKERS", group: .documents, kind: .integer(1...256), fallback: "<cores>",
            help: "Document workers, and jobs that run at a time"),
        Setting(
            name: "IDP_MAX_PAGES", group: .documents, kind: .integer(1...10_000), fallback: "20",
            help: "Most pages of a document"),
        Setting(
            name: "IDP_OCR_LANGUAGES", group: .documents, kind: .languages,
            fallback: WorkerConfiguration.defaultLanguages, help: "Tesseract models, joined by +"),
        Setting(
            name: "IDP_TYPES_FILE", group: .documents, kind: .path, fallback: nil,
            help: "Document types and validity windows (types.json) instead of the built-in ones"),
        Setting(
            name: "IDP_TODAY", group: .documents, kind: .date, fallback: nil,
            help: "Pins the day on which documents are judged, for tests and replays; else today in UTC+5"),
        Setting(
            name: "IDP_REVIEW_BELOW", group: .documents, kind: .integer(0...100), fallback: "60",
            help: "Confidence in per cent below which a run is marked needs_review; 0 never marks one"),
    ]

    private static let jobs: [Setting] = [
        Setting(
            name: "IDP_QUEUE_LIMIT", group: .jobs, kind: .integer(1...10_000_000), fallback: "1000",
            help: "Jobs that may wait; more are refused with QUEUE_FULL"),
        Setting(
            name: "IDP_JOB_TIMEOUT", group: .jobs, kind: .duration(0.05...86_400), fallback: "5m",
            help: "Time that a job may run, waiting not counted"),
        Setting(
            name: "IDP_JOB_ATTEMPTS_MAX", group: .jobs, kind: .integer(1...10_000), fallback: "50",
            help: "Starts of a job that the server itself did not survive, before it is given up"),
        Setting(
            name: "IDP_MEMORY_RESERVE_BYTES", group: .jobs, kind: .bytes(0...(1 << 50)), fallback: "64MiB",
            help: "Free memory of the machine or control group below which no document is taken; 0 is no limit"),
        Setting(
            name: "IDP_PROCESS_TIMEOUT", group: .jobs, kind: .duration(0.05...3600), fallback: "60s",
            help: "Time that /v1/process may take, waiting included"),
        Setting(
            name: "IDP_INTERACTIVE_SLOTS", group: .jobs, kind: .integer(1...256), fallback: "<workers>",
            help: "Calls of /v1/process that run at a time, beside the jobs and ahead of them"),
        Setting(
            name: "IDP_INTERACTIVE_QUEUE_LIMIT", group: .jobs, kind: .integer(0...100_000), fallback: "32",
            help: "Calls of /v1/process that may wait; more are refused with SERVER_BUSY"),
        Setting(
            name: "IDP_DEDUP_WINDOW", group: .jobs, kind: .duration(0...31_536_000), fallback: "0",
            help: "How long the same document for the same applicant is answered with the run of before; 0 never"),
        Setting(
            name: "IDP_EVENT_STREAMS", group: .jobs, kind: .integer(0...1_000_000), fallback: "1000",
            help: "Open event streams (/v1/jobs/{run_id}/events); more are refused with SERVER_BUSY"),
        Setting(
            name: "IDP_EVENT_HEARTBEAT", group: .jobs, kind: .duration(0.05...3600), fallback: "15s",
            help: "Longest silence of an event stream"),
    ]

    private static let storage: [Setting] = [
        Setting(
            name: "IDP_RUNS_DIR", group: .storage, kind: .path, fallback: "./runs",
            help: "Folder of the runs: documents, results, and the store unless IDP_STORE says otherwise"),
        Setting(
            name: "IDP_RUNS_RETENTION_DAYS", group: .storage, kind: .integer(0...36_500), fallback: "14",
            help: "Days that a run is kept after it came in; 0 keeps it for ever"),
        Setting(
            name: "IDP_DISK_RESERVE_BYTES", group: .storage, kind: .bytes(0...(1 << 50)), fallback: "256MiB",
            help: "Free space below which no document is taken (STORAGE_FULL)"),
        Setting(
            name: "IDP_STORE_BATCH", group: .storage, kind: .integer(1...10_000), fallback: "1024",
            help: "Most changes of the store that share a flush; 1 flushes each by itself"),
        Setting(
            name: "IDP_STORE", group: .storage, kind: .store, fallback: "<sqlite:IDP_RUNS_DIR/jobs.sqlite>",
            help: "Job store; nodes that share a PostgreSQL share its queue, and their IDP_RUNS_DIR",
            secrecy: .credentials),
        Setting(
            name: "IDP_STORE_CONNECTIONS", group: .storage, kind: .integer(1...1000), fallback: "4",
            help: "Connections for reads from PostgreSQL, beside two of the writer and of the node"),
        Setting(
            name: "IDP_STORE_TIMEOUT", group: .storage, kind: .duration(0.05...600), fallback: "5s",
            help: "Longest connecting, statement or round trip with PostgreSQL"),
        Setting(
            name: "IDP_STORE_MIGRATE", group: .storage, kind: .boolean, fallback: "false",
            help: "Bring an older schema in PostgreSQL up to date at start; else it is refused"),
        Setting(
            name: "IDP_NODE_LEASE", group: .storage, kind: .duration(0.5...3600), fallback: "10s",
            help: "How long a node on PostgreSQL may be silent before others take its jobs"),
        Setting(
            name: "IDP_ARTIFACTS", group: .storage, kind: .artifacts, fallback: "disk",
            help: "Where documents and results are kept: in IDP_RUNS_DIR, or in a bucket, with runs at work on disk"),
        Setting(
            name: "IDP_S3_ENDPOINT", group: .storage, kind: .url(schemes: ["http", "https"]),
            fallback: "<https://s3.REGION.amazonaws.com>", help: "S3 or a server that speaks it"),
        Setting(
            name: "IDP_S3_REGION", group: .storage, kind: .word, fallback: "us-east-1",
            help: "Region that requests are signed for"),
        Setting(
            name: "IDP_S3_ACCESS_KEY", group: .storage, kind: .word, fallback: nil, help: "S3 access key",
            secrecy: .secret),
        Setting(
            name: "IDP_S3_SECRET_KEY", group: .storage, kind: .word, fallback: nil, help: "S3 secret key",
            secrecy: .secret),
        Setting(
            name: "IDP_S3_STYLE", group: .storage, kind: .choice(S3Client.Configuration.Style.allCases.map(\.rawValue)),
            fallback: "<path, or virtual without IDP_S3_ENDPOINT>",
            help: "Where a bucket stands in a URL: before the path, or before the host"),
        Setting(
            name: "IDP_S3_BUCKETS", group: .storage, kind: .list, fallback: "<that of IDP_ARTIFACTS>",
            help: "Buckets that s3_path may name, joined by commas; a bare key means the first"),
    ]

    private static let security: [Setting] = [
        Setting(
            name: "IDP_AUTH", group: .security, kind: .authentication, fallback: "none",
            help: "Who may call: everybody, holders of a key of the file (SIGHUP reads it again), holders of a token"),
        Setting(
            name: "IDP_AUTH_EXEMPT", group: .security, kind: .list,
            fallback: "/health,/livez,/ready,/readyz,/metrics,/,/docs,/openapi.json",
            help: "Paths that stay open to everybody, joined by commas; / stands for the console"),
        Setting(
            name: "IDP_AUTH_RATE", group: .security, kind: .quota, fallback: nil,
            help: "Requests in a time that each caller has who has no rate of his own; more are refused, RATE_LIMITED"),
        Setting(
            name: "IDP_AUTH_QUEUE_LIMIT", group: .security, kind: .integer(0...10_000_000), fallback: nil,
            help: "Jobs that each caller may have waiting for whom the key file says nothing; more are QUEUE_FULL"),
        Setting(
            name: "IDP_JWT_ISSUER", group: .security, kind: .word, fallback: nil,
            help: "With IDP_AUTH=jwt: whose tokens are good, their iss"),
        Setting(
            name: "IDP_JWT_AUDIENCE", group: .security, kind: .list, fallback: nil,
            help: "With IDP_AUTH=jwt: whom tokens must be for, one of these in their aud, joined by commas"),
        Setting(
            name: "IDP_JWT_JWKS", group: .security, kind: .keySet, fallback: nil,
            help: "With IDP_AUTH=jwt: the issuer's public keys, a JSON Web Key Set in a file or at a URL"),
        Setting(
            name: "IDP_JWT_JWKS_REFRESH", group: .security, kind: .duration(1...86_400), fallback: "5m",
            help: "How often the keys are read anew; SIGHUP and tokens of unknown keys ask for it as well"),
        Setting(
            name: "IDP_JWT_ALGORITHMS", group: .security, kind: .tokenAlgorithms,
            fallback: TokenAlgorithm.allCases.map(\.rawValue).joined(separator: ","),
            help: "Signature algorithms that tokens may have, joined by commas"),
        Setting(
            name: "IDP_JWT_CLOCK_SKEW", group: .security, kind: .duration(0...600), fallback: "30s",
            help: "How far the issuer's clock and this one may be apart"),
        Setting(
            name: "IDP_JWT_CALLER_CLAIM", group: .security, kind: .word, fallback: "sub",
            help: "The claim that names the caller"),
        Setting(
            name: "IDP_TLS_CERT", group: .security, kind: .path, fallback: nil,
            help: "Certificate chain, PEM: with IDP_TLS_KEY the port speaks TLS 1.2 and 1.3; SIGHUP reads it again"),
        Setting(
            name: "IDP_TLS_KEY", group: .security, kind: .path, fallback: nil,
            help: "Private key of the certificate, PEM, not encrypted"),
        Setting(
            name: "IDP_TLS_CLIENT_CA", group: .security, kind: .path, fallback: nil,
            help: "Certificates that sign clients' certificates, PEM; clients without one are refused"),
        Setting(
            name: "IDP_TLS_CLIENT_AUTH", group: .security,
            kind: .choice(TLSConfiguration.ClientCertificates.allCases.map(\.rawValue)),
            fallback: "<require, or off without IDP_TLS_CLIENT_CA>",
            help: "Whether clients need a certificate; with request they may have none, but not a bad one"),
        Setting(
            name: "IDP_OUTBOUND_CA", group: .security, kind: .path, fallback: nil,
            help: "Certificate authorities, PEM, that other services are trusted by instead of the system's"),
        Setting(
            name: "IDP_WEBHOOK_SECRET", group: .security, kind: .webhookSecrets, fallback: nil,
            help: "Key that signs callbacks (Standard Webhooks); with several each signs, which is how one is changed",
            secrecy: .secret),
        Setting(
            name: "IDP_CALLBACK_ALLOW", group: .security, kind: .list, fallback: "<public addresses>",
            help: "Hosts that callbacks may go to: names, *.names, addresses, networks, each with or without :port"),
    ]

    private static let observability: [Setting] = [
        Setting(
            name: "IDP_LOG_LEVEL", group: .observability,
            kind: .choice(["TRACE", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL"]), fallback: "INFO",
            help: "Least severe line that is logged"),
        Setting(
            name: "IDP_LOG_FORMAT", group: .observability, kind: .choice(["json", "text"]), fallback: "json",
            help: "Shape of a log line", support: .only { $0 == "json" }),
        Setting(
            name: "IDP_TRACING_ENABLED", group: .observability, kind: .boolean, fallback: "false",
            help: "Send spans; where to is said by the standard OTEL_* variables"),
    ]

    private static let outside: [Setting] = [
        Setting(
            name: "IDP_CALLBACK_TIMEOUT", group: .outside, kind: .duration(0.05...300), fallback: "20s",
            help: "Time that a receiver of a callback may take"),
        Setting(
            name: "IDP_CALLBACK_WAITS", group: .outside, kind: .waits,
            fallback: "5s,5m,30m,2h,5h,10h,14h,20h,24h",
            help: "Waits between attempts to deliver a callback; each gets up to a tenth longer at random"),
        Setting(
            name: "IDP_CALLBACK_CONCURRENCY", group: .outside, kind: .integer(1...256), fallback: "16",
            help: "Callbacks that are delivered at a time; at most four to one receiver"),
        Setting(
            name: "IDP_LLM_URL", group: .outside, kind: .url(schemes: ["http", "https"]), fallback: nil,
            help: "OpenAI-compatible endpoint that helps to read documents, like https://host/v1",
            secrecy: .credentials),
        Setting(
            name: "IDP_LLM_MODEL", group: .outside, kind: .word, fallback: nil, help: "Its model"),
        Setting(
            name: "IDP_LLM_API_KEY", group: .outside, kind: .word, fallback: nil, help: "Its key", secrecy: .secret),
        Setting(
            name: "IDP_LLM_TIMEOUT", group: .outside, kind: .duration(0.05...3600), fallback: "20s",
            help: "Time that one of its answers may take"),
        Setting(
            name: "IDP_LLM_ASK_BELOW", group: .outside, kind: .integer(0...100), fallback: "75",
            help: "It is asked about fields that were not found or with a confidence in per cent below this"),
        Setting(
            name: "IDP_KAFKA_BROKERS", group: .outside, kind: .list, fallback: nil,
            help: "Kafka brokers, host:port joined by commas; needs S3, where the documents are"),
        Setting(
            name: "IDP_KAFKA_TOPIC", group: .outside, kind: .topic, fallback: nil, help: "Topic of requests"),
        Setting(
            name: "IDP_KAFKA_GROUP", group: .outside, kind: .word, fallback: "<IDP_APP_NAME>",
            help: "Consumer group, the same for all nodes on a store"),
        Setting(
            name: "IDP_KAFKA_RESULT_TOPIC", group: .outside, kind: .topic, fallback: "<IDP_KAFKA_TOPIC.results>",
            help: "Topic of results"),
        Setting(
            name: "IDP_KAFKA_DLQ_TOPIC", group: .outside, kind: .topic, fallback: "<IDP_KAFKA_TOPIC.dlq>",
            help: "Topic of records that cannot become jobs, with the reasons in their headers"),
        Setting(
            name: "IDP_KAFKA_OPTIONS", group: .outside, kind: .list, fallback: nil,
            help: "Properties of librdkafka, name=value joined by commas, for encryption and authentication",
            secrecy: .secret),
    ]

    private static let testing: [Setting] = [
        Setting(
            name: "IDP_PROBE", group: .testing, kind: .boolean, fallback: "false",
            help: "Adds routes under /-/ for conformance and load tools"),
        Setting(
            name: "IDP_SIMULATE", group: .testing, kind: .list, fallback: nil,
            help: "Stages that only take time and find nothing, like text=300ms..2s,validate=1ms"),
        Setting(
            name: "IDP_FAULTS", group: .testing, kind: .list, fallback: nil,
            help: "Faults injected into llm, ocr or s3, like s3=error@10%,ocr=delay:1s..5s,llm=hang@0.01"),
    ]
}

extension SettingKind {
    /// Text without spaces and control characters.
    fileprivate static let word = SettingKind.text(
        matches: { $0.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F } }, shape: "text without spaces")

    fileprivate static let topic = SettingKind.text(
        matches: Settings.Kafka.isTopic,
        shape: "at most \(Settings.Kafka.topicLengthMax) of letters, digits, dot, dash, underscore")

    /// Items with commas between them, none empty.
    fileprivate static let list = SettingKind.text(
        matches: { text in
            text.split(separator: ",", omittingEmptySubsequences: false)
                .allSatisfy { item in item.contains { !$0.isWhitespace } }
        }, shape: "a list with commas between its items")

    fileprivate static let webhookSecrets = SettingKind.text(
        matches: { CallbackSecrets($0) != nil },
        shape: "whsec_ and 24 to 64 bytes in Base64, several joined by commas")

    fileprivate static let waits = SettingKind.text(
        matches: { Settings.Callbacks.areWaits($0) }, shape: "times like 5s or 2h, joined by commas")

    fileprivate static let socketPath = SettingKind.text(
        matches: { $0.utf8.count <= UnixSocketAddress.pathBytesMax && !$0.utf8.contains(0) },
        shape: "a path of at most \(UnixSocketAddress.pathBytesMax) bytes")

    fileprivate static let fileMode = SettingKind.text(
        matches: { text in (3...4).contains(text.utf8.count) && UInt32(text, radix: 8).map { $0 <= 0o777 } == true },
        shape: "permissions in octal, like 0660")

    fileprivate static let languages = SettingKind.text(
        matches: { text in
            // Tesseract opens `<language>.traineddata`: nothing that could leave its folder.
            text.split(separator: "+", omittingEmptySubsequences: false).allSatisfy { name in
                !name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
            }
        }, shape: "tesseract languages joined by +, like rus+kaz+eng")

    fileprivate static let store = SettingKind.text(
        matches: { text in
            let isFile = text.hasPrefix("sqlite:") && text.utf8.count > 7 && !text.hasPrefix("sqlite::")
            let server = SettingKind.url(schemes: ["postgres", "postgresql"])
            return isFile || server.value(of: text) != nil
        }, shape: "sqlite:PATH or postgres://…")

    fileprivate static let artifacts = SettingKind.text(
        matches: { $0 == "disk" || S3Location($0) != nil },
        shape: "disk or s3://bucket/prefix")

    fileprivate static let quota = SettingKind.text(
        matches: { QuotaPolicy($0) != nil }, shape: "requests in a time, like 100/1m or 5/s")

    fileprivate static let keySet = SettingKind.text(
        matches: { text in
            !text.contains("://") || SettingKind.url(schemes: ["https"]).value(of: text) != nil
                || ["http://127.0.0.1", "http://localhost", "http://[::1]"].contains { host in
                    text.hasPrefix(host) && [nil, ":", "/"].contains(text.dropFirst(host.count).first)
                }
        }, shape: "a path or a URL that begins with https:// (http:// only to this machine)")

    fileprivate static let tokenAlgorithms = SettingKind.text(
        matches: { text in
            text.split(separator: ",", omittingEmptySubsequences: false)
                .allSatisfy { TokenAlgorithm(rawValue: String($0)) != nil }
        }, shape: "some of " + TokenAlgorithm.allCases.map(\.rawValue).joined(separator: ","))

    fileprivate static let authentication = SettingKind.text(
        matches: { $0 == "none" || $0 == "jwt" || ($0.hasPrefix("keys:") && $0.utf8.count > 5) },
        shape: "none, keys:FILE or jwt")
}
