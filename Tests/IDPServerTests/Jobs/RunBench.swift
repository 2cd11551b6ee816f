import Foundation
import Logging
import Observability
import Pipeline
import Synchronization

@testable import IDPServer

/// A run service over a folder of its own, a real store and a judge that does what a test says.
final class RunBench: Sendable {
    let folder: String
    let settings: Settings
    let registry = MetricRegistry(exclusiveLanes: 8)
    let artifacts: DiskArtifactStore
    let store: SQLiteJobStore
    let service: RunService
    let log = RecordedLog()

    /// - Parameters:
    ///   - folder: of an earlier bench, to start again where it stopped; else a new one.
    ///   - syncDocuments: stands in for the flush of the run folders.
    init(
        in folder: String = RunBench.newFolder(), environment: [String: String] = [:],
        now: @escaping @Sendable () -> Timestamp = Timestamp.now,
        syncDocuments: (@Sendable () throws(ServiceError) -> Void)? = nil,
        availableMemory: @escaping @Sendable () -> Int? = { nil }, remote: (any RemoteArtifacts)? = nil,
        judge: @escaping @Sendable (JudgeRequest) throws(ServiceError) -> Judgement
    ) throws {
        self.folder = folder
        let own = ["IDP_RUNS_DIR": folder, "IDP_WORKERS": "2", "IDP_DISK_RESERVE_BYTES": "0"]
        settings = try Settings.load(environment: own.merging(environment) { $1 })
        let artifacts = try DiskArtifactStore(runsDirectory: folder)
        self.artifacts = artifacts
        let sync: @Sendable () throws(ServiceError) -> Void = { () throws(ServiceError) in
            if let syncDocuments { try syncDocuments() } else { try artifacts.makeDurable() }
        }
        guard case .sqlite(let path) = settings.storage.store else { throw Unexpected("another store") }
        store = try SQLiteJobStore(path: path, batchLimit: settings.storage.batchLimit) {
            SQLiteJobStore.DocumentSync(sync: sync, coversStore: artifacts.isOnSameFilesystem(as: path))
        }
        let log = log
        let logger = Logger(label: "test") { _ in RecordingLogHandler(log: log) }
        service = RunService(
            settings: settings, judge: ScriptedJudge(script: judge), store: store, artifacts: artifacts, remote: remote,
            registry: registry, logger: logger, availableMemory: availableMemory, now: now)
    }

    deinit {
        service.drain(by: .after(.seconds(5)))
        // Only a leftover in the system's temporary folder if it fails.
        try? FileManager.default.removeItem(atPath: folder)
    }

    static func newFolder() -> String { NSTemporaryDirectory() + "runs-\(UInt64.random(in: 0 ... .max))" }

    /// A document as the front would have spooled it.
    func document(_ text: String = "%PDF-1.7 test") throws -> SubmittedDocument {
        let path = artifacts.spoolDirectory + "/\(UInt64.random(in: 0 ... .max))"
        // Not `Data.write(to:)`, which flushes each file, as the front does not.
        try FileSystem.write(Data(text.utf8), to: path)
        let facts = RunDocument(fileExtension: "pdf", size: text.utf8.count, sha256: Array(repeating: 0xAB, count: 32))
        return SubmittedDocument(document: facts) { try FileSystem.move(path, to: $0) }
    }

    func submission(_ change: (inout Submission) -> Void = { _ in }) throws -> Submission {
        var submission = Submission(document: try document(), fio: "Ахметов Нурлан Болатұлы")
        change(&submission)
        return submission
    }

    /// Submits and waits for the answer.
    func submit(_ change: (inout Submission) -> Void = { _ in }) async throws -> RunRecord {
        try await submitted(change).record
    }

    /// Submits and waits for the answer, which may be an earlier run.
    func submitted(_ change: (inout Submission) -> Void = { _ in }) async throws -> SubmittedRun {
        let submission = try submission(change)
        return try await withCheckedContinuation { continuation in
            service.submit(submission) { continuation.resume(returning: $0) }
        }.get()
    }

    /// Runs a document as /v1/process does.
    func process(
        deadline: Deadline = .after(.seconds(30)), cancellation: CancellationToken = CancellationToken(),
        _ change: (inout Submission) -> Void = { _ in }
    ) async throws -> RunOutcome {
        let submission = try submission(change)
        return await withCheckedContinuation { continuation in
            service.process(submission, deadline: deadline, cancellation: cancellation) {
                continuation.resume(returning: $0)
            }
        }
    }

