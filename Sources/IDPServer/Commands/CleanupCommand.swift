internal import ArgumentParser
internal import Dispatch
internal import Foundation
internal import Observability

/// `idp-server cleanup`: removes what has outlived IDP_RUNS_RETENTION_DAYS, where no server runs that does it; with
/// `--run`, one run at once.
struct CleanupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cleanup", abstract: "Remove runs that are older than their retention.",
        discussion: """
            A running server does this by itself, a little at a time; this is for folders that no server looks after. \
            Takes the flags of serve. With --dry-run nothing is changed, and it may be used beside a running server.

            With --run ID it erases that run instead, whatever its age: its folder, its row, its judgement. It may be \
            used beside a running server, which then answers 410 within two seconds. A run that has not ended must be \
            cancelled first.

            Prints one JSON object a line for each run or folder, then the sums. Only folders of days with runs in \
            them are touched; unfinished jobs stay. Exit status 0 done, 1 the folder or the store cannot be used, or \
            there is no such ended run, 2 a setting is wrong.
            """)

    @Argument(parsing: .captureForPassthrough, help: "--dry-run, --run ID, settings as flags: see serve --help.")
    var arguments: [String] = []

    func run() throws {
        let isDry = arguments.contains("--dry-run")
        var flags = arguments.filter { $0 != "--dry-run" }
        let run = try Self.takeRun(from: &flags)
        let settings = try SettingsLoading.load(flags, command: Self.self)
        if let run { return try Self.reported { () throws(ServiceError) in try Erasure(settings, run, isDry).run() } }
        guard let days = settings.storage.retentionDays else {
            print(#"{"dry_run":\#(isDry),"runs":0,"folders":0,"bytes":0}"#)
            return StandardError.write("IDP_RUNS_RETENTION_DAYS is 0: runs are kept for ever\n")
        }
        try Self.reported { () throws(ServiceError) in
            try Cleanup(settings: settings, isDry: isDry).run(days: days, at: .now())
        }
    }

    /// Takes `--run ID` or `--run=ID` out of the flags.
    private static func takeRun(from flags: inout [String]) throws -> RunID? {
        guard let place = flags.firstIndex(where: { $0 == "--run" || $0.hasPrefix("--run=") }) else { return nil }
        var text = flags.remove(at: place)
        if text == "--run" {
            text = place < flags.count ? flags.remove(at: place) : ""
        } else {
            text = String(text.dropFirst("--run=".count))
        }
        guard let run = RunID(text.lowercased()) else {
            StandardError.write("idp-server: --run: must be a run_id as the server gives them\n")
            throw ExitCode(2)
        }
        return run
    }

    /// Runs `body`; what it throws is told on standard error, with exit status 1.
    private static func reported(_ body: () throws(ServiceError) -> Void) throws {
        do throws(ServiceError) {
            try body()
        } catch {
            StandardError.write("idp-server: \(error.message): \(error.cause ?? "")\n")
            throw ExitCode(1)
        }
    }
}

/// The end of one run, beside a running server or without one: nothing is locked, as an ended run never changes.
private struct Erasure {
    private let id: RunID
    private let isDry: Bool
    private let folders: RunFolders
    private let store: any JobStore

    /// - Throws: `STORAGE_FAILED` when the store cannot be used, `JOB_NOT_FOUND` when there is none yet.
    init(_ settings: Settings, _ id: RunID, _ isDry: Bool) throws(ServiceError) {
        self.id = id
        self.isDry = isDry
        folders = RunFolders(settings.storage.runsDirectory)
        let opened = isDry ? try JobStores.openToRead(settings.storage) : try JobStores.openToErase(settings.storage)
        guard let found = opened else { throw ServiceError(.jobNotFound, cause: "there is no job store") }
        store = found
    }

    /// - Throws: `JOB_NOT_FOUND`, `JOB_EXPIRED`, `JOB_NOT_CANCELLABLE` while the run goes on, `STORAGE_FAILED`.
    func run() throws(ServiceError) {
        defer { store.close() }
        let record: RunRecord
        switch try store.run(id) {
        case .found(let found): record = found
        case .expired: throw ServiceError(.jobExpired, cause: "run \(id)")
        case .unknown: throw ServiceError(.jobNotFound, cause: "run \(id)")
        }
        guard record.state.isFinal else {
            throw ServiceError(
                .jobNotCancellable, "The run has not ended; cancel it first", cause: "run \(id) is \(record.state)")
        }
        let path = RunFolder(runsDirectory: folders.runsDirectory, runID: id).path
        let bytes = folders.bytes(of: path)
        if !isDry {
            // The row goes first: who asks meanwhile hears that it is gone, never that its files are.
            try store.writeAndWait(.expire([id], at: .now()))
            do throws(FileError) {
                try FileSystem.removeTree(path)
            } catch {
                throw error.serviceError(otherwise: .storageFailed)
            }
        }
        try CleanupOutput.print(
            Line(folder: path, runID: id.description, state: record.state.rawValue, bytes: bytes, isRemoved: !isDry))
    }
}

