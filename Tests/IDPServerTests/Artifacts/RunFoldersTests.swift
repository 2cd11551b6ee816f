import Foundation
import Testing

@testable import IDPServer

struct RunFoldersTests {
    /// Whatever else lies beside the runs is somebody else's.
    @Test func knowsItsOwnFolders() throws {
        let root = NSTemporaryDirectory() + "folders-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: root) }
        let id = RunID(at: Timestamp(milliseconds: 1_795_439_258_123))
        let old = "5f0c4d3e-9a52-4f0e-8f3c-0d7a52a1b2c3"
        for path in [
            "2026-11-23/\(id)/meta", "2026-11-23/\(old)/meta", "2026-11-23/\(old)/input", "2026-11-23/notes",
            "2026-11-23/\(UUID().uuidString.lowercased())/photos", "backup/\(id)/meta", "2026-11-2x/\(id)/meta",
            "2026-11-24/\(id)/meta", "elsewhere",
        ] {
            try FileManager.default.createDirectory(atPath: root + "/" + path, withIntermediateDirectories: true)
        }
        try Data(count: 1000).write(to: URL(fileURLWithPath: root + "/2026-11-23/\(old)/input/document.pdf"))
        try FileManager.default.createSymbolicLink(
            atPath: root + "/2026-11-22", withDestinationPath: root + "/2026-11-23")
        let linked = root + "/2026-11-23/0b0c4d3e-9a52-4f0e-8f3c-0d7a52a1b2c3"
        try FileManager.default.createSymbolicLink(
            atPath: linked, withDestinationPath: root + "/2026-11-23/\(old)")
        let folders = RunFolders(root + "/")
        #expect(folders.days() == ["2026-11-24", "2026-11-23"])
        #expect(folders.runs(on: "2026-11-23") == [id])
        #expect(folders.foreignRuns(on: "2026-11-23") == [root + "/2026-11-23/\(old)"])
        // An id of another day is not this day's run, but it is a run's folder.
        #expect(folders.runs(on: "2026-11-24").isEmpty)
        #expect(folders.foreignRuns(on: "2026-11-24") == [root + "/2026-11-24/\(id)"])
        #expect(folders.bytes(of: root + "/2026-11-23/\(old)") == 1000)
    }
}
