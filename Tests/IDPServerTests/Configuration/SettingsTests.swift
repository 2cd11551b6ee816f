import EventHTTP
import Foundation
import Pipeline
import Testing

@testable import IDPServer

struct SettingsTests {
    @Test func hasTheContractsDefaults() throws {
        let settings = try Settings.load(cores: 3)
        #expect(settings.front.host == "127.0.0.1")
        #expect(settings.front.port == 8000)
        #expect(settings.front.loops == 3)
        #expect(settings.service.name == "idp-loan-deferment-service")
        #expect(settings.service.environment == "dev")
        #expect(settings.observability.logLevel == "INFO")
        #expect(settings.storage.runsDirectory == "./runs")
        #expect(settings.front.uploadBytesMax == 52_428_800)
        #expect(settings.documents.pagesMax == 20)
        #expect(settings.documents.workers == 3)
        #expect(settings.jobs.processTimeout == .seconds(60))
        #expect(settings.jobs.jobTimeout == .seconds(300))
        #expect(settings.service.shutdownGrace == .seconds(25))
        #expect(settings.storage.store == .sqlite("./runs/jobs.sqlite"))
        #expect(settings.storage.retentionDays == 14)
        #expect(settings.documents.today == nil)
        #expect(!settings.observability.isTracingEnabled)
    }

    @Test func prefersFlagsToEnvironmentToFile() throws {
        let file = try temporaryFile("IDP_PORT=1\nIDP_MAX_PAGES=1\nIDP_APP_NAME=from-file\n")
        defer { try? FileManager.default.removeItem(atPath: file) }
        let settings = try Settings.load(
            flags: ["--port": "3"], environment: ["IDP_PORT": "2", "IDP_MAX_PAGES": "2", "PATH": "/bin"], file: file)
        #expect(settings.front.port == 3)
        #expect(settings.documents.pagesMax == 2)
        #expect(settings.service.name == "from-file")
        let report = settings.report.first { $0.name == "IDP_APP_NAME" }
        #expect(report == SettingReport(name: "IDP_APP_NAME", shown: "from-file", source: .file(path: file, line: 3)))
    }

    @Test func takesTheFileThatTheEnvironmentNames() throws {
        let file = try temporaryFile("IDP_PORT=81")
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(try Settings.load(environment: ["IDP_CONFIG": file]).front.port == 81)
    }

    @Test func takesAnEmptyValueForNone() throws {
        #expect(try Settings.load(environment: ["IDP_TODAY": "", "IDP_PORT": ""]).front.port == 8000)
    }

    @Test func passesOpenTelemetryOn() throws {
        let endpoint = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"]
        let settings = try Settings.load(environment: endpoint.merging(["HOME": "/root"]) { $1 })
        #expect(settings.observability.openTelemetry == endpoint)
    }

    @Test func derivesWhatOthersDecide() throws {
        let settings = try Settings.load(environment: ["IDP_RUNS_DIR": "/srv/runs/", "IDP_WORKERS": "7"], cores: 2)
        #expect(settings.storage.store == .sqlite("/srv/runs/jobs.sqlite"))
        #expect(settings.jobs.interactiveSlots == 7)
        #expect(settings.front.loops == 2)
    }