/// One cleanup: goes through runs and folders, removes them unless it is dry, and prints what it did.
private struct Cleanup {
    let isDry: Bool
    /// Nil when it is dry: then nothing is locked.
    private let artifacts: DiskArtifactStore?
    /// Nil when it is dry, or nothing is kept beside the disk.
    private let remote: (any RemoteArtifacts)?
    private let folders: RunFolders
    private let store: (any JobStore)?

    /// - Throws: `STORAGE_FAILED` when the folder is a running server's, or store or folder cannot be used.
    init(settings: Settings, isDry: Bool) throws(ServiceError) {
        self.isDry = isDry
        folders = RunFolders(settings.storage.runsDirectory)
        if isDry {
            artifacts = nil
            remote = nil
            store = try JobStores.openToRead(settings.storage)
        } else {
            let artifacts = try DiskArtifactStore(
                runsDirectory: settings.storage.runsDirectory, isShared: settings.storage.isShared)
            self.artifacts = artifacts
            remote = S3Artifacts(settings, local: artifacts)
            store = try JobStores.open(settings.storage, artifacts: artifacts)
        }
    }

    func run(days: Int, at now: Timestamp) throws(ServiceError) {
        defer { store?.close() }
        let retention = Retention(store: store, folders: folders, cutoff: Retention.cutoff(days: days, at: now))
        var sums = Sums(isDry: isDry)
        var last: RunID?
        var step = try retention.runs()
        while !step.isEmpty {
            for run in step {
                let path = RunFolder(runsDirectory: folders.runsDirectory, runID: run.id).path
                sums.runs += 1
                try report(path, run, &sums)
                artifacts?.remove(run.id)
                remote?.remove(run.id)
            }
            if !isDry { try store?.writeAndWait(.expire(step.map(\.id), at: now)) }
            last = step.last?.id
            step = try retention.runs(after: last)
        }
        for day in folders.days() {
            for path in retention.orphans(on: day) {
                sums.folders += 1
                try report(path, nil, &sums)
                artifacts?.removeFolder(path)
            }
        }
        if !isDry { try store?.writeAndWait(.forgetExpired(before: retention.forgetBefore)) }
        try CleanupOutput.print(sums)
    }

    private func report(_ path: String, _ run: EndedRun?, _ sums: inout Sums) throws(ServiceError) {
        let bytes = folders.bytes(of: path)
        sums.bytes += bytes
        try CleanupOutput.print(
            Line(
                folder: path, runID: run?.id.description, state: run?.state.rawValue, bytes: bytes, isRemoved: !isDry))
    }

}

/// What the command says: one JSON object a line.
private enum CleanupOutput {
    static func print(_ value: some Encodable) throws(ServiceError) {
        do {
            Swift.print(String(decoding: try JSONEncoder.wire.encode(value), as: UTF8.self))
        } catch {
            throw ServiceError(.internalProcessingError, cause: "\(error)")
        }
    }
}

extension JobStore {
    /// Writes a change and waits for what came of it: for a command, never for a queue of the server.
    fileprivate func writeAndWait(_ change: StoreWrite) throws(ServiceError) {
        let done = DispatchGroup()
        let outcome = WriteOutcome()
        done.enter()
        write(change) { result in
            outcome.set(result)
            done.leave()
        }
        done.wait()
        try outcome.get()
    }
}

/// One run or folder that is, or would be, removed.
private struct Line: Encodable {
    let folder: String
    /// Nil for a folder that no row stands for.
    let runID: String?
    let state: String?
    let bytes: Int
    let isRemoved: Bool

    private enum CodingKeys: String, CodingKey {
        case folder, state, bytes
        case runID = "run_id"
        case isRemoved = "removed"
    }
}

/// The last line.
private struct Sums: Encodable {
    let isDry: Bool
    var runs = 0
    var folders = 0
    var bytes = 0

    init(isDry: Bool) {
        self.isDry = isDry
    }

    private enum CodingKeys: String, CodingKey {
        case isDry = "dry_run"
        case runs, folders, bytes
    }
}
