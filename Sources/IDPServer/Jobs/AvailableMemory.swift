import Foundation

/// How much memory the process can still get before the kernel ends something.
enum AvailableMemory {
    /// Bytes: what the machine has to give, or less if the control group's limit is nearer; nil where neither can be
    /// read. Reads files of the kernel: not for a loop.
    static func bytes() -> Int? {
        let machine = text("/proc/meminfo").flatMap(machineBytes)
        let group = text("/sys/fs/cgroup/memory.max").flatMap { limit in
            text("/sys/fs/cgroup/memory.current").flatMap { groupBytes(limit: limit, used: $0) }
        }
        return [machine, group].compactMap { $0 }.min()
    }

    /// `MemAvailable` of /proc/meminfo (proc(5)): what can be had without swapping.
    static func machineBytes(_ text: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
        }
        return nil
    }

    /// What is left of a control group's limit (cgroup v2); nil without one.
    static func groupBytes(limit: String, used: String) -> Int? {
        guard let limit = Int(limit.trimmingCharacters(in: .whitespacesAndNewlines)),
            let used = Int(used.trimmingCharacters(in: .whitespacesAndNewlines))
        else { return nil }
        return max(0, limit - used)
    }

    private static func text(_ path: String) -> String? {
        // A file that is not there is an answer: there is no such limit.
        try? String(contentsOfFile: path, encoding: .utf8)
    }
}