    /// Each setting with a value that it does not take, and a word that the message must hold.
    @Test(arguments: [
        ("IDP_PORT", "80x", "whole number"), ("IDP_PORT", "65536", "0 to 65535"), ("IDP_PORT", "-1", "0 to 65535"),
        ("IDP_PORT", "+80", "whole number"), ("IDP_PORT", " 80", "whole number"), ("IDP_LOOPS", "0", "from 1"),
        ("IDP_MAX_UPLOAD_BYTES", "50M", "50MiB"), ("IDP_MAX_UPLOAD_BYTES", "0", "from 1"),
        ("IDP_MAX_UPLOAD_BYTES", "99999999999999999999", "size"), ("IDP_MAX_UPLOAD_BYTES", "9999999TiB", "size"),
        ("IDP_PROCESS_TIMEOUT", "0", "50ms"), ("IDP_PROCESS_TIMEOUT", "1e3", "time"),
        ("IDP_PROCESS_TIMEOUT", "inf", "time"), ("IDP_PROCESS_TIMEOUT", "60 s", "time"),
        ("IDP_PROCESS_TIMEOUT", "-5", "time"), ("IDP_PROCESS_TIMEOUT", "5x", "time"),
        ("IDP_TODAY", "2026-02-30", "YYYY-MM-DD"), ("IDP_TODAY", "today", "YYYY-MM-DD"),
        ("IDP_LOG_LEVEL", "LOUD", "TRACE"), ("IDP_LOG_FORMAT", "xml", "json or text"),
        ("IDP_TRACING_ENABLED", "maybe", "true or false"), ("IDP_STORE", "mysql://x", "sqlite:PATH"),
        ("IDP_STORE", "sqlite:", "sqlite:PATH"), ("IDP_STORE", "sqlite::memory:", "sqlite:PATH"),
        ("IDP_ARTIFACTS", "tape", "disk or s3://"),
        ("IDP_ARTIFACTS", "s3://A", "disk or s3://"), ("IDP_AUTH", "basic", "keys:FILE"),
        ("IDP_OCR_LANGUAGES", "rus,kaz", "joined by +"), ("IDP_OCR_LANGUAGES", "../etc", "joined by +"),
        ("IDP_HOST", "a b", "without spaces"), ("IDP_S3_ENDPOINT", "localhost:9000", "http:// or https://"),
        ("IDP_LLM_URL", "http://", "http:// or https://"), ("IDP_KAFKA_BROKERS", "a,,b", "commas"),
        ("IDP_RUNS_RETENTION_DAYS", "two", "whole number"), ("IDP_TYPES_FILE", "/does/not/exist", "cannot be read"),
        ("IDP_RUNS_DIR", "/etc/hostname", "a file"), ("IDP_TLS_CERT", "/none.pem", "needs IDP_TLS_KEY"),
        ("IDP_TLS_KEY", "/none.key", "needs IDP_TLS_CERT"), ("IDP_TLS_CLIENT_CA", "/none.pem", "needs IDP_TLS_CERT"),
        ("IDP_TLS_CLIENT_AUTH", "require", "needs IDP_TLS_CERT"), ("IDP_TLS_CLIENT_AUTH", "maybe", "off, request"),
        ("IDP_UNIX_SOCKET_MODE", "0668", "octal"), ("IDP_UNIX_SOCKET_MODE", "rw", "octal"),
        ("IDP_UNIX_SOCKET", "/" + String(repeating: "s", count: 107), "at most 107 bytes"),
    ])
    func refusesWrongValues(name: String, value: String, phrase: String) throws {
        let error = try #require(throws: SettingsError.self) { try Settings.load(environment: [name: value]) }
        #expect(error.mistakes.map(\.setting) == [name])
        #expect(error.mistakes.map(\.source) == [.environment])
        #expect(error.description.contains(phrase), "\(error)")
    }

    /// Settings of features that are not built yet must not be silently ignored.
    @Test(arguments: [
        ("IDP_AUTH", "jwt"), ("IDP_AUTH", "keys:/etc/keys"),
        ("IDP_LLM_URL", "https://llm.example/v1"), ("IDP_LLM_TIMEOUT", "30s"),
        ("IDP_SIMULATE", "ocr=1s"),
        ("IDP_FAULTS", "llm=error"), ("IDP_WEBHOOK_SECRET", "hush"),
    ])
    func refusesWhatThisBuildCannotDo(name: String, value: String) throws {
        let error = try #require(throws: SettingsError.self) { try Settings.load(environment: [name: value]) }
        #expect(error.mistakes.map(\.setting) == [name])
        #expect(error.description.contains("not supported by this build"))
    }

    @Test func refusesFilesOfTLSThatCannotBeUsed() throws {
        let names = ["IDP_TLS_CERT": "/none.pem", "IDP_TLS_KEY": "/none.key"]
        let error = try #require(throws: SettingsError.self) { try Settings.load(environment: names) }
        #expect(error.mistakes.map(\.setting) == ["IDP_TLS_CERT"])
        #expect(error.description.contains("\"/none.pem\" cannot be read: No such file"), "\(error)")
    }

    @Test func takesTheUnixSocket() throws {
        let settings = try Settings.load(environment: ["IDP_UNIX_SOCKET": "/run/s", "IDP_UNIX_SOCKET_MODE": "600"])
        #expect(settings.front.unixSocket?.path == "/run/s")
        #expect(settings.front.unixSocket?.mode == 0o600)
        #expect(try Settings.load().front.unixSocket == nil)
    }

