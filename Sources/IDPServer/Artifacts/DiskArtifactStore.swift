import CSyncFS
import Foundation
import Observability
import Pipeline
import Synchronization

/// The run folders on disk.
///
/// DESIGN. A document arrives as a spooled file under `RUNS_DIR/.spool` and becomes a run's by a rename on the same
/// filesystem: nothing is copied. Durability is bought for many runs at a time: `makeDurable` is one syncfs(2), which
/// puts every file and folder made so far on stable storage. Measured on ext4 with 20 KB documents: 5 ms for one run
/// and 8 ms for 64, where fsync of each file and of the three folders above it took 15 ms and 690 ms. Its price is that
/// it waits for other writers of the filesystem too; with 200 MB/s of foreign writes it stayed below the fsyncs.
///
/// The store is the truth of a run's state. `job.json` and `final_result.json` are for people and other programs; they
/// are written in one step each but not flushed, and repaired from the store after a crash.
///
/// Modes: folders 0700, files 0600. All calls block on the disk: run them on queues.
final class DiskArtifactStore: Sendable {
    /// `RUNS_DIR`, as given.
    let runsDirectory: String
    /// Where uploads are spooled; emptied by `init`.
    let spoolDirectory: String
    private let isShared: Bool
    private let directory: Int32
    private let lock: FileLock
    /// Holds this process's own spool; nil where the whole folder is its own.
    private let spoolLock: FileLock?
    private let syncs = Atomic<Int>(0)
    private let latestDay = Mutex<DayFolder?>(nil)

    /// Makes the folders that are missing, takes the folder for this process and empties the spool.
    ///
    /// - Parameter isShared: whether other nodes may use the folder too; then each has a spool of its own.
    /// - Throws: `STORAGE_FAILED` when the folder cannot be made or another process has it.
    init(runsDirectory: String, isShared: Bool = false) throws(ServiceError) {
        let root = RunFolders(runsDirectory).runsDirectory
        self.runsDirectory = root
        self.isShared = isShared
        spoolDirectory = root + "/.spool" + (isShared ? "/\(UInt64.random(in: 0 ... .max))" : "")
        do {
            try FileSystem.makeFolders(root)
            // Two servers on one folder would run each job twice, unless they share the store as well.
            lock = try FileLock(root + "/.lock", whose: "running on this folder", isShared: isShared)
            if isShared {
                DiskArtifactStore.removeDeadSpools(root + "/.spool")
            } else {
                try FileSystem.removeTree(spoolDirectory)
            }
            try FileSystem.makeFolders(spoolDirectory)
            spoolLock = isShared ? try FileLock(folder: spoolDirectory) : nil
        } catch {
            throw error.serviceError(otherwise: .storageFailed)
        }
        directory = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else {
            throw FileError(call: "open", path: root, number: errno).serviceError(otherwise: .storageFailed)
        }
    }

    deinit {
        close(directory)
        // A leftover that the next node to start removes if it fails.
        if isShared { try? FileSystem.removeTree(spoolDirectory) }
    }

    /// Flushes so far, for tests and metrics.
    var syncCount: Int { syncs.load(ordering: .relaxed) }

    /// The folder of a run.
    func folder(_ id: RunID) -> RunFolder { RunFolder(runsDirectory: runsDirectory, runID: id) }

    /// Makes the run's folder and moves the document into it. Nothing is durable before `makeDurable`. When it throws,
    /// what it had made is gone.
    ///
    /// - Parameter isDescribed: whether `metadata.json` and `job.json` are written too. They take as long to make as
    ///   the rest, and can be added at any time: by `describe`, or by the first `writeJob`.
    /// - Throws: `STORAGE_FULL` or `STORAGE_FAILED`.
    func takeOver(
        _ submitted: SubmittedDocument, _ record: RunRecord, isDescribed: Bool = true
    ) throws(ServiceError) -> RunFolder {
        let folder = folder(record.id)
        do {
            let day = try makeFolders(folder)
            try submitted.move(folder.documentPath(submitted.document))
            if isDescribed { try addDescription(record, in: day) }
        } catch {
            remove(record.id)
            guard let error = error as? FileError else {
                throw ServiceError(.storageFailed, cause: String(describing: error))
            }
            throw error.serviceError(otherwise: .storageFailed)
        }
        return folder
    }

