internal import Glibc

/// The process's limit of open files, which connections run into first.
enum DescriptorLimit {
    /// What else the process opens: the store, run folders, documents on their way to workers, logs.
    static let reserve = 256

    /// Raises the soft limit so far that `wanted` connections can be open and each send a file, if the hard limit lets
    /// it; gives as many connections as there is room for, at most `wanted`. Debian's soft limit is 1024
    /// (getrlimit(2)).
    static func connections(wanted: Int) -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return wanted }
        let needed = rlim_t(2 * wanted + reserve)
        if limit.rlim_cur < needed {
            var raised = limit
            raised.rlim_cur = min(needed, limit.rlim_max)
            if setrlimit(resource, &raised) == 0 { limit = raised }
        }
        let room = limit.rlim_cur > rlim_t(Int.max) ? Int.max : Int(limit.rlim_cur)
        return max(1, min(wanted, room - min(reserve, room / 2)))
    }
}
