import Foundation
import TestSupport

/// Runs an installed program to its end.
enum Tool {
    struct Result {
        let status: Int32
        /// Standard output and error together.
        let text: String
    }

    /// The interpreter that has the Python packages of the tests.
    static var python: String { ProjectFiles.python }

    static func run(_ program: String, _ arguments: [String], input: [UInt8] = []) throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let (standardInput, output) = (Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = output
        try process.run()
        // Small enough for a pipe's buffer, so writing first and reading then cannot block.
        precondition(input.count <= 64 * 1024)
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input))
        try standardInput.fileHandleForWriting.close()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Result(status: process.terminationStatus, text: String(decoding: data, as: UTF8.self))
    }
}
