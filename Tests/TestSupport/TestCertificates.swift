import Foundation

/// Certificates made for one test run: see `Tests/Tools/make_certificates.sh`.
public final class TestCertificates: Sendable {
    /// Where they lie; a test may replace files in a copy of its own, never here.
    public let directory: TemporaryDirectory

    private init(directory: TemporaryDirectory) { self.directory = directory }

    /// The path of a PEM file, `server` of `server.pem`.
    public func certificate(_ name: String) -> String { directory.file("\(name).pem").path }

    /// The path of its key.
    public func key(_ name: String) -> String { directory.file("\(name).key").path }

    /// The run's certificates; the first caller has them made. Throws what making them threw.
    public static func get() async throws -> TestCertificates { try await maker.certificates() }

    /// New ones that nobody else has. Throws `SystemCallFailed`, `WaitedTooLong` or `UnexpectedOutput`.
    public static func make() async throws -> TestCertificates {
        let directory = try TemporaryDirectory("tls")
        let script = ProjectFiles.url("Tests/Tools/make_certificates.sh").path
        let command = try await Command.run("sh", [script, directory.path])
        guard command.succeeded else { throw UnexpectedOutput(description: command.errors) }
        return TestCertificates(directory: directory)
    }

    /// A tool did not do what a test needs of it.
    public struct UnexpectedOutput: Error, CustomStringConvertible {
        public var description: String
    }

    private static let maker = Maker()

    private actor Maker {
        private var making: Task<TestCertificates, any Error>?

        func certificates() async throws -> TestCertificates {
            let task = making ?? Task { try await TestCertificates.make() }
            making = task
            return try await task.value
        }
    }
}
