import Foundation

/// A program run to its end.
public struct Command: Sendable {
    /// How it ended.
    public var status: ExitStatus
    /// Its standard output.
    public var output: String
    /// Its standard error.
    public var errors: String

    /// Whether it exited with 0.
    public var succeeded: Bool { status == .exited(0) }

    /// Runs a program and waits for its end; past `limit` its process group is killed and `WaitedTooLong` thrown.
    public static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = ChildProcess.plainEnvironment,
        directory: String? = nil, standardInput: [UInt8]? = nil, within limit: Duration = .seconds(180)
    ) async throws -> Command {
        let child = try ChildProcess(
            program, arguments, environment: environment, directory: directory, standardInput: standardInput)
        do {
            let status = try await child.waitForExit(within: limit)
            return Command(status: status, output: child.standardOutput, errors: child.standardError)
        } catch {
            child.killGroup()
            throw error
        }
    }

    /// Runs a script of `Tests/EndToEndTests/Tools` (or any other, by its path from the root) in the tests' Python.
    public static func python(
        _ script: String, _ arguments: [String] = [], standardInput: [UInt8]? = nil,
        within limit: Duration = .seconds(180)
    ) async throws -> Command {
        try await run(
            ProjectFiles.python, [ProjectFiles.url(script).path] + arguments, standardInput: standardInput,
            within: limit)
    }
}