    /// Puts every folder taken over so far on stable storage (syncfs(2); it reports write errors since Linux 5.8).
    ///
    /// - Throws: `STORAGE_FULL` or `STORAGE_FAILED`.
    func makeDurable() throws(ServiceError) {
        syncs.wrappingAdd(1, ordering: .relaxed)
        guard syncfs(directory) == 0 else {
            throw FileError(call: "syncfs", path: runsDirectory, number: errno)
                .serviceError(otherwise: .storageFailed)
        }
    }

    /// Whether `makeDurable` covers that file as well.
    func isOnSameFilesystem(as path: String) -> Bool {
        var own = stat()
        var other = stat()
        return fstat(directory, &own) == 0 && stat(path, &other) == 0 && own.st_dev == other.st_dev
    }

    /// Replaces `job.json`; adds `metadata.json` where the run has not been described yet.
    func writeJob(_ record: RunRecord) throws(ServiceError) {
        try replace(folder(record.id).jobPath, with: RunJobFile(record).bytes, of: record)
    }

    /// Writes `metadata.json` and `job.json` of a run that was taken over without, unless somebody else has begun to:
    /// nothing that is there is replaced.
    func describe(_ record: RunRecord) throws(ServiceError) {
        let folder = folder(record.id)
        guard mkdir(folder.metaPath, 0o700) == 0 else { return }
        do throws(FileError) {
            try FileSystem.write(RunMetadataFile(record).bytes, to: folder.metadataPath)
            try FileSystem.write(RunJobFile(record).bytes, to: folder.jobPath, isNew: true)
        } catch where error.number == EEXIST {
            return
        } catch {
            throw error.serviceError(otherwise: .storageFailed)
        }
    }

    /// Writes `final_result.json` of a completed or failed run.
    func writeFinalResult(_ record: RunRecord) throws(ServiceError) {
        try replace(folder(record.id).finalResultPath, with: FinalResultFile(record).bytes, of: record)
    }

    /// Removes `final_result.json` of a run that has none any more; that it is gone already is no harm.
    func removeFinalResult(_ id: RunID) { unlink(folder(id).finalResultPath) }

    /// Whether the document is there with its size.
    func hasDocument(_ record: RunRecord) -> Bool {
        var info = stat()
        return stat(folder(record.id).documentPath(record.document), &info) == 0
            && Int(info.st_size) == record.document.size
    }

    /// Removes a run's folder; the day's folder too when it was the last one in it. Failing is no harm: what is left is
    /// found by the next sweep.
    func remove(_ id: RunID) {
        removeFolder(folder(id).path)
    }

    /// Rewrites the files of an ended run unless they say what the store says. A run whose folder is gone stays so.
    func repair(_ record: RunRecord) {
        let folder = folder(record.id)
        guard access(folder.path, F_OK) == 0 else { return }
        // Failing leaves the files as they are: they are not the truth.
        if DiskArtifactStore.read(RunJobFile.self, folder.jobPath) != RunJobFile(record) { try? writeJob(record) }
        guard record.state != .cancelled else { return }
        if DiskArtifactStore.read(FinalResultFile.self, folder.finalResultPath) != FinalResultFile(record) {
            try? writeFinalResult(record)
        }
    }

    /// Removes a folder that `folders` has found; the day's folder too when it was the last one in it. Failing is no
    /// harm: what is left is found by the next sweep.
    func removeFolder(_ path: String) {
        try? FileSystem.removeTree(path)
        if rmdir((path as NSString).deletingLastPathComponent) == 0 { latestDay.withLock { $0 = nil } }
    }

