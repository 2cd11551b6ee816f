import Foundation
import Observability
import Testing

/// The process's own numbers, held against what the system says in another way.
struct ProcessMetricsTests {
    private func value(_ name: String, _ text: String) throws -> Double {
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + " ") })
        return try #require(Double(line.dropFirst(name.count + 1)))
    }

    @Test func numbersAreThoseOfTheSystem() throws {
        let registry = MetricRegistry(exclusiveLanes: 0)
        ProcessMetrics.register(in: registry)
        let text = String(decoding: registry.rendered(), as: UTF8.self)
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let used =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
        #expect(abs(try value("process_cpu_seconds_total", text) - used) < 0.5)
        #expect(try value("process_resident_memory_bytes", text) > 1e6)
        #expect(try value("process_resident_memory_bytes", text) <= Double(usage.ru_maxrss) * 1024 * 1.1)
        #expect(try value("process_virtual_memory_bytes", text) > value("process_resident_memory_bytes", text))
        let age = Date().timeIntervalSince1970 - (try value("process_start_time_seconds", text))
        #expect((-2..<3600).contains(age), "\(age)")
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #expect(try value("process_max_fds", text) == Double(limit.rlim_cur))
        let count = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        #expect(abs(try value("process_open_fds", text) - Double(count)) < 50)
    }

    /// The file's descriptor shows up: the count is read at each scrape.
    @Test func openDescriptorsFollow() throws {
        let registry = MetricRegistry(exclusiveLanes: 0)
        ProcessMetrics.register(in: registry)
        let before = try value("process_open_fds", String(decoding: registry.rendered(), as: UTF8.self))
        let descriptors = (0..<500).map { _ in open("/dev/null", O_RDONLY) }
        let after = try value("process_open_fds", String(decoding: registry.rendered(), as: UTF8.self))
        for descriptor in descriptors { close(descriptor) }
        // Other tests open and close files meanwhile.
        #expect(abs(after - before - 500) < 100)
    }
}
