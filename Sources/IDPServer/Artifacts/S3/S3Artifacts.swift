import Dependencies
import Dispatch
import Foundation
import Logging
import Observability
import OutboundHTTP
import Pipeline
import Synchronization

/// Run folders in a bucket: `prefix/YYYY-MM-DD/<run_id>/…`, the same names as on disk.
///
/// DESIGN. `follow` keeps one waiting state per run, so a run that moves fast is put once; a few queues take them. The
/// calls there are patient: an outage makes them wait, not fail, for as long as `followTime`. What is lost with the
/// process is put by the next start, because a folder that is still on disk after its run's end says so.
final class S3Artifacts: RemoteArtifacts {
    private struct State {
        /// The latest state of each run that waits to be put.
        var waiting: [RunID: RunRecord] = [:]
        var active = 0
        var isProbing = false
    }

    /// How long a submission waits for the bucket, all attempts together.
    private static let storeTime = Duration.seconds(20)
    /// How long a background put waits for it.
    private static let followTime = Duration.seconds(600)
    /// How long a failed background put waits for its next try.
    private static let refollowDelay = DispatchTimeInterval.seconds(10)
    /// States that may wait; beyond that the oldest are left to the next start's repair.
    private static let waitingMax = 100_000
    private static let width = 4

    private let local: DiskArtifactStore
    private let client: S3Client
    private let location: S3Location
    private let logger: Logger
    private let state = Mutex(State())
    private let idle = DispatchGroup()
    private let queues = (0..<S3Artifacts.width).map { DispatchQueue(label: "idp.s3.\($0)", qos: .utility) }
    private let housekeeping = DispatchQueue(label: "idp.s3.housekeeping", qos: .utility)

    init(
        _ location: S3Location, client: S3Client, local: DiskArtifactStore, registry: MetricRegistry, logger: Logger
    ) {
        self.location = location
        self.client = client
        self.local = local
        self.logger = logger
        registry.observedGauge(
            "idp_artifacts_waiting", help: "Runs whose files are on their way to the bucket."
        ) { [weak self] in Double(self?.state.withLock { $0.waiting.count + $0.active } ?? 0) }
    }

    func store(_ record: RunRecord, _ folder: RunFolder) throws(ServiceError) {
        var call = S3Client.Call(by: .after(Self.storeTime))
        call.parent = record.trace
        do {
            try putDocument(record, folder, call)
        } catch {
            throw ServiceError.ofS3(error)
        }
    }

    func fetchDocument(
        of record: RunRecord, by deadline: Deadline, cancellation: CancellationToken?
    ) throws(ServiceError) {
        if local.hasDocument(record) { return }
        var call = S3Client.Call(by: deadline)
        call.patience = .untilDeadline
        call.cancellation = cancellation
        call.parent = record.trace
        let folder = local.folder(record.id)
        let target = folder.documentPath(record.document)
        // Two nodes never run one job at a time; a name of its own keeps half a file from being taken for a whole one.
        let path = target + ".part"
        do {
            try FileSystem.makeFolders(folder.inputPath)
            try FileSystem.makeFolders(folder.metaPath)
            let download = try client.get(
                key(record.id, folder, target), into: path, limitBytes: max(1, record.document.size),
                expected: record.document.sha256, call)
            guard download.size == record.document.size else { throw S3Error.corrupt }
            try FileSystem.move(path, to: target)
        } catch let error as FileError {
            throw error.serviceError(otherwise: .storageFailed)
        } catch S3Error.tooLarge {
            throw ServiceError.ofS3(S3Error.corrupt)
        } catch {
            throw ServiceError.ofS3(error)
        }
    }

    func hasDocument(_ record: RunRecord) -> Bool {
        let folder = local.folder(record.id)
        let key = key(record.id, folder, folder.documentPath(record.document))
        return (try? client.head(key, .init(by: .after(.seconds(10)))))?.size == record.document.size
    }

    func remove(_ id: RunID) {
        do {
            let call = S3Client.Call(by: .after(.seconds(10)))
            for name in try client.list(location.bucket, prefix: prefix(of: id), call) {
                try client.delete(S3Key(bucket: location.bucket, key: name), call)
            }
        } catch {
            logger.warning(
                "run not removed from the bucket", metadata: ["run_id": "\(id)", "cause": "\(Self.cause(error))"])
        }
    }

    func sweep(before day: String, isKnown: (RunID) -> Bool) {
        let top = location.prefix.isEmpty ? "" : location.prefix + "/"
        do {
            let call = S3Client.Call(by: .after(.seconds(60)))
            let days = try client.list(location.bucket, prefix: top, delimiter: "/", call)
                .map { String($0.dropFirst(top.count).dropLast()) }
            for past in days where RunFolders.isDay(past) && past < day {
                let names = try client.list(location.bucket, prefix: top + past + "/", call)
                for name in names {
                    guard let id = runID(in: name), !isKnown(id) else { continue }
                    try client.delete(S3Key(bucket: location.bucket, key: name), call)
                }
            }
            let uploads = try client.unfinishedUploads(location.bucket, prefix: top, call)
            for upload in uploads {
                // An upload is made within seconds of its run's id: one of a past day has been left behind.
                guard let id = runID(in: upload.key), id.moment.day().description < day else { continue }
                try client.abortParts(S3Key(bucket: location.bucket, key: upload.key), upload.id, call)
            }
        } catch {
            logger.warning("bucket not swept", metadata: ["cause": "\(Self.cause(error))"])
        }
    }

