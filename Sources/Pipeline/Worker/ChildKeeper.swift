internal import CLinux
internal import Foundation
internal import Observability
internal import Synchronization

/// Starts child processes and reaps them, on a thread of its own.
///
/// DESIGN. The thread exists for two reasons. PR_SET_PDEATHSIG, by which a worker dies with its parent, really means
/// the *thread* that started it; threads of Dispatch come and go, this one stays as long as there are children. And
/// each child's end is noticed at once, whoever waits for what: the thread polls a pidfd per child, kills what is left
/// of its process group (while the zombie still holds the group's number) and reaps it by its number. So there are no
/// zombies, and no signal ever reaches a process that happens to have got an old number.
final class ChildKeeper: Sendable {
    /// A child and what to do at its end.
    private struct Charge {
        var child: Child
        var pidfd: Int32
        var atEnd: @Sendable (Child) -> Void
    }

    private struct State {
        var errands: [@Sendable (inout [Charge]) -> Void] = []
        var isStopping = false
    }

    private let state = Mutex(State())
    private let running = Mutex<[pid_t]>([])
    /// Wakes the thread (eventfd).
    private let bell: Int32
    private let stopped = WaitCell<Bool>()

    /// Starts the thread.
    ///
    /// - Throws: `ChildFailure` when there are no descriptors left.
    init() throws {
        bell = idp_eventfd()
        guard bell >= 0 else { throw ChildFailure(call: "eventfd", number: errno) }
        let thread = Thread { [self] in attend() }
        thread.name = "idp-children"
        thread.start()
    }

    deinit { close(bell) }

    /// Starts a child by `spawn` on the keeper's thread; `atEnd` is called there once it has been reaped.
    ///
    /// - Throws: `ChildFailure` when it cannot be started.
    func start(
        _ spawn: @escaping @Sendable () throws(ChildFailure) -> pid_t, atEnd: @escaping @Sendable (Child) -> Void
    ) throws(ChildFailure) -> Child {
        let cell = WaitCell<Result<Child, ChildFailure>>()
        let accepted = state.withLock { state in
            guard !state.isStopping else { return false }
            state.errands.append { charges in
                cell.deliver(
                    Result { () throws(ChildFailure) in
                        let child = Child(id: try spawn())
                        let pidfd = idp_pidfd_open(child.id)
                        guard pidfd >= 0 else {
                            let failure = ChildFailure(call: "pidfd_open", number: errno)
                            child.kill()
                            child.reap()
                            throw failure
                        }
                        charges.append(Charge(child: child, pidfd: pidfd, atEnd: atEnd))
                        return child
                    })
            }
            return true
        }
        guard accepted else { throw ChildFailure(call: "start", number: ESHUTDOWN) }
        ring()
        // The thread always answers: starting is a few system calls.
        return try cell.wait(by: nil)!.get()
    }

    /// The children that run now.
    var processIDs: [pid_t] { running.withLock { $0 } }

    /// Kills the children that are left, waits for all of them and ends the thread.
    func stop() {
        state.withLock { $0.isStopping = true }
        ring()
        _ = stopped.wait(by: nil)
    }

    private func ring() {
        var one: UInt64 = 1
        _ = write(bell, &one, 8)
    }

    private func attend() {
        var charges: [Charge] = []
        while true {
            let (errands, isStopping) = state.withLock { state in
                defer { state.errands = [] }
                return (state.errands, state.isStopping)
            }
            for errand in errands { errand(&charges) }
            if isStopping {
                for charge in charges { charge.child.kill() }
                if charges.isEmpty { break }
            }
            running.withLock { $0 = charges.map(\.child.id) }
            var items = [pollfd(fd: bell, events: Int16(POLLIN), revents: 0)]
            items += charges.map { pollfd(fd: $0.pidfd, events: Int16(POLLIN), revents: 0) }
            guard poll(&items, nfds_t(items.count), -1) > 0 else { continue }
            var count: UInt64 = 0
            if items[0].revents != 0 { _ = read(bell, &count, 8) }
            let ended = zip(charges.indices, items.dropFirst()).filter { $1.revents != 0 }.map(\.0)
            for index in ended.reversed() {
                let charge = charges.remove(at: index)
                close(charge.pidfd)
                charge.child.reap()
                running.withLock { $0.removeAll { $0 == charge.child.id } }
                charge.atEnd(charge.child)
            }
        }
        stopped.deliver(true)
    }
}

/// A system call that failed while a child was started.
struct ChildFailure: Error {
    var call: String
    var number: Int32
}

/// A started child that leads a process group of its own.
final class Child: Sendable {
    let id: pid_t
    private let status = Mutex<Int32?>(nil)
    private let ended = WaitCell<Int32>()

    init(id: pid_t) {
        self.id = id
    }

    /// Whether it has ended.
    var hasEnded: Bool { status.withLock { $0 != nil } }

    /// Ends it and its whole process group at once, and does not wait for it; does nothing when it has ended.
    func kill() {
        // Under the lock it cannot be reaped in between, so its number is still its own. The lock is never held while
        // somebody waits, so this does not wait either.
        status.withLock { status in
            if status == nil { _ = Foundation.kill(-id, SIGKILL) }
        }
    }

    /// Takes the exit status of a child that is about to end or has ended, and ends what is left of its group. Called
    /// once, by who started it.
    func reap() {
        // Looked at but left as a zombie first, so that the group's number is still its own when the rest of the group
        // is ended.
        idp_wait_exited(id)
        let code = status.withLock { status -> Int32 in
            _ = Foundation.kill(-id, SIGKILL)
            var code: Int32 = 0
            while waitpid(id, &code, 0) < 0, errno == EINTR {}
            status = code
            return code
        }
        ended.deliver(code)
    }

    /// Waits until it has been reaped.
    ///
    /// - Returns: its exit code (-1 when a signal ended it) and the signal (0 when it exited); nil if it still runs.
    func end(by deadline: Deadline) -> (code: Int32, signal: Int32)? {
        ended.wait(by: deadline).map { (idp_exit_code($0), idp_exit_signal($0)) }
    }

    /// Its resident memory; nil when it has ended.
    var residentBytes: Int? {
        guard let text = try? String(contentsOfFile: "/proc/\(id)/statm", encoding: .utf8) else { return nil }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? Int(fields[1]).map { $0 * Int(getpagesize()) } : nil
    }
}
