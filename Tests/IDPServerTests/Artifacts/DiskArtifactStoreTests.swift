import Foundation
import Observability
import Pipeline
import Testing

@testable import IDPServer

struct DiskArtifactStoreTests {
    private let root = NSTemporaryDirectory() + "artifacts-\(UInt64.random(in: 0 ... .max))"

    private func record(_ id: RunID) throws -> RunRecord {
        RunRecord(
            id: id, kind: .job, createdAt: id.moment, fio: "Ахметов Нурлан",
            today: try #require(CalendarDate(iso: "2026-01-01")), requestID: "req-1",
            document: RunDocument(fileExtension: "pdf", size: 4, sha256: Array(0..<32)))
    }

    private func submitted(_ store: DiskArtifactStore, _ document: RunDocument) throws -> SubmittedDocument {
        let path = store.spoolDirectory + "/upload"
        try FileSystem.write(Data("%PDF".utf8), to: path)
        return SubmittedDocument(document: document) { try FileSystem.move(path, to: $0) }
    }

    @Test func laysOutTheFolderOfTheContract() throws {
        let store = try DiskArtifactStore(runsDirectory: root + "/deep/runs")
        defer { try? FileManager.default.removeItem(atPath: root) }
        var record = try record(RunID(at: Timestamp(milliseconds: 1_795_439_258_123)))
        let folder = try store.takeOver(try submitted(store, record.document), record)
        try store.makeDurable()
        #expect(folder.path == "\(root)/deep/runs/2026-11-23/\(record.id)")
        #expect(try String(contentsOfFile: folder.path + "/input/document.pdf", encoding: .utf8) == "%PDF")
        #expect(
            try String(contentsOfFile: folder.path + "/meta/metadata.json", encoding: .utf8) == """
                {"created_at":"2026-11-23T13:07:38.123Z","document":{"bytes":4,"ext":"pdf","sha256":"\
                000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"},"kind":"job",\
                "request_id":"req-1","run_id":"\(record.id)"}
                """)
        #expect(
            try String(contentsOfFile: folder.path + "/meta/job.json", encoding: .utf8) == """
                {"attempts":0,"created_at":"2026-11-23T13:07:38.123Z","errors":null,"finished_at":null,"kind":"job",\
                "run_id":"\(record.id)","started_at":null,"status":"accepted","verdict":null}
                """)
        record.state = .completed
        record.verdict = false
        record.reasons = [.docDateTooOld, .fioMismatch]
        try store.writeFinalResult(record)
        #expect(
            try String(contentsOfFile: folder.path + "/meta/final_result.json", encoding: .utf8) == """
                {"errors":[{"code":"DOC_DATE_TOO_OLD"},{"code":"FIO_MISMATCH"}],"run_id":"\(record.id)","verdict":false}
                """)
        record.state = .failed
        record.verdict = nil
        record.failure = .ocrFailed
        try store.writeFinalResult(record)
        #expect(
            try String(contentsOfFile: folder.path + "/meta/final_result.json", encoding: .utf8) == """
                {"errors":[{"code":"OCR_FAILED"}],"run_id":"\(record.id)","verdict":null}
                """)
        let meta = try FileManager.default.contentsOfDirectory(atPath: folder.metaPath).sorted()
        #expect(meta == ["final_result.json", "job.json", "metadata.json"])
    }

    /// Documents of applicants are nobody else's business on a shared machine.
    @Test func letsNobodyElseIn() throws {
        let store = try DiskArtifactStore(runsDirectory: root)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let record = try record(RunID(at: .now()))
        _ = try store.takeOver(try submitted(store, record.document), record)
        let paths = try #require(FileManager.default.enumerator(atPath: root)).compactMap { $0 as? String }
        #expect(paths.count >= 8)
        for path in paths {
            let facts = try FileManager.default.attributesOfItem(atPath: root + "/" + path)
            let isFolder = facts[.type] as? FileAttributeType == .typeDirectory
            #expect((facts[.posixPermissions] as? Int) == (isFolder ? 0o700 : 0o600), "\(path)")
        }
    }

    @Test func keepsNothingOfWhatItCouldNotTake() throws {
        let store = try DiskArtifactStore(runsDirectory: root)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let record = try record(RunID(at: .now()))
        let document = SubmittedDocument(document: record.document) { _ in
            throw FileError(call: "rename", path: "secret", number: ENOSPC)
        }
        let error = #expect(throws: ServiceError.self) { try store.takeOver(document, record) }
        #expect(error?.code == .storageFull)
        #expect(store.days().isEmpty)
        // The day's folder is made again for the next run.
        _ = try store.takeOver(try submitted(store, record.document), record)
    }

    @Test func emptiesTheSpoolAndKeepsTheRuns() throws {
        let id = RunID(at: .now())
        do {
            let store = try DiskArtifactStore(runsDirectory: root)
            let record = try record(id)
            _ = try store.takeOver(try submitted(store, record.document), record)
            _ = try submitted(store, record.document)
        }
        defer { try? FileManager.default.removeItem(atPath: root) }
        let again = try DiskArtifactStore(runsDirectory: root + "/")
        #expect(try FileManager.default.contentsOfDirectory(atPath: again.spoolDirectory).isEmpty)
        #expect(again.runs(on: try #require(again.days().first)) == [id])
        #expect(again.hasDocument(try record(id)))
    }

    @Test func isTakenByOneProcessOnly() throws {
        let store = try DiskArtifactStore(runsDirectory: root)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let error = #expect(throws: ServiceError.self) { try DiskArtifactStore(runsDirectory: root) }
        #expect(error?.cause?.contains("another idp-server") == true)
        withExtendedLifetime(store) {}
    }

    /// Sweeps must never touch what is not theirs.
    @Test func seesOnlyItsOwnFolders() throws {
        let store = try DiskArtifactStore(runsDirectory: root)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let id = RunID(at: Timestamp(milliseconds: 1_795_439_258_123))
        let names = [
            "2026-11-23/\(id)", "2026-11-24/\(id)", "2026-11-23/notes", "2026-11-23/\(id)x", "backup/\(id)", "2026-1-1",
            "2026-11-2３", "lost+found",
        ]
        for name in names {
            try FileManager.default.createDirectory(atPath: root + "/" + name, withIntermediateDirectories: true)
        }
        #expect(store.days() == ["2026-11-24", "2026-11-23"])
        #expect(store.runs(on: "2026-11-23") == [id])
        #expect(store.runs(on: "2026-11-24").isEmpty)
        store.remove(id)
        #expect(FileManager.default.fileExists(atPath: root + "/2026-11-23/notes"))
        #expect(!FileManager.default.fileExists(atPath: root + "/2026-11-23/\(id)"))
    }

    @Test func removesTreesWithoutFollowingLinks() throws {
        let outside = root + "/outside"
        try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        try Data("keep".utf8).write(to: URL(fileURLWithPath: outside + "/file"))
        try FileManager.default.createDirectory(atPath: root + "/run", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: root + "/run/link", withDestinationPath: outside)
        try FileSystem.removeTree(root + "/run")
        #expect(!FileManager.default.fileExists(atPath: root + "/run"))
        #expect(FileManager.default.fileExists(atPath: outside + "/file"))
    }
}