    var failure: String? {
        switch client.client.dependency.circuit {
        case .closed: nil
        case .open, .halfOpen: "the bucket does not answer"
        }
    }

    func probe() {
        guard failure != nil else { return }
        let isMine = state.withLock { state in
            defer { state.isProbing = true }
            return !state.isProbing
        }
        guard isMine else { return }
        housekeeping.async {
            // The breaker learns of the outcome, which is all that is wanted.
            try? self.client.check(self.location.bucket, .init(by: .after(.seconds(10))))
            self.state.withLock { $0.isProbing = false }
        }
    }

    func drain(by deadline: Deadline) -> Bool {
        let left = max(0, deadline.remaining / .milliseconds(1))
        return idle.wait(timeout: .now() + .milliseconds(Int(left))) == .success
    }

    // MARK: In the background

    func follow(_ record: RunRecord) {
        let isNew = state.withLock { state -> Bool in
            if state.waiting.updateValue(record, forKey: record.id) != nil { return false }
            guard state.waiting.count <= Self.waitingMax else {
                state.waiting[record.id] = nil
                return false
            }
            return true
        }
        guard isNew else { return }
        idle.enter()
        // By the run, so that two states of one are never on their way at a time.
        queues[Int(record.id.low % UInt64(Self.width))].async {
            self.putWaiting(record.id)
            self.idle.leave()
        }
    }

    private func putWaiting(_ id: RunID) {
        let next = state.withLock { state -> RunRecord? in
            guard let record = state.waiting.removeValue(forKey: id) else { return nil }
            state.active += 1
            return record
        }
        guard let record = next else { return }
        defer { state.withLock { $0.active -= 1 } }
        var call = S3Client.Call(by: .after(Self.followTime))
        call.patience = .untilDeadline
        call.parent = record.trace
        do {
            let folder = local.folder(record.id)
            // A synchronous run's caller was not made to wait for the bucket.
            if record.kind == .sync, local.hasDocument(record) { try putDocument(record, folder, call) }
            try put(RunJobFile(record).bytes, record.id, folder, folder.jobPath, call)
            switch record.state {
            case .completed, .failed:
                try put(FinalResultFile(record).bytes, record.id, folder, folder.finalResultPath, call)
            case .accepted, .running, .cancelled: break
            }
            let isStillLast = state.withLock { $0.waiting[record.id] == nil }
            if record.state.isFinal, isStillLast { local.remove(record.id) }
        } catch {
            logger.error(
                "run not put into the bucket, to be tried again",
                metadata: ["run_id": "\(record.id)", "cause": "\(Self.cause(error))"])
            // Also where S3 refused: a policy can be mended, and a line that damages requests gives refusals too.
            housekeeping.asyncAfter(deadline: .now() + Self.refollowDelay) { [weak self] in
                guard let self, state.withLock({ $0.waiting[record.id] == nil }) else { return }
                follow(record)
            }
        }
    }

    private func putDocument(_ record: RunRecord, _ folder: RunFolder, _ call: S3Client.Call) throws {
        let path = folder.documentPath(record.document)
        try client.put(
            key(record.id, folder, path), file: path, size: record.document.size, sha256: record.document.sha256,
            contentType: "application/octet-stream", call)
        try put(RunMetadataFile(record).bytes, record.id, folder, folder.metadataPath, call)
    }

    private func put(
        _ body: [UInt8], _ id: RunID, _ folder: RunFolder, _ path: String, _ call: S3Client.Call
    ) throws {
        try client.put(key(id, folder, path), body, contentType: "application/json", call)
    }

    /// The key of a file in a run's folder: the same path below the prefix.
    private func key(_ id: RunID, _ folder: RunFolder, _ path: String) -> S3Key {
        location.key(String(path.dropFirst(folder.runsDirectory.count + 1)))
    }

    private func prefix(of id: RunID) -> String { location.key("\(id.moment.day())/\(id)/").key }

    private func runID(in key: String) -> RunID? {
        let rest = location.prefix.isEmpty ? key[...] : key.dropFirst(location.prefix.count + 1)
        let parts = rest.split(separator: "/")
        guard parts.count >= 3, let id = RunID(String(parts[1])), id.moment.day().description == parts[0] else {
            return nil
        }
        return id
    }

    /// For the log: nothing of a key's text but what is ours.
    private static func cause(_ error: any Error) -> String {
        let known = ServiceError.ofS3(error)
        return known.cause ?? known.code.rawValue
    }
}

extension S3Artifacts {
    /// The bucket that the settings name, for a command that ends soon: nothing of it is scraped. Nil where none is.
    convenience init?(_ settings: Settings, local: DiskArtifactStore) {
        guard let location = settings.storage.artifacts, let configuration = settings.storage.s3 else { return nil }
        let registry = MetricRegistry(exclusiveLanes: 0)
        let logger = Logger(label: "idp")
        let telemetry = DependencyTelemetry(
            registry: registry, logger: logger, unixMilliseconds: WallClock.milliseconds)
        let client = S3Client(configuration, http: HTTPClient(settings.outbound), telemetry: telemetry)
        self.init(location, client: client, local: local, registry: registry, logger: logger)
    }
}
