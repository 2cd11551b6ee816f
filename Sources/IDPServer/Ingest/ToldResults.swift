internal import EventHTTP
internal import Foundation
internal import KafkaClient
internal import Observability

/// Which records' results brokers have acknowledged: an empty file for each in its run's folder.
///
/// DESIGN. What is committed is one offset a partition, so a result that was told may have to wait for an earlier one
/// before its record is committed, and after a crash that record is read again. This note keeps its result from being
/// told again. It is a help, not the truth: it is written after the acknowledgement and not flushed, and goes with the
/// folder; without it a result is told twice, never not at all. A record is known by its topic, place and time, so that
/// one which was sent again on purpose, or a topic that was made anew, is another one.
struct ToldResults: Sendable {
    let topic: String
    let artifacts: DiskArtifactStore

    /// The result of a record has been acknowledged. Writes a file; any thread.
    func note(_ record: KafkaRecord, of run: RunID) {
        // Where the folder has gone, or nothing can be written, the result may be told again.
        try? FileSystem.write([UInt8](), to: path(record, run))
    }

    /// Whether it has been. Asks the disk.
    func has(_ record: KafkaRecord, of run: RunID) -> Bool { access(path(record, run), F_OK) == 0 }

    private func path(_ record: KafkaRecord, _ run: RunID) -> String {
        var name: [UInt8] = []
        // A topic's name may be as long as a file's.
        for byte in SHA256Digest.hash([Array(topic.utf8)]).prefix(4) { HexText.append(byte, to: &name) }
        let place = "\(record.partition)-\(record.offset)-\(record.timestamp)"
        return artifacts.folder(run).metaPath + "/told-\(String(decoding: name, as: UTF8.self))-\(place)"
    }
}
