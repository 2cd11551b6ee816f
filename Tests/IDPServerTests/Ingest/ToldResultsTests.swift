import Foundation
import KafkaClient
import Testing

@testable import IDPServer

struct ToldResultsTests {
    @Test func knowsTheRecordsThatWereAnsweredAndNoOthers() throws {
        let folder = NSTemporaryDirectory() + "told-\(UInt64.random(in: 0 ... .max))"
        // Only a leftover in the system's temporary folder if it fails.
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let artifacts = try DiskArtifactStore(runsDirectory: folder)
        let run = RunID(at: Timestamp(milliseconds: 1_700_000_000_000))
        let told = ToldResults(topic: String(repeating: "t", count: 249), artifacts: artifacts)
        let record = KafkaRecord(partition: 1, offset: 7, timestamp: 5, key: nil, value: nil)
        // Without a folder nothing is noted, and nothing breaks.
        told.note(record, of: run)
        #expect(told.has(record, of: run) == false)
        try FileSystem.makeFolders(artifacts.folder(run).metaPath)
        told.note(record, of: run)
        told.note(record, of: run)
        #expect(told.has(record, of: run))
        // The next record, another partition's, one that was sent again, one of a topic that was made anew.
        for (partition, offset, timestamp) in [(1, 8, 5), (2, 7, 5), (1, 7, 6)] as [(Int32, Int64, Int64)] {
            let other = KafkaRecord(partition: partition, offset: offset, timestamp: timestamp, key: nil, value: nil)
            #expect(told.has(other, of: run) == false)
        }
        #expect(ToldResults(topic: "other", artifacts: artifacts).has(record, of: run) == false)
        #expect(told.has(record, of: RunID(at: Timestamp(milliseconds: 1_700_000_000_001))) == false)
    }
}
