internal import ArgumentParser
internal import Foundation
internal import Synchronization

/// Where the reports of a batch go: standard output, or a file that a later batch can go on with. One thread at a time.
final class ReportOutput: Sendable {
    private let format: ReportFormat
    private let fileColumns: Int
    private let terminal: Terminal
    private let handle: FileHandle
    private let bar: ProgressBar
    private let count: Mutex<BatchCount>

    /// - Parameters:
    ///   - file: nil writes to standard output.
    ///   - earlier: what the file holds already; nil begins it anew.
    /// - Throws: `ValidationError` when the file cannot be written.
    init(
        _ format: ReportFormat, file: String?, earlier: EarlierReports?, fileColumns: Int, terminal: Terminal,
        bar: ProgressBar
    ) throws {
        self.format = format
        self.fileColumns = fileColumns
        self.terminal = terminal
        self.bar = bar
        count = Mutex(BatchCount())
        handle = try file.map { try Self.open($0, keeping: earlier?.length ?? 0) } ?? .standardOutput
        if earlier?.length ?? 0 == 0 { write(format.heading(fileColumns: fileColumns)) }
    }

    /// How this batch's own documents came out so far.
    var counted: BatchCount { count.withLock { $0 } }

    /// Writes a report: whole and at once, so that a batch that is killed leaves whole lines.
    func add(_ report: DocumentReport) {
        let now = count.withLock { count in
            count.add(report.verdict)
            return count
        }
        bar.clear()
        write(format.line(report, fileColumns: fileColumns, terminal: terminal))
        bar.show(now)
    }

    private func write(_ text: String) {
        guard !text.isEmpty else { return }
        do {
            try handle.write(contentsOf: Data(text.utf8))
        } catch {
            bar.clear()
            // Nobody reads any more, or the disk is full: what is judged from here on would be lost.
            StandardError.write("idp-server: the output cannot be written: \(error.localizedDescription)\n")
            ProcessCommand.exit(withError: ExitCode(1))
        }
    }

    private static func open(_ path: String, keeping length: Int) throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        guard let handle = FileHandle(forWritingAtPath: path) else {
            throw ValidationError("the output file \(path) cannot be written")
        }
        try handle.truncate(atOffset: UInt64(length))
        try handle.seek(toOffset: UInt64(length))
        return handle
    }
}
