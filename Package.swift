// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: Swift 6 language mode, warnings are errors, imports say how far they reach.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "idp-server",
    products: [
        .executable(name: "idp-server", targets: ["IDPServer"])
    ],
    dependencies: [
        // The field's logging, metrics and tracing facades: what a library reports comes out with ours.
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", exact: "1.7.3"),
        // OTLP's wire format; the generated code is committed.
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
        // The command line, in the executable only.
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        // SQLite behind one serial queue per connection: the job store.
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        // Signatures of callers' tokens.
        .package(url: "https://github.com/vapor/jwt-kit", exact: "5.7.1"),
    ],
    targets: [
        // System libraries, each imported by one target only.
        .systemLibrary(
            name: "CLibevent", pkgConfig: "libevent_openssl",
            providers: [.apt(["libevent-dev", "libssl-dev"])]),
        .systemLibrary(
            name: "CTesseract", pkgConfig: "tesseract",
            providers: [.apt(["libtesseract-dev", "libleptonica-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(
            name: "CSeccomp", pkgConfig: "libseccomp",
            providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CSyncFS"),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),

        // Leaves: they import nothing of ours.
        .target(name: "EventHTTP", dependencies: ["CLibevent"], swiftSettings: strict),
        .target(
            name: "Observability",
            dependencies: [
                "CZlib",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: [
                "OTLP/Generated/README.md", "Metrics/Protobuf/metrics.proto",
                "Metrics/Protobuf/Generated/README.md",
            ],
            swiftSettings: strict),
        .target(name: "OutboundHTTP", dependencies: ["CCurl"], swiftSettings: strict),
        .target(name: "PostgresClient", dependencies: ["CPostgres"], swiftSettings: strict),
        .target(name: "KafkaClient", dependencies: ["CRdKafka"], swiftSettings: strict),

        // Away from libevent's OpenSSL: the library brings a BoringSSL of its own.
        .target(
            name: "Tokens", dependencies: [.product(name: "JWTKit", package: "jwt-kit")], swiftSettings: strict),

        // What stands between the service and others that may fail.
        .target(
            name: "Dependencies",
            dependencies: [
                "Observability", "OutboundHTTP",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        // Documents in, verdicts out.
        .target(
            name: "Pipeline",
            dependencies: ["CLinux", "CSeccomp", "CTesseract", "Dependencies", "Observability", "OutboundHTTP"],
            resources: [
                .embedInCode("Model/Prompts/classify-v1.txt"), .embedInCode("Model/Prompts/extract-v1.txt"),
                .embedInCode("Rules/Data/types.json"),
            ],
            swiftSettings: strict),

        // The service.
        .executableTarget(
            name: "IDPServer",
            dependencies: [
                "CSyncFS", "Dependencies", "EventHTTP", "KafkaClient", "Observability", "OutboundHTTP", "Pipeline",
                "PostgresClient", "Tokens",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            resources: [.embedInCode("Console/Assets")],
            swiftSettings: strict),

        // What single operations cost; run by scripts/bench.sh.
        .executableTarget(
            name: "MicroBenchmarks", dependencies: ["Observability"], path: "Benchmarks/Micro", swiftSettings: strict),

        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        .target(name: "TLSClient", dependencies: ["CLibevent"], path: "Tests/TLSClient", swiftSettings: strict),
        // With OpenSSL for the client's end of TLS.
        .testTarget(
            name: "EventHTTPTests", dependencies: ["EventHTTP", "TLSClient", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "ObservabilityTests",
            dependencies: [
                "Observability", "TestSupport",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "OutboundHTTPTests", dependencies: ["OutboundHTTP", "Observability", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "DependenciesTests",
            dependencies: [
                "Dependencies", "OutboundHTTP", "Observability", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "PostgresClientTests", dependencies: ["PostgresClient", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "KafkaClientTests", dependencies: ["KafkaClient", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "TokensTests",
            dependencies: ["Tokens", "TestSupport", .product(name: "JWTKit", package: "jwt-kit")],
            swiftSettings: strict),
        .testTarget(
            name: "PipelineTests",
            dependencies: [
                "Pipeline", "Dependencies", "Observability", "OutboundHTTP", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "IDPServerTests",
            dependencies: [
                "IDPServer", "Dependencies", "EventHTTP", "KafkaClient", "Observability", "OutboundHTTP", "Pipeline",
                "PostgresClient", "TestSupport", "Tokens",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(name: "EndToEndTests", dependencies: ["IDPServer", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "TidyTests", dependencies: ["TestSupport"], swiftSettings: strict),
    ]
)
