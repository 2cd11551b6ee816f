import Foundation
import Observability

/// A failed call on a file or folder.
struct FileError: Error, Sendable, CustomStringConvertible {
    /// The call's name (`rename`).
    var call: String
    var path: String
    var number: Int32

    /// For the log; holds a path, so never for a caller.
    var description: String { "\(call) \(path): \(String(cString: strerror(number)))" }

    /// Whether there is no room: full disk or quota.
    var isFull: Bool { number == ENOSPC || number == EDQUOT }

    /// Seconds after which a full disk is worth another try: room is made by retention, or by somebody.
    static let fullRetryAfter = 60

    /// As callers may see it: `STORAGE_FULL`, or `otherwise`.
    func serviceError(otherwise code: ErrorCode) -> ServiceError {
        ServiceError(
            isFull ? .storageFull : code, retryAfter: isFull ? FileError.fullRetryAfter : nil, cause: description)
    }
}

/// The few file calls that the run folders need, with their errors and with modes 0700 and 0600.
enum FileSystem {
    /// Makes a folder; that it exists already is no error.
    static func makeFolder(_ path: String) throws(FileError) {
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        throw FileError(call: "mkdir", path: path, number: errno)
    }

    /// Makes a folder by a path that counts from an open one.
    static func makeFolder(_ path: String, in folder: Int32) throws(FileError) {
        guard mkdirat(folder, path, 0o700) != 0, errno != EEXIST else { return }
        throw FileError(call: "mkdir", path: path, number: errno)
    }

    /// Makes a folder and all folders above it.
    static func makeFolders(_ path: String) throws(FileError) {
        var info = stat()
        if stat(path, &info) == 0 { return }
        let parent = (path as NSString).deletingLastPathComponent
        if !parent.isEmpty, parent != path { try makeFolders(parent) }
        try makeFolder(path)
    }

    /// Whether there is a real folder, no link to one.
    static func isFolder(_ path: String) -> Bool {
        var info = stat()
        return lstat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
    }

    /// Writes a whole new file, by a path that counts from the open `folder`, if one is given.
    static func write(_ bytes: some ContiguousBytes, to path: String, in folder: Int32 = AT_FDCWD) throws(FileError) {
        let file = openat(folder, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw FileError(call: "open", path: path, number: errno) }
        defer { close(file) }
        let number = bytes.withUnsafeBytes { bytes -> Int32 in
            var written = 0
            while written < bytes.count {
                let count = Foundation.write(file, bytes.baseAddress.map { $0 + written }, bytes.count - written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return count < 0 ? errno : EIO }
                written += count
            }
            return 0
        }
        guard number == 0 else { throw FileError(call: "write", path: path, number: number) }
    }

    /// Replaces a file in one step: readers see the old bytes or the new ones.
    static func replace(_ path: String, with bytes: some ContiguousBytes) throws(FileError) {
        let fresh = path + ".new"
        try write(bytes, to: fresh)
        try move(fresh, to: path)
    }

    /// Renames within one filesystem.
    static func move(_ path: String, to target: String) throws(FileError) {
        guard rename(path, target) == 0 else { throw FileError(call: "rename", path: path, number: errno) }
    }

    /// The names in a folder, unsorted; empty when there is no such folder.
    static func names(in path: String) throws(FileError) -> [String] {
        guard let folder = opendir(path) else {
            if errno == ENOENT { return [] }
            throw FileError(call: "opendir", path: path, number: errno)
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes a folder with all that is in it, without following links; that it is gone already is no error.
    static func removeTree(_ path: String) throws(FileError) {
        var info = stat()
        guard lstat(path, &info) == 0 else {
            if errno == ENOENT { return }
            throw FileError(call: "lstat", path: path, number: errno)
        }
        if info.st_mode & S_IFMT == S_IFDIR {
            for name in try names(in: path) { try removeTree(path + "/" + name) }
            guard rmdir(path) == 0 || errno == ENOENT else {
                throw FileError(call: "rmdir", path: path, number: errno)
            }
        } else {
            guard unlink(path) == 0 || errno == ENOENT else {
                throw FileError(call: "unlink", path: path, number: errno)
            }
        }
    }

    /// Bytes that this process may still write on the filesystem of `path`.
    static func freeBytes(_ path: String) throws(FileError) -> Int {
        var info = statvfs()
        guard statvfs(path, &info) == 0 else { throw FileError(call: "statvfs", path: path, number: errno) }
        return Int(clamping: UInt64(info.f_bavail) * UInt64(info.f_frsize))
    }
}
