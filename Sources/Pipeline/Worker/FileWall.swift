internal import CLinux
internal import Foundation

/// What is left to a worker and its tools of the file system (landlock(7)): they read programs, libraries, fonts and
/// models, write to no file, and start only the tools.
///
/// Documents need no rule: they come as sealed files in memory, which belong to no path.
enum FileWall {
    /// What the tools and their libraries read: everybody's files, nobody's documents.
    private static let readable = ["/usr", "/lib", "/lib64", "/etc/fonts", "/var/cache/fontconfig"]
    private static let readableFiles = ["/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/localtime", "/dev/urandom"]
    /// The dynamic linkers by which the kernel starts a program.
    private static let linkers = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"]

    /// Puts the calling thread and what it starts behind the wall; it must have given up new privileges.
    ///
    /// - Returns: whether the kernel has Landlock and took the rules.
    static func enter(_ configuration: WorkerConfiguration, tools: [String]) -> Bool {
        let version = idp_landlock_version()
        guard version > 0 else { return false }
        let rules = idp_landlock_create(version)
        guard rules >= 0 else { return false }
        defer { close(rules) }
        let read = UInt64(idp_landlock_read_file)
        let readFolder = read | UInt64(idp_landlock_read_dir)
        let null = read | UInt64(idp_landlock_write_file)
        let start = read | UInt64(idp_landlock_execute)
        let grants =
            (readable + [configuration.modelFolder].compactMap(\.self)).map { ($0, readFolder) }
            + readableFiles.map { ($0, read) } + [("/dev/null", null)] + (tools + linkers).map { ($0, start) }
        for (path, access) in grants where idp_landlock_allow(rules, path, access) != 0 && errno != ENOENT {
            return false
        }
        return idp_landlock_enter(rules) == 0
    }
}
