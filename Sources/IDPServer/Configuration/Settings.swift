import EventHTTP
import KafkaClient
import Pipeline
import PostgresClient
import Tokens

/// All settings, read once and immutable. `Setting.table` says what each may be and what it is when nobody sets it.
struct Settings: Sendable {
    /// IDP_APP_NAME, IDP_ENV, IDP_SHUTDOWN_GRACE, IDP_SHUTDOWN_DELAY.
    struct Service: Sendable, Equatable {
        var name: String
        var environment: String
        var shutdownGrace: Duration
        var shutdownDelay: Duration
    }

    /// IDP_HOST, IDP_PORT, IDP_UNIX_…, IDP_LOOPS, IDP_METRICS_PORT, the front's limits, IDP_TLS_….
    struct Front: Sendable, Equatable {
        var host: String
        var port: Int
        /// Nil: no such socket.
        var unixSocket: UnixSocketAddress?
        /// Nil: clear text.
        var tls: TLSConfiguration?
        var loops: Int
        /// Nil: /metrics is served beside everything else.
        var metricsPort: Int?
        var uploadBytesMax: Int
        var connectionsMax: Int
        /// 0 is no limit.
        var connectionsPerAddressMax: Int
        var headBytesMax: Int
        var targetBytesMax: Int
        var fieldsMax: Int
        var headTimeout: Duration
        var bodyTimeout: Duration
        /// Bytes a second; 0 is no limit.
        var bodyRateMin: Int
        var idleTimeout: Duration
        var writeTimeout: Duration
        var isFastLaneOn: Bool
        var isProbeOn: Bool
    }

    /// IDP_WORKERS, IDP_MAX_PAGES, IDP_OCR_LANGUAGES, IDP_TYPES_FILE, IDP_TODAY, IDP_REVIEW_BELOW.
    struct Documents: Sendable, Equatable {
        var workers: Int
        var pagesMax: Int
        var ocrLanguages: String
        /// Nil: the built-in types.
        var typesFile: String?
        /// Nil: the day it is in UTC+5.
        var today: CalendarDate?
        /// 0 to 1.
        var reviewBelow: Double
    }

    /// IDP_QUEUE_LIMIT, IDP_JOB_…, IDP_PROCESS_TIMEOUT, IDP_INTERACTIVE_….
    struct Jobs: Sendable, Equatable {
        var queueLimit: Int
        var jobTimeout: Duration
        var attemptsMax: Int
        var memoryReserveBytes: Int
        var processTimeout: Duration
        var interactiveSlots: Int
        var interactiveQueueLimit: Int
        /// Zero: equal documents are not recognised.
        var dedupWindow: Duration
        var eventStreamsMax: Int
        var eventHeartbeat: Duration
    }

    /// IDP_RUNS_DIR, IDP_RUNS_RETENTION_DAYS, IDP_DISK_RESERVE_BYTES, IDP_STORE…, IDP_NODE_LEASE, IDP_ARTIFACTS,
    /// IDP_S3_….
    struct Storage: Sendable, Equatable {
        /// Where the job store is.
        enum Store: Sendable, Equatable {
            /// Path of the file; this process alone uses it.
            case sqlite(String)
            /// Any number of nodes share it.
            case postgres(PostgresConfiguration)
        }

        var runsDirectory: String
        /// Nil: kept for ever.
        var retentionDays: Int?
        var diskReserveBytes: Int
        /// Most changes of a transaction.
        var batchLimit: Int
        var store: Store
        /// For reads from PostgreSQL.
        var connections: Int
        /// Whether an older schema in PostgreSQL is brought up to date at start.
        var isMigrating: Bool
        /// Silence after which a node has gone.
        var nodeLease: Duration
        /// Nil: documents and results stay in `runsDirectory`.
        var artifacts: S3Location?
        /// Nil: nothing of S3 is used.
        var s3: S3Client.Configuration?
        /// Buckets that callers may name.
        var s3Buckets: [String]

        /// Whether other nodes may use store and folder too.
        var isShared: Bool {
            switch store {
            case .sqlite: false
            case .postgres: true
            }
        }
    }

    /// IDP_LOG_LEVEL, IDP_LOG_FORMAT, IDP_TRACING_ENABLED, OTEL_….
    struct Observability: Sendable, Equatable {
        /// `TRACE`, `DEBUG`, `INFO`, `NOTICE`, `WARNING`, `ERROR`, `CRITICAL`.
        var logLevel: String
        /// `json` or `text`.
        var logFormat: String
        var isTracingEnabled: Bool
        /// The standard variables, as they were set.
        var openTelemetry: [String: String]
    }

    /// IDP_JWT_….
    struct Tokens: Sendable, Equatable {
        var rules: TokenRules
        /// A path or a URL.
        var keySet: String
        var refresh: Duration
    }

    /// IDP_AUTH….
    struct Authentication: Sendable, Equatable {
        /// How callers prove who they are.
        enum Method: Sendable, Equatable {
            /// They do not.
            case none
            /// By a key of this file, or a certificate that it names.
            case keys(path: String)
            /// By a token.
            case tokens(Tokens)
        }

        var method: Method
        /// Templates of routes that are open to everybody.
        var exempt: [String]
        /// For callers for whom nothing else is said.
        var defaults: CallerDefaults
    }

    /// IDP_OUTBOUND_CA.
    struct Outbound: Sendable, Equatable {
        /// Nil: the system's authorities.
        var certificateAuthorityFile: String?
    }

    /// IDP_KAFKA_….
    struct Kafka: Sendable, Equatable {
        var cluster: KafkaConfiguration
        /// Topic of requests.
        var topic: String
        var group: String
        var resultTopic: String
        var deadLetterTopic: String
    }

    var service: Service
    var front: Front
    var authentication: Authentication
    var documents: Documents
    var jobs: Jobs
    var storage: Storage
    var observability: Observability
    var outbound: Outbound
    /// Nil: the rules read alone.
    var model: Model?
    var loadTest: LoadTest
    var callbacks: Callbacks
    /// Nil: no requests come from Kafka.
    var kafka: Kafka?
    /// Each setting's text and source, for `check-config`.
    var report: [SettingReport]
}

/// One line of `check-config`.
struct SettingReport: Sendable, Equatable {
    var name: String
    /// Secrets are masked; empty when it is not set.
    var shown: String
    var source: SettingSource
}
