internal import CLibevent
internal import Synchronization

/// Lines that libevent itself writes: they go to the log of the server that started last, since libevent has one
/// callback per process.
enum LibeventLog {
    typealias Log = @Sendable (HTTPServerConfiguration.LogLevel, String) -> Void

    private static let log = Mutex<Log?>(nil)

    /// Takes libevent's lines from now on, and its last words before it ends the process.
    static func install(_ log: @escaping Log) {
        self.log.withLock { $0 = log }
        _ = callbacks
    }

    /// Sets what a process has once; done when it is first asked for.
    private static let callbacks: Void = {
        idp_ignore_sigpipe()
        event_set_log_callback { severity, text in
            LibeventLog.write(LibeventLog.level(severity), text)
        }
        event_set_fatal_callback { code in
            LibeventLog.log.withLock { $0 }?(.error, "libevent ends the process with code \(code)")
            // libevent would go on to call exit, on a loop thread, with the other threads running.
            abort()
        }
    }()

    private static func write(_ level: HTTPServerConfiguration.LogLevel, _ text: UnsafePointer<CChar>?) {
        guard let text, let log = log.withLock({ $0 }) else { return }
        log(level, "libevent: \(String(cString: text))")
    }

    private static func level(_ severity: Int32) -> HTTPServerConfiguration.LogLevel {
        switch severity {
        case EVENT_LOG_DEBUG: .debug
        case EVENT_LOG_MSG: .notice
        case EVENT_LOG_WARN: .warning
        default: .error
        }
    }
}
