internal import ArgumentParser
internal import Dispatch
internal import Foundation
internal import Observability

/// `idp-server cleanup`: removes what has outlived IDP_RUNS_RETENTION_DAYS, where no server runs that does it.
struct CleanupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cleanup", abstract: "Remove runs that are older than their retention.",
        discussion: """
            A running server does this by itself, a little at a time; this is for folders that no server looks after. \
            Takes the flags of serve. With --dry-run nothing is changed, and it may be used beside a running server.

            Prints one JSON object a line for each run or folder, then the sums. Only folders of days with runs in \
            them are touched; unfinished jobs stay. Exit status 0 done, 1 the folder or the store cannot be used, 2 \
            a setting is wrong.
            """)

    @Argument(parsing: .captureForPassthrough, help: "--dry-run, and the settings as flags, see serve --help.")
    var arguments: [String] = []

    func run() throws {
        let isDry = arguments.contains("--dry-run")
        let settings = try SettingsLoading.load(arguments.filter { $0 != "--dry-run" }, command: Self.self)
        guard let days = settings.storage.retentionDays else {
            print(#"{"dry_run":\#(isDry),"runs":0,"folders":0,"bytes":0}"#)
            return StandardError.write("IDP_RUNS_RETENTION_DAYS is 0: runs are kept for ever\n")
        }
        do throws(ServiceError) {
            try Cleanup(settings: settings, isDry: isDry).run(days: days, at: .now())
        } catch {
            StandardError.write("idp-server: \(error.message): \(error.cause ?? "")\n")
            throw ExitCode(1)
        }
    }
}

/// One cleanup: goes through runs and folders, removes them unless it is dry, and prints what it did.
private struct Cleanup {
    let isDry: Bool
    /// Nil when it is dry: then nothing is locked.
    private let artifacts: DiskArtifactStore?
    private let folders: RunFolders
    private let store: (any JobStore)?

    /// - Throws: `STORAGE_FAILED` when the folder is a running server's, or store or folder cannot be used.
    init(settings: Settings, isDry: Bool) throws(ServiceError) {
        self.isDry = isDry
        folders = RunFolders(settings.storage.runsDirectory)
        if isDry {
            artifacts = nil
            store = try JobStores.openToRead(settings.storage)
        } else {
            let artifacts = try DiskArtifactStore(
                runsDirectory: settings.storage.runsDirectory, isShared: settings.storage.isShared)
            self.artifacts = artifacts
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
            }
            if !isDry { try write(.expire(step.map(\.id), at: now)) }
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
        if !isDry { try write(.forgetExpired(before: retention.forgetBefore)) }
        try Self.printLine(sums)
    }

    private func report(_ path: String, _ run: EndedRun?, _ sums: inout Sums) throws(ServiceError) {
        let bytes = folders.bytes(of: path)
        sums.bytes += bytes
        try Self.printLine(
            Line(
                folder: path, runID: run?.id.description, state: run?.state.rawValue, bytes: bytes, isRemoved: !isDry))
    }

    private func write(_ change: StoreWrite) throws(ServiceError) {
        guard let store else { return }
        let done = DispatchGroup()
        let outcome = WriteOutcome()
        done.enter()
        store.write(change) { result in
            outcome.set(result)
            done.leave()
        }
        done.wait()
        try outcome.get()
    }

    private static func printLine(_ value: some Encodable) throws(ServiceError) {
        do {
            print(String(decoding: try JSONEncoder.wire.encode(value), as: UTF8.self))
        } catch {
            throw ServiceError(.internalProcessingError, cause: "\(error)")
        }
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
