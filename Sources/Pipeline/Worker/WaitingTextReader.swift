internal import Foundation

/// A `pdftotext` that was started ahead and waits for a document on its standard input. Used once.
///
/// Two thirds of what the tool costs on a page of text is its own start, which so is over when a document comes.
final class WaitingTextReader {
    /// Larger files are mapped by the tool itself, which need not copy what it does not look at.
    private static let largestFile = 4 << 20

    private let tool: RunningTool
    private let maxPages: Int

    /// - Throws: `WorkerFailure` when it cannot be started.
    init(maxPages: Int, _ toolbox: Toolbox, _ configuration: WorkerConfiguration) throws {
        self.maxPages = maxPages
        tool = try ToolRun.waiting(
            "pdftotext", Self.arguments(maxPages: maxPages, document: "-"), toolbox, configuration)
    }

    /// How the text layer of up to one page more than `maxPages` is asked for.
    static func arguments(maxPages: Int, document: String) -> [String] {
        ["-tsv", "-l", String(maxPages + 1), document, "-"]
    }

    /// Reads the document; nil when it does not fit this reader.
    func read(_ file: UnsafeRawBufferPointer, maxPages: Int, _ run: ToolRun) -> ToolRun.Outcome? {
        guard maxPages == self.maxPages, file.count <= Self.largestFile, tool.isRunning else { return nil }
        return run.finish(tool, feeding: file)
    }
}