    /// What lies in the runs folder.
    var folders: RunFolders { RunFolders(runsDirectory) }

    /// The days that have folders, newest first. Anything that is not named like a day is not ours.
    func days() -> [String] { folders.days() }

    /// The runs that have a folder on that day. Anything that is not named like a run of that day is not ours.
    func runs(on day: String) -> [RunID] { folders.runs(on: day) }

    /// Bytes free for us on the filesystem.
    func freeBytes() throws(ServiceError) -> Int {
        do throws(FileError) {
            return try FileSystem.freeBytes(runsDirectory)
        } catch {
            throw error.serviceError(otherwise: .storageFailed)
        }
    }

    /// Makes the run's folders, relative to the open folder of their day: walking down from the root for each of ten
    /// calls cost as much as some of them.
    private func makeFolders(_ folder: RunFolder) throws(FileError) -> DayFolder {
        let name = folder.runID.description
        var day = try dayFolder(folder.dayPath)
        do {
            try FileSystem.makeFolder(name, in: day.descriptor)
        } catch where error.number == ENOENT {
            // The day's folder has been removed since: its last run expired.
            latestDay.withLock { $0 = nil }
            day = try dayFolder(folder.dayPath)
            try FileSystem.makeFolder(name, in: day.descriptor)
        }
        try FileSystem.makeFolder(RunFolder.inputName(name), in: day.descriptor)
        return day
    }

    private func addDescription(_ record: RunRecord, in day: DayFolder) throws(FileError) {
        let name = record.id.description
        try FileSystem.makeFolder(RunFolder.metaName(name), in: day.descriptor)
        try FileSystem.write(RunMetadataFile(record).bytes, to: RunFolder.metadataName(name), in: day.descriptor)
        try FileSystem.write(RunJobFile(record).bytes, to: RunFolder.jobName(name), in: day.descriptor)
    }

    private func dayFolder(_ path: String) throws(FileError) -> DayFolder {
        if let day = latestDay.withLock({ $0 }), day.path == path { return day }
        let day = try DayFolder(path)
        latestDay.withLock { $0 = day }
        return day
    }

    private func replace(_ path: String, with bytes: [UInt8], of record: RunRecord) throws(ServiceError) {
        do throws(FileError) {
            do throws(FileError) {
                try FileSystem.replace(path, with: bytes)
            } catch where error.number == ENOENT {
                // The run has not been described yet. Its own folder is not made again: it may have been removed.
                let folder = folder(record.id)
                try FileSystem.makeFolder(folder.metaPath)
                try FileSystem.write(RunMetadataFile(record).bytes, to: folder.metadataPath)
                try FileSystem.replace(path, with: bytes)
            }
        } catch {
            throw error.serviceError(otherwise: .storageFailed)
        }
    }

    private static func read<Value: Decodable>(_ type: Value.Type, _ path: String) -> Value? {
        // A file that cannot be read is as good as none.
        guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: path)) else { return nil }
        return try? JSONDecoder().decode(type, from: bytes)
    }

    /// Removes the spools of nodes that are gone: nobody holds their locks.
    private static func removeDeadSpools(_ parent: String) {
        for name in (try? FileSystem.names(in: parent)) ?? [] {
            guard let held = try? FileLock(folder: parent + "/" + name) else { continue }
            withExtendedLifetime(held) { try? FileSystem.removeTree(parent + "/" + name) }
        }
    }
}

/// The open folder of one day.
private final class DayFolder: Sendable {
    let path: String
    let descriptor: Int32

    /// Makes the folder if it is not there.
    init(_ path: String) throws(FileError) {
        try FileSystem.makeFolder(path)
        self.path = path
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(call: "open", path: path, number: errno) }
    }

    deinit { close(descriptor) }
}
