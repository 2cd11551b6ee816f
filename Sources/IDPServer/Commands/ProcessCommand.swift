internal import ArgumentParser
internal import Foundation
internal import Observability
internal import Pipeline

/// `idp-server process`: judges files without a server.
struct ProcessCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "process", abstract: "Judge documents without a server.",
        discussion: """
            Prints one JSON object a line for each file: file, verdict, errors, and what was found. Exit status 0 when \
            every verdict is true, 1 when one is false or a file could not be judged.
            """)

    @Argument(help: "PDF, JPEG, PNG or TIFF files, or folders of them.")
    var files: [String]

    @Option(help: "The applicant's full name.")
    var fio: String

    @Option(help: "The day on which the documents are judged, YYYY-MM-DD; today in UTC+5 if left out.")
    var today: String?

    @Option(help: "Seconds that one document may take.")
    var timeout: Int = 60

    func validate() throws {
        do throws(ServiceError) {
            _ = try ApplicantName(validating: fio)
        } catch {
            throw ValidationError("--fio \(error.fields.map(\.message).joined(separator: "; "))")
        }
        if let today, CalendarDate(iso: today) == nil { throw ValidationError("--today is written YYYY-MM-DD") }
        guard timeout > 0 else { throw ValidationError("--timeout is a number of seconds above 0") }
    }

    func run() throws {
        let pool = try DocumentWorkerPool(DocumentWorkerPool.Settings(count: 1))
        defer { pool.stop() }
        let pipeline = DocumentPipeline(pool: pool, rules: DocumentRules(ofTypes: .builtIn))
        let day = today.flatMap { CalendarDate(iso: $0) } ?? Timestamp.now().day(hoursEast: 5)
        var isAllTrue = true
        for path in try Self.expand(files) {
            let request = JudgeRequest(
                runID: path, documentPath: path, fio: fio, today: day, deadline: .after(.seconds(timeout)),
                isInteractive: true)
            do throws(ServiceError) {
                let judgement = try pipeline.judge(request)
                isAllTrue = isAllTrue && judgement.verdict
                try Self.printLine(FileReport(file: path, judgement: judgement))
            } catch {
                isAllTrue = false
                try Self.printLine(FileReport(file: path, error: error))
            }
        }
        if !isAllTrue { throw ExitCode(1) }
    }

    /// Folders become their files, in order of name.
    private static func expand(_ paths: [String]) throws -> [String] {
        try paths.flatMap { path -> [String] in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw ValidationError("no such file or folder: \(path)")
            }
            guard isFolder.boolValue else { return [path] }
            return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
                .filter {
                    ["pdf", "jpg", "jpeg", "png", "tif", "tiff"].contains(($0 as NSString).pathExtension.lowercased())
                }
                .map { path + "/" + $0 }
        }
    }

    private static func printLine(_ report: FileReport) throws(ServiceError) {
        do {
            print(String(decoding: try JSONEncoder.wire.encode(report), as: UTF8.self))
        } catch {
            throw ServiceError(.internalProcessingError, cause: "\(error)")
        }
    }
}

/// One line of the output.
private struct FileReport: Encodable {
    let file: String
    var verdict: Bool?
    var errors: [String]
    var message: String?
    var extraction: Extraction?

    init(file: String, judgement: Judgement) {
        self.file = file
        verdict = judgement.verdict
        errors = judgement.reasons.map(\.rawValue)
        extraction = judgement.extraction
    }

    init(file: String, error: ServiceError) {
        self.file = file
        errors = [error.code.rawValue]
        message = error.message
    }
}
