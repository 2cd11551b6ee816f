internal import ArgumentParser
internal import Dependencies
internal import Foundation
internal import Logging
internal import Observability
internal import OutboundHTTP
internal import Pipeline

/// `idp-server process`: judges files without a server.
struct ProcessCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "process", abstract: "Judge documents without a server.",
        discussion: """
            Folders are gone through with all that is below them. Reports come in the order of the files: a table on a \
            terminal, else one JSON object a line. A terminal also shows a progress bar, on standard error.

            EXAMPLES
              One paper:
                idp-server process paper.pdf --fio "Ахметов Данияр Маратович"
              A folder into a spreadsheet, four at a time:
                idp-server process inbox/ --fio "Ахметов Данияр Маратович" --jobs 4 --output report.csv
              Papers of many people, from lines like {"file": "a.pdf", "fio": "Ахметов Данияр"}; started again after
              a break, it goes on where it was:
                idp-server process --list papers.jsonl --output report.jsonl --resume
              Only the refused ones:
                idp-server process --list papers.jsonl --format jsonl | jq 'select(.verdict == false)'

            Settings about documents (IDP_TYPES_FILE, IDP_TODAY, IDP_MAX_PAGES, IDP_OCR_LANGUAGES, IDP_WORKERS) hold \
            here too. Exit status: 0 when every verdict is true, 1 when one is false or a file could not be judged, 2 \
            for wrong usage or settings.
            """)

    @Argument(help: "PDF, JPEG, PNG or TIFF files, or folders of them.", completion: .file())
    var files: [String] = []

    @Option(help: "The applicant's full name, for all files.")
    var fio: String?

    @Option(help: "JSON lines with file and fio of each document, instead of files and --fio.", completion: .file())
    var list: String?

    @Option(name: [.long, .customShort("j")], help: "Documents at a time; as many as there are cores if left out.")
    var jobs: Int?

    @Option(help: "table, jsonl or csv; by the ending of --output if left out.")
    var format: ReportFormat?

    @Option(name: [.long, .customShort("o")], help: "Write reports to this file.", completion: .file())
    var output: String?

    @Flag(help: "Go on with --output: files that have a report in it are left out, and counted as it says.")
    var resume = false

    @Flag(name: [.long, .customShort("q")], help: "No progress bar and no summary.")
    var quiet = false

    @Option(help: "The day on which the documents are judged, YYYY-MM-DD; today in UTC+5 if left out.")
    var today: String?

    @Option(help: "Seconds that one document may take.")
    var timeout: Int = 60

    func validate() throws {
        if list != nil {
            guard files.isEmpty, fio == nil else { throw ValidationError("--list brings files and names itself") }
        } else {
            guard !files.isEmpty else { throw ValidationError("name files or folders, or a --list") }
            guard let fio else { throw ValidationError("--fio is missing: the applicant's full name") }
            if let mistake = DocumentList.mistake(inName: fio) { throw ValidationError("--fio \(mistake)") }
        }
        if let today, CalendarDate(iso: today) == nil { throw ValidationError("--today is written YYYY-MM-DD") }
        guard timeout > 0 else { throw ValidationError("--timeout is a number of seconds above 0") }
        if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs is a number from 1 to 256") }
        if resume {
            guard output != nil else { throw ValidationError("--resume needs the --output to go on with") }
            guard reportFormat(isTerminal: false) != .table else {
                throw ValidationError("--resume goes on with jsonl or csv, not with a table")
            }
        }
    }

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        var settings = try SettingsLoading.load([], command: Self.self)
        settings.documents.workers = jobs ?? settings.documents.workers
        let all = try list.map { try DocumentList.documents(ofList: $0) }
            ?? DocumentList.documents(in: files, fio: fio ?? "")
        let screen = Terminal(descriptor: STDOUT_FILENO, environment: environment)
        let format = reportFormat(isTerminal: screen.isTerminal && output == nil)
        let earlier = resume ? try earlierReports(format) : nil
        let left = all.filter { earlier?.files.contains($0.path) != true }
        let errors = Terminal(descriptor: quiet ? -1 : STDERR_FILENO, environment: environment)
        let bar = ProgressBar(total: left.count, terminal: errors)
        let columns = min(max(20, screen.columns / 2), left.map(\.path.count).max() ?? 0)
        let output = try ReportOutput(
            format, file: output, earlier: earlier, fileColumns: max(4, columns),
            terminal: self.output == nil ? screen : Terminal(descriptor: -1, environment: [:]), bar: bar)
        let began = ContinuousClock.now
        try judge(left, settings, into: output, bar: bar)
        bar.clear()
        if !quiet { summarise(output.counted, earlier, seconds: began.duration(to: .now) / .seconds(1)) }
        let count = output.counted
        let before = earlier?.count ?? BatchCount()
        if count.refused + count.failed + before.refused + before.failed > 0 { throw ExitCode(1) }
    }

    private func judge(
        _ list: [ListedDocument], _ settings: Settings, into output: ReportOutput, bar: ProgressBar
    ) throws {
        guard !list.isEmpty else { return }
        let documents = settings.documents
        let pool = try DocumentWorkerPool(DocumentWorkerPool.Settings(documents))
        defer { pool.stop() }
        let rules = try DocumentRules(documents)
        let pipeline = DocumentPipeline(
            pool: pool, rules: rules, maxPages: documents.pagesMax, reviewBelow: documents.reviewBelow,
            secondReader: secondReader(settings, rules.catalog))
        let day = today.flatMap { CalendarDate(iso: $0) } ?? documents.today ?? Timestamp.now().day(hoursEast: 5)
        let limit = Duration.seconds(timeout)
        let batch = DocumentBatch(list) { document in
            let began = ContinuousClock.now
            let request = JudgeRequest(
                runID: document.path, documentPath: document.path, fio: document.fio, today: day,
                deadline: .after(limit), isInteractive: true)
            do throws(ServiceError) {
                let judgement = try pipeline.judge(request)
                let seconds = began.duration(to: .now) / .seconds(1)
                return DocumentReport(file: document.path, judgement: judgement, seconds: seconds)
            } catch {
                let seconds = began.duration(to: .now) / .seconds(1)
                return DocumentReport(file: document.path, error: error, seconds: seconds)
            }
        } deliver: { output.add($0) }
        bar.show(BatchCount())
        batch.run(width: documents.workers)
    }

    /// The language model that the settings name. Nobody scrapes or reads the log of a command.
    private func secondReader(_ settings: Settings, _ catalog: DocumentTypeCatalog) -> SecondReader? {
        let registry = MetricRegistry(exclusiveLanes: 0)
        let logger = Logger(label: "idp") { _ in SwiftLogNoOpLogHandler() }
        let dependencies = DependencyTelemetry(
            registry: registry, logger: logger, unixMilliseconds: WallClock.milliseconds)
        return settings.model.map {
            SecondReader(
                $0, HTTPClient(settings.outbound), catalog, dependencies: dependencies, registry: registry,
                logger: logger)
        }
    }

    private func reportFormat(isTerminal: Bool) -> ReportFormat {
        if let format { return format }
        switch output.map({ ($0 as NSString).pathExtension.lowercased() }) {
        case "csv"?: return .csv
        case "txt"?: return .table
        case .some: return .jsonl
        case nil: return isTerminal ? .table : .jsonl
        }
    }

    private func earlierReports(_ format: ReportFormat) throws -> EarlierReports? {
        guard let output, let data = FileManager.default.contents(atPath: output) else { return nil }
        return format == .csv ? try EarlierReports(csv: Array(data)) : try EarlierReports(json: Array(data))
    }

    private func summarise(_ count: BatchCount, _ earlier: EarlierReports?, seconds: Double) {
        // One file says all that there is to say in its own line.
        guard count.all > 1 || earlier != nil else { return }
        let rate = String(format: "%.1f", seconds > 0 ? Double(count.all) / seconds : 0)
        let before = earlier.map { "; \($0.files.count) from before" } ?? ""
        StandardError.write(
            """
            \(count.all) documents: \(count.good) true, \(count.refused) false, \(count.failed) not judged\(before); \
            \(ProgressBar.clock(seconds)), \(rate) a second

            """)
    }
}
