internal import CLinux
internal import Foundation

/// The programs that a worker starts: where they are, and with what each of them is started.
struct Toolbox {
    /// Poppler's programs; nothing else is ever started.
    static let programs = ["pdftotext", "pdfimages", "pdftoppm", "pdfinfo"]

    /// The environment of every program, whole.
    let environment = ["LC_ALL": "C.UTF-8"]
    /// The filter of system calls that every program gets on top of the worker's.
    let filter: [sock_filter]
    private let paths: [String: String]

    /// Looks for the programs. Made before the walls go up, which hide folders.
    init(folders: [String]) {
        filter = SystemCallFilter.ofTools()
        var paths: [String: String] = [:]
        for program in Self.programs {
            paths[program] = folders.lazy.map { folder in "\(folder)/\(program)" }.first { access($0, X_OK) == 0 }
        }
        self.paths = paths
    }

    /// All that were found.
    var allPaths: [String] { Array(paths.values) }

    /// Where a program is; where none was found a name that cannot be started.
    func path(of program: String) -> String { paths[program] ?? program }
}
