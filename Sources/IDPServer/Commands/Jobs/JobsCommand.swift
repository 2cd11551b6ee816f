internal import ArgumentParser
internal import Foundation

/// `idp-server jobs`: looks at the jobs of a running server, cancels and replays them.
struct JobsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "List, show, cancel and replay jobs of a running server.",
        discussion: """
            Asks the server's HTTP API. On a terminal the answers are tables, else one JSON object a line.

            EXAMPLES
              The failed jobs that wait for somebody:
                idp-server jobs list --status dead_lettered
              All of them tried again:
                idp-server jobs list --status dead_lettered --all --format jsonl | jq -r .run_id \\
                  | xargs idp-server jobs replay
              A job of another machine, until it ends:
                idp-server jobs show 019ab0c2-5f4e-7b3c-9d2e-7a1f0c5b8e21 --wait --server https://idp.bank.kz

            Exit status: 0 done, 1 the server said no or did not answer, 2 wrong usage or settings.
            """,
        subcommands: [JobsListCommand.self, JobsShowCommand.self, JobsCancelCommand.self, JobsReplayCommand.self])
}

/// How the `jobs` commands print.
enum JobsFormat: String, CaseIterable, Sendable, ExpressibleByArgument {
    case table, jsonl
}

/// Prints runs as a table or as JSON lines.
struct RunPrinter {
    private let format: JobsFormat
    private let terminal: Terminal

    /// - Parameter format: nil is a table on a terminal, else JSON lines.
    init(_ format: JobsFormat?) {
        terminal = Terminal(descriptor: STDOUT_FILENO, environment: ProcessInfo.processInfo.environment)
        self.format = format ?? (terminal.isTerminal ? .table : .jsonl)
    }

    /// What stands above the runs.
    func printHeading() {
        guard format == .table else { return }
        print("RUN                                   SENT IN                   STATE      VERDICT  TRIES  REASONS")
    }

    /// One run on one line.
    func printRun(_ run: JSONNode) {
        guard format == .table else { return print(run.line) }
        let state = run["status"]?.text ?? "?"
        let verdict = run["verdict"]?.text
        var reasons = (run["errors"]?.elements ?? []).compactMap(\.text)
        if let failure = run["error"]?["code"]?.text, !reasons.contains(failure) { reasons.append(failure) }
        if let letter = run["dead_letter"]?.text { reasons.append("(\(letter))") }
        let cells = [
            Terminal.padded(run["run_id"]?.text ?? "?", 36), Terminal.padded(run["created_at"]?.text ?? "", 24),
            terminal.painted(Terminal.padded(state, 9), Self.tone(ofState: state)),
            terminal.painted(Terminal.padded(verdict ?? "-", 7), verdict.map { $0 == "true" ? .good : .bad }),
            Terminal.padded(run["attempts"]?.text ?? "", 5), reasons.joined(separator: ", "),
        ]
        print(cells.joined(separator: "  "))
    }

    /// Everything known of a run, a member on each line; nested ones with dots in their names.
    func printWhole(_ run: JSONNode) {
        guard format == .table else { return print(run.line) }
        printMembers(of: run, under: "")
    }

    private func printMembers(of node: JSONNode, under prefix: String) {
        switch node {
        case .object(let members):
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                printMembers(of: member, under: prefix.isEmpty ? name : "\(prefix).\(name)")
            }
        case .array(let elements) where elements.contains { $0.text == nil }:
            for (index, element) in elements.enumerated() { printMembers(of: element, under: "\(prefix).\(index)") }
        case .array(let elements):
            print("\(terminal.painted(prefix, .dim))  \(elements.compactMap(\.text).joined(separator: ", "))")
        case .null, .bool, .integer, .number, .string:
            print("\(terminal.painted(prefix, .dim))  \(node.text ?? "-")")
        }
    }

    private static func tone(ofState state: String) -> Terminal.Tone? {
        switch RunState(rawValue: state) {
        case .completed: .good
        case .failed: .bad
        case .cancelled: .odd
        case .accepted, .running, nil: nil
        }
    }
}
