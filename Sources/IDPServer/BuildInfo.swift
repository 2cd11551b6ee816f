internal import Foundation

/// What was built.
enum BuildInfo {
    /// Semantic version of the service.
    static let version = "0.1.0"

    /// The revision that runs, as the packager says in `SOURCE_REVISION`; `unknown` where nobody did.
    static var revision: String {
        let named = ProcessInfo.processInfo.environment["SOURCE_REVISION"] ?? ""
        return named.isEmpty ? "unknown" : named
    }
}

/// Standard error without Glibc's `stderr`, a global variable that Swift 6 mode does not take.
enum StandardError {
    /// Writes all of `text`.
    static func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
