import Foundation

/// C programs of the tests that are preloaded into the server, to see or to disturb its system calls.
public enum PreloadedTool {
    /// Compiles a file (its path from the root) with the toolchain's own compiler into `directory`, and gives the path
    /// of the shared object.
    public static func build(_ source: String, in directory: TemporaryDirectory) async throws -> String {
        let name = URL(fileURLWithPath: source).deletingPathExtension().lastPathComponent
        let target = directory.file(name + ".so").path
        let run = try await Command.run(
            "clang", ["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", target, ProjectFiles.url(source).path])
        guard run.succeeded else { throw DidNotCompile(description: run.errors) }
        return target
    }

    /// Thrown with what the compiler said.
    public struct DidNotCompile: Error, CustomStringConvertible {
        public var description: String
    }
}
