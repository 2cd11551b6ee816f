private import Glibc
private import Synchronization

/// What Prometheus's clients tell of every process (`process_*`), read from `/proc/self` at scrape.
public enum ProcessMetrics {
    /// Registers the family of metrics.
    public static func register(in registry: MetricRegistry) {
        let current = CurrentReading()
        registry.onScrape { current.refresh() }
        registry.observedCounter(
            "process_cpu_seconds_total", help: "Total user and system CPU time spent in seconds."
        ) { current.value.cpuSeconds }
        registry.observedGauge("process_resident_memory_bytes", help: "Resident memory size in bytes.") {
            current.value.residentBytes
        }
        registry.observedGauge("process_virtual_memory_bytes", help: "Virtual memory size in bytes.") {
            current.value.virtualBytes
        }
        registry.observedGauge("process_open_fds", help: "Number of open file descriptors.") {
            current.value.openDescriptors
        }
        registry.observedGauge("process_max_fds", help: "Maximum number of open file descriptors.") {
            current.value.maxDescriptors
        }
        registry.observedGauge(
            "process_start_time_seconds", help: "Start time of the process since unix epoch in seconds."
        ) { current.value.startTimeSeconds }
    }
}

/// One look at the process.
struct ProcessReading: Sendable {
    /// User and system time.
    var cpuSeconds = 0.0
    /// Resident memory.
    var residentBytes = 0.0
    /// Address space.
    var virtualBytes = 0.0
    /// Descriptors open now.
    var openDescriptors = 0.0
    /// The soft limit of descriptors.
    var maxDescriptors = 0.0
    /// Since 1970.
    var startTimeSeconds = 0.0

    /// Looks at the running process; what cannot be read stays at `previous`.
    static func now(previous: ProcessReading = ProcessReading()) -> ProcessReading {
        var reading = previous
        if let stat = fileText("/proc/self/stat") { reading.take(stat: stat) }
        if let count = openDescriptorCount() { reading.openDescriptors = Double(count) }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            reading.maxDescriptors = Double(limit.rlim_cur)
        }
        return reading
    }

    /// proc(5): the second field is the program's name in parentheses and may hold anything, so fields are counted
    /// after the last closing one; state is field 3.
    private mutating func take(stat: String) {
        guard let end = stat.lastIndex(of: ")") else { return }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        func field(_ number: Int) -> Double? { number - 3 < fields.count ? Double(fields[number - 3]) : nil }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        if let user = field(14), let system = field(15) { cpuSeconds = (user + system) / ticks }
        if let bytes = field(23) { virtualBytes = bytes }
        if let pages = field(24) { residentBytes = pages * Double(sysconf(Int32(_SC_PAGESIZE))) }
        if let start = field(22), let boot = Self.bootTimeSeconds { startTimeSeconds = boot + start / ticks }
    }

    /// The `btime` line of `/proc/stat`, read once: it does not change while the machine is up.
    private static let bootTimeSeconds: Double? = fileText("/proc/stat")?.split(separator: "\n")
        .first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst("btime ".count)) }

    private static func fileText(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &block, block.count)
            if count < 0 { return nil }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: block[..<count])
        }
    }

    private static func openDescriptorCount() -> Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Not counted: the entries "." and "..", and the descriptor that this listing opened.
        return count - 3
    }
}

/// The reading that a scrape's callbacks share.
private final class CurrentReading: Sendable {
    private let reading = Mutex(ProcessReading())

    var value: ProcessReading { reading.withLock { $0 } }

    func refresh() {
        reading.withLock { $0 = ProcessReading.now(previous: $0) }
    }
}
