import Foundation
import Observability
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

extension LiveWorkers {
    /// A worker that crashes, hangs, lies or cannot be started costs its own document at most; no process is left over.
    @Suite struct WorkerFaultTests {
        /// kill -9 in mid-page: the page is read again by a fresh worker, and nobody notices.
        @Test func readsThePageAgainWhenItsWorkerIsKilled() async throws {
            let reading = try Reading()
            #expect(await reading.code(of: fixture("text.pdf")) == nil)
            let victim = try #require(reading.pool.processIDs.first)
            let steps = Steps()
            async let result = reading.text(of: fixture("scan.pdf")) { steps.append($0) }
            try await eventually("the page is being read", every: .milliseconds(1)) {
                steps.all.last?.stage == .text && reading.pool.idle == 0
            }
            kill(victim, SIGKILL)
            #expect(try await result.get().lines.first == "СПРАВКА")
            #expect(reading.restarts == [.crash])
            try await reaped(victim)
        }

        @Test func failsTheDocumentThatLosesTwoWorkers() async throws {
            let reading = try Reading()
            let pool = reading.pool
            let killer = Task {
                while !Task.isCancelled {
                    for worker in pool.processIDs { kill(worker, SIGKILL) }
                    try? await Task.sleep(for: .milliseconds(1))
                }
            }
            let code = await reading.code(of: fixture("scan.pdf"))
            killer.cancel()
            await killer.value
            #expect(code == .ocrFailed)
            #expect(reading.restarts.count >= 2 && reading.restarts.allSatisfy { $0 == .crash })
            #expect(await reading.code(of: fixture("text.pdf")) == nil, "the next document has a worker again")
        }

        /// All workers die at once, idle ones too: only the one that had the page counts against the document.
        @Test func anIdleWorkersDeathIsNotTheDocumentsDoing() async throws {
            let reading = try Reading { $0.spares = 2 }
            reading.pool.start()
            try await eventually("warm workers") { reading.pool.idle == 3 }
            let steps = Steps()
            async let result = reading.text(of: fixture("scan.pdf")) { steps.append($0) }
            try await eventually("the page is being read", every: .milliseconds(1)) {
                steps.all.last?.stage == .text && reading.pool.busy == 1
            }
            for worker in reading.pool.processIDs { kill(worker, SIGKILL) }
            #expect(try await result.get().lines.first == "СПРАВКА")
        }

        @Test func endsAHungWorkerAtTheOperationsLimit() async throws {
            let reading = try Reading { $0.operationLimit = .seconds(4) }
            let victim = try await held(reading)
            #expect(await reading.code(of: fixture("text.pdf")) == .processingTimeout, "inspection hangs")
            #expect(reading.restarts == [.timeout])
            try await reaped(victim)
            #expect(await reading.code(of: fixture("text.pdf")) == nil)
        }

        @Test func endsAHungWorkerAtTheRunsDeadline() async throws {
            let reading = try Reading()
            let victim = try await held(reading)
            let clock = ContinuousClock()
            let start = clock.now
            #expect(await reading.code(of: fixture("scan.pdf"), within: .milliseconds(300)) == .processingTimeout)
            #expect(start.duration(to: clock.now) < .seconds(20))
            try await reaped(victim)
        }

        @Test func endsTheWorkerOfACancelledRunAtOnce() async throws {
            let reading = try Reading()
            let victim = try await held(reading)
            let token = CancellationToken()
            async let result = reading.text(of: fixture("scan.pdf"), cancellation: token)
            try await whileBusy(reading)
            let clock = ContinuousClock()
            let start = clock.now
            token.cancel(.requested)
            let outcome = await result
            #expect(start.duration(to: clock.now) < .seconds(20))
            guard case .failure(let error) = outcome else {
                Issue.record("it was read")
                return
            }
            #expect(error.code == .clientClosedRequest)
            #expect(reading.restarts == [.cancelled])
            try await reaped(victim)
        }

        @Test func replacesAnIdleWorkerThatDies() async throws {
            let reading = try Reading()
            #expect(await reading.code(of: fixture("text.pdf")) == nil)
            let victim = try #require(reading.pool.processIDs.first)
            kill(victim, SIGKILL)
            try await eventually("another worker is idle") {
                reading.pool.idle == 1 && reading.pool.processIDs.first.map { $0 != victim } ?? false
            }
            #expect(reading.restarts == [.crash])
            try await reaped(victim)
        }

