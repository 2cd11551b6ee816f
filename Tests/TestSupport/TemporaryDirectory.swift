public import Foundation

/// A fresh folder, removed with everything in it when the last reference to it goes.
public final class TemporaryDirectory: Sendable {
    /// The folder.
    public let url: URL

    /// The folder's path, without a slash at the end.
    public var path: String { url.path }

    /// Makes the folder under the system's folder for temporary files. Throws what the file system throws.
    public init(_ name: String = "test") throws {
        url = FileManager.default.temporaryDirectory
            .appendingPathComponent("idp-\(name)-\(UUID().uuidString.lowercased())", isDirectory: true)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        // What cannot be removed is left to the system; a test does not fail over it.
        try? FileManager.default.removeItem(at: url)
    }

    /// The path of a file of this name in the folder, which need not exist.
    public func file(_ name: String) -> URL { url.appendingPathComponent(name) }

    /// Writes a file into the folder and gives its path.
    @discardableResult
    public func write(_ bytes: [UInt8], to name: String) throws -> URL {
        let target = file(name)
        try Data(bytes).write(to: target)
        return target
    }

    /// Every regular file below the folder, in no order.
    public func allFiles() -> [URL] {
        let found = FileManager.default.enumerator(at: url, includingPropertiesForKeys: [.isRegularFileKey])
        return (found?.allObjects ?? []).compactMap { $0 as? URL }
            .filter { (try? $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true }
    }
}
