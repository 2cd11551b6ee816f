internal import ArgumentParser
internal import Foundation

/// `idp-server callbacks`: looks at the callbacks of a running server and has them sent again.
struct CallbacksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "callbacks", abstract: "List callbacks of a running server, show them, send them again.",
        discussion: """
            Asks the server's HTTP API. On a terminal the answers are tables, else one JSON object a line.

            EXAMPLES
              What was given up:
                idp-server callbacks list --status given_up
              All of it sent again:
                idp-server callbacks list --status given_up --all --format jsonl | jq -r .run_id | sort -u \\
                  | xargs idp-server callbacks replay
              How the deliveries of a job went:
                idp-server callbacks show 019ab0c2-5f4e-7b3c-9d2e-7a1f0c5b8e21

            Exit status: 0 done, 1 the server said no or did not answer, 2 wrong usage or settings.
            """,
        subcommands: [CallbacksListCommand.self, CallbacksShowCommand.self, CallbacksReplayCommand.self])
}

/// `idp-server callbacks list`.
struct CallbacksListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List callbacks, newest first.")

    @Option(help: "Only those that stand so.", completion: .list(CallbackStatus.allCases.map(\.rawValue)))
    var status: String?

    @Option(help: "At most so many.")
    var limit = 50

    @Flag(help: "All of them, however many.")
    var all = false

    @Option(help: "table or jsonl.")
    var format: JobsFormat?

    @OptionGroup var address: ServerAddress

    func validate() throws {
        if let status, CallbackStatus(rawValue: status) == nil {
            let known = CallbackStatus.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--status is one of \(known)")
        }
        guard limit > 0 else { throw ValidationError("--limit is a number above 0") }
    }

    func run() throws {
        let client = try address.client()
        let printer = CallbackPrinter(format)
        printer.printHeading()
        var left = all ? Int.max : limit
        var cursor: String?
        repeat {
            var query = ["limit=\(min(left, 200))"]
            if let status { query.append("status=\(status)") }
            if let cursor { query.append("cursor=\(cursor)") }
            let page = try client.json("GET", "/v1/callbacks?" + query.joined(separator: "&"))
            let callbacks = page["callbacks"]?.elements ?? []
            for callback in callbacks { printer.print(callback) }
            left -= callbacks.count
            cursor = page["next_cursor"]?.text
        } while cursor != nil && left > 0
    }
}

/// `idp-server callbacks show`.
struct CallbacksShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a job's callbacks and how their deliveries went.")

    @Argument(help: "The job's id.")
    var runID: String

    @Option(help: "table or jsonl.")
    var format: JobsFormat?

    @OptionGroup var address: ServerAddress

    func validate() throws { try RunIDs.check([runID]) }

    func run() throws {
        let answer = try address.client().json("GET", "/v1/jobs/\(runID)/callbacks")
        for callback in answer["callbacks"]?.elements ?? [] { RunPrinter(format).printWhole(callback) }
    }
}

/// `idp-server callbacks replay`.
struct CallbacksReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Send jobs' callbacks again: those that were not delivered, or the last one.")

    @Argument(help: "The jobs' ids.")
    var runIDs: [String]

    @Option(help: "table or jsonl.")
    var format: JobsFormat?

    @OptionGroup var address: ServerAddress

    func validate() throws { try RunIDs.check(runIDs) }

    func run() throws {
        let client = try address.client()
        let printer = CallbackPrinter(format)
        printer.printHeading()
        var isAllDone = true
        for id in runIDs {
            do {
                let answer = try client.json("POST", "/v1/jobs/\(id)/callbacks/replay")
                for callback in answer["callbacks"]?.elements ?? [] { printer.print(callback) }
            } catch is ExitCode {
                // Told; it does not keep the others from it.
                isAllDone = false
            }
        }
        if !isAllDone { throw ExitCode(1) }
    }
}

/// Prints callbacks as a table or as JSON lines.
private struct CallbackPrinter {
    private let isTable: Bool

    /// - Parameter format: nil is a table on a terminal, else JSON lines.
    init(_ format: JobsFormat?) {
        let terminal = Terminal(descriptor: STDOUT_FILENO, environment: ProcessInfo.processInfo.environment)
        isTable = (format ?? (terminal.isTerminal ? .table : .jsonl)) == .table
    }

    func printHeading() {
        guard isTable else { return }
        Swift.print(
            "RUN                                   ENDED                     TYPE           STATUS     TRIES  LAST")
    }

    func print(_ callback: JSONNode) {
        guard isTable else { return Swift.print(callback.line) }
        let cells = [
            Terminal.padded(callback["run_id"]?.text ?? "?", 36),
            Terminal.padded(callback["created_at"]?.text ?? "", 24), Terminal.padded(callback["type"]?.text ?? "", 13),
            Terminal.padded(callback["status"]?.text ?? "", 9), Terminal.padded(callback["attempts"]?.text ?? "", 5),
            callback["last_outcome"]?.text ?? "-",
        ]
        Swift.print(cells.joined(separator: "  "))
    }
}
