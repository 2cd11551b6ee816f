public import Foundation

/// Where the files of the project lie, for tests that read sources, fixtures and scripts.
public enum ProjectFiles {
    /// The folder of Package.swift.
    public static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A file of the project by its path from the root.
    public static func url(_ path: String) -> URL { root.appendingPathComponent(path) }

    /// The bytes of a file of the project. Throws what the file system throws.
    public static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: url(path))) }

    /// The Python of the tests' virtual environment, which `scripts/setup-tests.sh` makes.
    public static var python: String { url(".venv/bin/python").path }

    /// The built `idp-server`: beside the running test bundle, or what `IDP_TEST_SERVER` names (another build of it).
    public static var serverProgram: String {
        if let named = ProcessInfo.processInfo.environment["IDP_TEST_SERVER"] { return named }
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("idp-server").path
    }
}
