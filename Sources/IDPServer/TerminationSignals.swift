internal import Dispatch
internal import Foundation
internal import Synchronization

/// The one owner of SIGTERM, SIGINT, SIGHUP and SIGPIPE: the first request to end is told to a handler, the second ends
/// the process at once with 130.
///
/// `@unchecked Sendable`: the sources are written by `onHangUp` and `onFirst` on the main thread, once each, and only
/// kept alive after that.
final class TerminationSignals: @unchecked Sendable {
    private let queue: DispatchQueue
    private var sources: [any DispatchSourceSignal] = []
    private let isStopping = Atomic<Bool>(false)

    /// - Parameter queue: where the handler runs; it must stay free for the second signal.
    init(queue: DispatchQueue) {
        self.queue = queue
    }

    /// Writing to a closed socket or pipe is an error return, not the end of the process.
    func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// Calls `handler` at each SIGHUP, which by itself would end the process. Called once, before `onFirst`.
    func onHangUp(_ handler: @escaping @Sendable () -> Void) {
        precondition(sources.isEmpty, "signals are watched once")
        signal(SIGHUP, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: queue)
        source.setEventHandler(handler: handler)
        source.activate()
        sources.append(source)
    }

    /// Calls `handler` at the first signal, with its name. Called once.
    func onFirst(_ handler: @escaping @Sendable (String) -> Void) {
        precondition(sources.count < 2, "signals are watched once")
        for (number, name) in [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")] {
            // A Dispatch source only watches; the default action must be off or the signal ends the process.
            signal(number, SIG_IGN)
            // An inactive source may not be released: it is made where it is activated.
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { [self] in
                if isStopping.exchange(true, ordering: .relaxed) { _exit(130) }
                handler(name)
            }
            source.activate()
            sources.append(source)
        }
    }
}