        /// Each line is a program in the worker's place, and how its first words go wrong.
        @Test(arguments: [
            ("printf 'nonsense, and more of it' >&3; sleep 60", DocumentWorkerPool.RestartReason.garbage),
            ("printf '\\000\\000\\000\\002{}' >&3; sleep 60", .garbage),
            ("exit 3", .crash),
            ("kill -SEGV $$", .crash),
        ])
        func givesUpOnAProgramThatIsNoWorker(_ script: String, _ reason: DocumentWorkerPool.RestartReason) async throws
        {
            let folder = try TemporaryDirectory()
            let program = try folder.write(Array("#!/bin/sh\n\(script)\n".utf8), to: "worker")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
            let reading = try Reading { $0.executable = program.path }
            #expect(await reading.code(of: fixture("text.pdf")) == .ocrFailed)
            #expect(reading.restarts.prefix(2) == [reason, reason])
            // It does not start one after the other for ever: what fails before its first document is not replaced.
            try await eventually("quiet") { reading.pool.processIDs.isEmpty || script.contains("sleep") }
        }

        @Test func saysThatNoWorkerCanBeStarted() async throws {
            let reading = try Reading { $0.executable = "/nonexistent/idp-server" }
            #expect(await reading.code(of: fixture("text.pdf")) == .ocrFailed)
            let failures = reading.events.filter { if case .startFailed = $0 { true } else { false } }
            #expect(failures.count == 1)
        }

        @Test func turnsWaitersAwayWhenItStops() async throws {
            let reading = try Reading()
            let victim = try await held(reading)
            async let first = reading.code(of: fixture("scan.pdf"))
            try await whileBusy(reading)
            async let second = reading.code(of: fixture("scan.pdf"))
            try await eventually("a waiter") { reading.pool.waiting == 1 }
            reading.pool.stop()
            #expect(await second == .shuttingDown)
            #expect(await first != nil)
            #expect(await reading.code(of: fixture("text.pdf")) == .shuttingDown)
            try await reaped(victim)
        }

        @Test func servesInteractiveRunsAheadOfBatchRuns() async throws {
            let reading = try Reading()
            let worker = try await held(reading)
            let order = Names()
            await withTaskGroup(of: Void.self) { group in
                func run(_ name: String, isInteractive: Bool) {
                    group.addTask {
                        _ = await reading.text(of: fixture("text.pdf"), isInteractive: isInteractive)
                        order.append(name)
                    }
                }
                run("first", isInteractive: false)
                try? await whileBusy(reading)
                for (index, name) in ["batch", "interactive"].enumerated() {
                    run(name, isInteractive: name == "interactive")
                    try? await eventually("\(name) waits") { reading.pool.waiting == index + 1 }
                }
                kill(worker, SIGCONT)
            }
            #expect(order.all == ["first", "interactive", "batch"])
        }

        @Test func replacesAWorkerAfterItsShareOfOperations() async throws {
            let reading = try Reading { $0.recycleAfterOperations = 2 }
            for _ in 0..<4 { #expect(await reading.code(of: fixture("text.pdf")) == nil) }
            #expect(reading.restarts == [.recycledOperations, .recycledOperations])
        }

        @Test func replacesAWorkerThatHasGrown() async throws {
            let reading = try Reading { $0.recycleAboveBytes = 1 }
            #expect(await reading.code(of: fixture("text.pdf")) == nil)
            #expect(reading.restarts == [.recycledMemory])
        }

        // MARK: Helpers

        /// Starts the worker and stops it (SIGSTOP), so that its next operation does not end by itself.
        private func held(_ reading: Reading) async throws -> Int32 {
            #expect(await reading.code(of: fixture("text.pdf")) == nil)
            let worker = try #require(reading.pool.processIDs.first)
            kill(worker, SIGSTOP)
            return worker
        }

        private func whileBusy(_ reading: Reading) async throws {
            try await eventually("the worker is busy") { reading.pool.idle == 0 }
        }

        /// Whether a process is gone without a trace: not even a zombie is left.
        private func reaped(_ process: Int32) async throws {
            try await eventually("\(process) is reaped") { kill(process, 0) != 0 }
        }
    }
}

/// Collects names in the order in which tasks report them.
private final class Names: Sendable {
    private let names = Mutex<[String]>([])

    var all: [String] { names.withLock { $0 } }

    func append(_ name: String) { names.withLock { $0.append(name) } }
}
