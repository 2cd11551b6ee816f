import Foundation
import Pipeline

/// What lies in a `RUNS_DIR`, looked at only: nothing is locked, made or removed. Calls block on the disk.
///
/// Ours is a real folder (no link) named like a day, and in it a real folder named like a run. Everything else belongs
/// to somebody else and is never touched.
struct RunFolders: Sendable {
    /// `RUNS_DIR`, without a slash at its end.
    let runsDirectory: String

    init(_ runsDirectory: String) {
        self.runsDirectory =
            runsDirectory.count > 1 && runsDirectory.hasSuffix("/") ? String(runsDirectory.dropLast()) : runsDirectory
    }

    /// The days that have folders, newest first.
    func days() -> [String] {
        let names = (try? FileSystem.names(in: runsDirectory)) ?? []
        return names.filter { RunFolders.isDay($0) && FileSystem.isFolder(runsDirectory + "/" + $0) }.sorted(by: >)
    }

    /// The runs that have a folder on that day.
    func runs(on day: String) -> [RunID] {
        names(on: day).compactMap { RunID($0) }.filter { $0.moment.day().description == day }
    }

    /// The paths of that day's folders that are a run's by their name and by what is in them (`input`, `meta`, nothing
    /// else), but whose id this service did not make on that day: left by an earlier one, or brought from elsewhere.
    func foreignRuns(on day: String) -> [String] {
        names(on: day).filter { name in
            guard let id = UUID(uuidString: name), id.uuidString.lowercased() == name else { return false }
            if let own = RunID(name), own.moment.day().description == day { return false }
            let inside = (try? FileSystem.names(in: path(of: name, on: day))) ?? []
            return !inside.isEmpty && inside.allSatisfy { $0 == "input" || $0 == "meta" }
        }.map { path(of: $0, on: day) }
    }

    /// Bytes of the files in a folder and below; links are not followed.
    func bytes(of path: String) -> Int {
        var info = stat()
        guard lstat(path, &info) == 0 else { return 0 }
        guard info.st_mode & S_IFMT == S_IFDIR else { return Int(info.st_size) }
        let names = (try? FileSystem.names(in: path)) ?? []
        return names.reduce(0) { $0 + bytes(of: path + "/" + $1) }
    }

    private func names(on day: String) -> [String] {
        let names = (try? FileSystem.names(in: runsDirectory + "/" + day)) ?? []
        return names.sorted().filter { FileSystem.isFolder(path(of: $0, on: day)) }
    }

    private func path(of name: String, on day: String) -> String { "\(runsDirectory)/\(day)/\(name)" }

    /// Whether a name is a day's.
    static func isDay(_ name: String) -> Bool {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        return name.utf8.count == 10 && parts.map(\.count) == [4, 2, 2]
            && parts.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } }
    }
}
