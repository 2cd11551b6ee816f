internal import ArgumentParser
internal import Foundation

/// `idp-server jobs show`.
struct JobsShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show everything known of a run.",
        discussion: "Exit status 1 also when the run has ended without a true verdict and --wait was given.")

    @Argument(help: "The run's id.")
    var runID: String

    @Flag(help: "Wait until it has ended.")
    var wait = false

    @Option(help: "table or jsonl.")
    var format: JobsFormat?

    @OptionGroup var address: ServerAddress

    func validate() throws { try RunIDs.check([runID]) }

    func run() throws {
        let client = try address.client()
        var run = try client.json("GET", "/v1/jobs/\(runID)")
        while wait, run.state?.isFinal == false {
            run = try client.json("GET", "/v1/jobs/\(runID)?wait=\(JobRoutes.waitMax)")
        }
        RunPrinter(format).printWhole(try client.json("GET", "/v1/jobs/\(runID)/result"))
        if wait, run["verdict"] != .bool(true) { throw ExitCode(1) }
    }
}

/// `idp-server jobs cancel`.
struct JobsCancelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Cancel runs; one that has ended stays as it is.")

    @Argument(help: "The runs' ids.")
    var runIDs: [String]

    @Option(help: "table or jsonl.")
    var format: JobsFormat?

    @OptionGroup var address: ServerAddress

    func validate() throws { try RunIDs.check(runIDs) }

    func run() throws { try RunIDs.act("cancel", on: runIDs, address, format) }
}

/// `idp-server jobs replay`.
struct JobsReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Try failed jobs again.")

    @Argument(help: "The jobs' ids.")
    var runIDs: [String]

    @Option(help: "table or jsonl.")
    var format: JobsFormat?

    @OptionGroup var address: ServerAddress

    func validate() throws { try RunIDs.check(runIDs) }

    func run() throws { try RunIDs.act("replay", on: runIDs, address, format) }
}

/// What the commands that take ids share.
enum RunIDs {
    /// - Throws: `ValidationError` for what is no id.
    static func check(_ ids: [String]) throws {
        for id in ids where RunID(id.lowercased()) == nil { throw ValidationError("\(id) is no run's id") }
    }

    /// Does it to each; one that is refused does not keep the others from it.
    static func act(_ action: String, on ids: [String], _ address: ServerAddress, _ format: JobsFormat?) throws {
        let client = try address.client()
        let printer = RunPrinter(format)
        printer.printHeading()
        var isAllDone = true
        for id in ids {
            do {
                printer.printRun(try client.json("POST", "/v1/jobs/\(id)/\(action)"))
            } catch is ExitCode {
                isAllDone = false
            }
        }
        if !isAllDone { throw ExitCode(1) }
    }
}

extension JSONNode {
    /// The state of a run's document.
    fileprivate var state: RunState? { self["status"]?.text.flatMap { RunState(rawValue: $0) } }
}