    /// Runs a document as /v1/process does, behind the adaptive limit.
    func processWithinLimit(_ submission: Submission) async -> RunOutcome {
        await withCheckedContinuation { continuation in
            service.processWithinLimit(
                submission, deadline: .after(.seconds(30)), cancellation: CancellationToken()
            ) { continuation.resume(returning: $0) }
        }
    }

    /// Waits for the end of a run.
    func end(of id: RunID) async throws -> RunRecord {
        try await reach(nil, id)
    }

    /// Waits until a run is in that state or has ended.
    @discardableResult
    func reach(_ state: RunState?, _ id: RunID) async throws -> RunRecord {
        var record = try service.record(for: id)
        while record.state != state, !record.state.isFinal {
            let from = record.state
            let next = await withCheckedContinuation { continuation in
                service.waitForChange(of: id, from: from, by: .after(.seconds(20))) {
                    continuation.resume(returning: $0)
                }
            }
            guard let next else { throw ServiceError(.jobNotFound) }
            record = next
        }
        return record
    }

    func cancel(_ id: RunID) async throws -> CancelOutcome {
        try await withCheckedContinuation { continuation in
            service.cancel(id) { continuation.resume(returning: $0) }
        }.get()
    }

    /// A sample of the registry's exposition, `name{labels}`; nil when it is not there.
    func metric(_ series: String) -> Double? {
        let text = String(decoding: registry.rendered(), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix(series + " ") }
        return line.flatMap { Double($0.dropFirst(series.count + 1)) }
    }

    /// A file of a run as text.
    func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
}

/// Does what a test says.
private struct ScriptedJudge: DocumentJudge {
    let script: @Sendable (JudgeRequest) throws(ServiceError) -> Judgement

    func judge(_ request: JudgeRequest) throws(ServiceError) -> Judgement { try script(request) }
}

extension Judgement {
    /// A judgement with that verdict; a false one gives the reason.
    static func sample(_ reason: VerdictReason? = nil) -> Judgement {
        let check = Check(passed: reason == nil, why: "test")
        let single = Finding(value: true, confidence: 1, words: "", source: "test")
        return Judgement(
            verdict: reason == nil, reasons: reason.map { [$0] } ?? [],
            extraction: Extraction(docType: nil, singleDocType: single, fio: nil, docDate: nil),
            checks: Checks(fioMatch: check, docTypeKnown: check, singleDocType: check, docDateValid: check),
            stages: [StageTiming(stage: .text, seconds: 0.25)], pages: 1)
    }
}

/// Holds judges until a test opens it; a cancelled judge leaves with `CLIENT_CLOSED_REQUEST`, as the pipeline does.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting = 0
        var arrivals: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())
    private let condition = NSCondition()

    func open() {
        condition.lock()
        state.withLock { $0.isOpen = true }
        condition.broadcast()
        condition.unlock()
    }

    /// Blocks the calling worker.
    func pass(_ token: CancellationToken) throws(ServiceError) {
        let ready = state.withLock { state in
            state.waiting += 1
            let ready = state.arrivals.filter { $0.count <= state.waiting }
            state.arrivals.removeAll { $0.count <= state.waiting }
            return ready
        }
        for arrival in ready { arrival.continuation.resume() }
        token.whileCancellable(onCancel: { _ in self.wake() }) {
            condition.lock()
            while !state.withLock({ $0.isOpen }), !token.isCancelled { condition.wait() }
            condition.unlock()
        }
        if token.isCancelled, !state.withLock({ $0.isOpen }) { throw ServiceError(.clientClosedRequest) }
    }

    /// Waits until so many judges have come.
    func arrivals(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.waiting < count { state.arrivals.append((count, continuation)) }
                return state.waiting >= count
            }
            if isThere { continuation.resume() }
        }
    }

    private func wake() {
        condition.lock()
        condition.broadcast()
        condition.unlock()
    }
}

/// Everything that was logged.
final class RecordedLog: Sendable {
    private let lines = Mutex<[String]>([])

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

private struct RecordingLogHandler: LogHandler {
    let log: RecordedLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        log.add("\(event.level) \(event.message) \(event.metadata ?? [:])")
    }
}

/// Ends a test whose next steps would make no sense.
struct Unexpected: Error {
    let what: String

    init(_ what: String) { self.what = what }
}