    @Test func takesTheValuesThatUnbuiltFeaturesHaveWhenOff() throws {
        _ = try Settings.load(environment: ["IDP_AUTH": "none", "IDP_ARTIFACTS": "disk", "IDP_STORE": "sqlite:a.db"])
    }

    @Test func reportsEveryMistakeOfAllSources() throws {
        let file = try temporaryFile("IDP_PRT=1\nnonsense\nIDP_LOOPS=many\n")
        defer { try? FileManager.default.removeItem(atPath: file) }
        let error = try #require(throws: SettingsError.self) {
            try Settings.load(
                flags: ["max-pages": "0", "wrkers": "2"], environment: ["IDP_PORT": "x", "IDP_TODAYY": "2026-01-01"],
                file: file)
        }
        let found = Set(error.mistakes.map { "\($0.setting) \($0.source)" })
        #expect(
            found == [
                "IDP_PRT \(file):1", "line 2 \(file):2", "IDP_LOOPS \(file):3", "IDP_PORT environment",
                "IDP_TODAYY environment", "IDP_MAX_PAGES flag", "--wrkers flag",
            ])
        #expect(error.description.contains("did you mean IDP_PORT?"))
        #expect(error.description.contains("did you mean IDP_TODAY?"))
        #expect(error.description.contains("did you mean --workers?"))
    }

    @Test func suggestsNothingThatIsFarAway() throws {
        let error = try #require(throws: SettingsError.self) { try Settings.load(environment: ["IDP_ZZZZZZZ": "1"]) }
        #expect(error.mistakes.map(\.message) == ["no such setting"])
    }

    @Test func refusesAnUnknownNameEvenIfEmpty() throws {
        #expect(throws: SettingsError.self) { try Settings.load(environment: ["IDP_NOTHING_LIKE_IT": ""]) }
    }

    @Test func saysThatTheFileCannotBeRead() throws {
        let error = try #require(throws: SettingsError.self) { try Settings.load(file: "/does/not/exist") }
        #expect(error.mistakes.map(\.source) == [.file(path: "/does/not/exist", line: nil)])
    }

    @Test(arguments: [
        (["IDP_METRICS_PORT": "8000"], "IDP_METRICS_PORT"),
        (["IDP_SHUTDOWN_DELAY": "26s"], "IDP_SHUTDOWN_DELAY"),
        (["IDP_MAX_TARGET_BYTES": "64KiB"], "IDP_MAX_TARGET_BYTES"),
    ])
    func refusesContradictions(environment: [String: String], name: String) throws {
        let error = try #require(throws: SettingsError.self) { try Settings.load(environment: environment) }
        #expect(error.mistakes.map(\.setting) == [name])
    }

    @Test func neverShowsSecrets() throws {
        let secrets = [
            "IDP_S3_SECRET_KEY": "hush hush", "IDP_LLM_API_KEY": "sk hush", "IDP_WEBHOOK_SECRET": "hush hush",
            "IDP_STORE": "postgre://clerk:hush@db/jobs",
        ]
        let error = try #require(throws: SettingsError.self) { try Settings.load(environment: secrets) }
        #expect(error.mistakes.count == 4)
        #expect(!error.description.contains("hush"))
        #expect(error.description.contains("postgre://***@db/jobs"))
    }

    @Test func givesSecretsNoFlag() throws {
        let error = try #require(throws: SettingsError.self) { try Settings.load(flags: ["llm-api-key": "sk-hush"]) }
        #expect(error.description.contains("a secret has no flag"))
        #expect(!error.description.contains("sk-hush"))
    }

    @Test func listsEverySettingOnceInEveryText() throws {
        let names = Setting.table.map(\.name)
        #expect(Set(names).count == names.count)
        let listing = try Settings.load().listing.split(separator: "\n")
        #expect(listing.count == names.count)
        for name in names {
            #expect(Settings.helpText.contains(name))
            #expect(Settings.markdownTable.contains("`\(name)`"))
        }
    }

    /// A fallback that its own kind refuses would stop the program at start.
    @Test func hasFallbacksThatAreRight() {
        for setting in Setting.table {
            guard let fallback = setting.fallback, !fallback.hasPrefix("<") else { continue }
            #expect(setting.kind.value(of: fallback) != nil, "\(setting.name)")
            #expect(setting.isSupported(fallback), "\(setting.name)")
        }
    }

    private func temporaryFile(_ text: String) throws -> String {
        let path = NSTemporaryDirectory() + "settings-\(UInt64.random(in: 0 ... .max)).env"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }
}
