internal import ArgumentParser
internal import Foundation

/// `idp-server jobs list`.
struct JobsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List jobs, newest first.")

    @Option(
        help: "Only jobs in this state.",
        completion: .list(RunState.allCases.map(\.rawValue) + [JobRoutes.deadLettered]))
    var status: String?

    @Option(help: "At most so many.")
    var limit = 50

    @Flag(help: "All of them, however many.")
    var all = false

    @Option(help: "table or jsonl.")
    var format: JobsFormat?

    @OptionGroup var address: ServerAddress

    func validate() throws {
        let known = RunState.allCases.map(\.rawValue) + [JobRoutes.deadLettered]
        if let status, !known.contains(status) {
            throw ValidationError("--status is one of \(known.joined(separator: ", "))")
        }
        guard limit > 0 else { throw ValidationError("--limit is a number above 0") }
    }

    func run() throws {
        let client = try address.client()
        let printer = RunPrinter(format)
        var left = all ? Int.max : limit
        var cursor: String?
        var isFirst = true
        repeat {
            var query = ["limit=\(min(left, 200))"]
            if let status { query.append("status=\(status)") }
            if let cursor { query.append("cursor=\(cursor)") }
            let page = try client.json("GET", "/v1/jobs?" + query.joined(separator: "&"))
            if isFirst { printer.printHeading() }
            isFirst = false
            let runs = page["jobs"]?.elements ?? []
            for run in runs { printer.printRun(run) }
            left -= runs.count
            cursor = page["next_cursor"]?.text
        } while cursor != nil && left > 0
    }
}
