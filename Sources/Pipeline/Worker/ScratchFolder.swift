internal import Foundation

/// A worker's own empty folder. Its only use: `pdfimages` writes to files and nothing else, so the files that it would
/// make for one picture are links to its standard output, and the picture comes through a pipe after all.
enum ScratchFolder {
    /// The file name root to give to `pdfimages`.
    static let pictureRoot = "p"

    /// Makes the folder with its links, readable by the own user only; returns its path.
    ///
    /// - Throws: the file system's error.
    static func make(under parent: String) throws -> String {
        let path = parent + "/idp-worker-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for ending in ["jpg", "ppm", "pbm"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(path)/\(pictureRoot)-000.\(ending)", withDestinationPath: "/proc/self/fd/1")
        }
        return path
    }

    /// Removes the folder and what is in it. What is left behind is empty but for links, so a failure does no harm.
    static func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }
}
