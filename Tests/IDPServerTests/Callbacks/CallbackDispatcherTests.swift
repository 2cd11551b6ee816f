import Foundation
import Logging
import Observability
import Pipeline
import Synchronization
import TestSupport
import Testing

@testable import IDPServer

/// Answers attempts as a test says, and remembers them.
private final class ScriptedSender: CallbackSending {
    private let script: @Sendable (CallbackEvent, CancellationToken) -> CallbackOutcome
    private let seen = Mutex<[CallbackEvent]>([])

    init(_ script: @escaping @Sendable (CallbackEvent, CancellationToken) -> CallbackOutcome) { self.script = script }

    /// Every attempt, in the order in which they began.
    var sent: [CallbackEvent] { seen.withLock { $0 } }

    func send(_ event: CallbackEvent, cancellation: CancellationToken) -> CallbackOutcome {
        seen.withLock { $0.append(event) }
        return script(event, cancellation)
    }
}

/// A dispatcher over a real store.
private final class DispatcherBench: Sendable {
    let store: SQLiteJobStore
    let registry = MetricRegistry(exclusiveLanes: 1)
    let sender: ScriptedSender
    let dispatcher: CallbackDispatcher
    private let folder: String

    static let ok = CallbackOutcome(kind: .delivered, word: "ok", httpStatus: 204)
    static let away = CallbackOutcome(kind: .outage, word: "refused")

    init(
        in folder: String = RunBench.newFolder(), waits: [Duration] = [.milliseconds(20), .milliseconds(20)],
        _ script: @escaping @Sendable (CallbackEvent, CancellationToken) -> CallbackOutcome
    ) throws {
        self.folder = folder
        store = try SQLiteJobStore(path: folder + "/jobs.sqlite") {
            SQLiteJobStore.DocumentSync(sync: {}, coversStore: false)
        }
        sender = ScriptedSender(script)
        dispatcher = CallbackDispatcher(
            store: store, sender: sender, schedule: CallbackSchedule(waits: waits), width: 8, registry: registry,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Stops as a server does; the store can be opened again.
    func stop() {
        dispatcher.drain(by: .after(.seconds(30)))
        store.close()
    }

    func remove() {
        stop()
        // Only a leftover in the system's temporary folder if it fails.
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Stores a job that has ended.
    func end(_ index: Int64, url: String = "https://h.example/", replays: Int = 0) async throws -> RunID {
        var record = try RunRecord.sample(index)
        record.callbackURL = url
        try await store.written(.insert(record, nil, document: nil))
        record.state = .completed
        record.verdict = true
        record.finishedAt = Timestamp.now()
        try await store.written(.update(record, nil))
        dispatcher.poke()
        return record.id
    }

    /// Waits until a job's only callback stands so.
    func reach(_ status: CallbackStatus, _ id: RunID, attempts: Int? = nil) async throws -> CallbackRecord {
        try await eventually("\(status) of \(id)", within: .seconds(60)) {
            let record = try self.store.callbacks(of: id).first
            let isThere = record?.event.status == status && (attempts == nil || record?.event.attempts == attempts)
            return isThere ? record : nil
        }
    }

    func metric(_ series: String) -> Double? {
        let text = String(decoding: registry.rendered(), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix(series + " ") }
        return line.flatMap { Double($0.dropFirst(series.count + 1)) }
    }
}

@Suite(.timeLimit(.minutes(3)))
struct CallbackDispatcherTests {
    @Test func whatEndsIsDeliveredAndCounted() async throws {
        let bench = try DispatcherBench { _, _ in DispatcherBench.ok }
        defer { bench.remove() }
        bench.dispatcher.start()
        for index in 0..<20 {
            let id = try await bench.end(Int64(index))
            let record = try await bench.reach(.delivered, id)
            #expect(record.attempts.map(\.outcome) == ["ok"] && record.attempts[0].httpStatus == 204)
        }
        #expect(bench.sender.sent.count == 20)
        try await eventually("the counts") {
            bench.metric("idp_webhook_deliveries_total{outcome=\"delivered\"}") == 20
                && bench.metric("idp_webhook_delivery_age_seconds_count") == 20
                && bench.metric("idp_webhook_outbox_depth") == 0
        }
    }

    @Test func aRefusedCallbackIsTriedAsOftenAsTheScheduleSays() async throws {
        let bench = try DispatcherBench { _, _ in CallbackOutcome(kind: .refused, word: "http_404", httpStatus: 404) }
        defer { bench.remove() }
        bench.dispatcher.start()
        let id = try await bench.end(0)
        let record = try await bench.reach(.givenUp, id)
        #expect(record.attempts.map(\.outcome) == ["http_404", "http_404", "http_404"] && record.event.step == 3)
        #expect(Set(bench.sender.sent.map(\.webhookID)).count == 1)
        try await eventually("the counts") {
            bench.metric("idp_webhook_deliveries_total{outcome=\"failed\"}") == 2
                && bench.metric("idp_webhook_deliveries_total{outcome=\"given_up\"}") == 1
        }
    }

    @Test func goneAndForbiddenPlacesAreTriedOnce() async throws {
        let bench = try DispatcherBench { event, _ in
            event.url.hasSuffix("gone")
                ? CallbackOutcome(kind: .gone, word: "http_410", httpStatus: 410)
                : CallbackOutcome(kind: .impossible, word: "blocked")
        }
        defer { bench.remove() }
        bench.dispatcher.start()
        let gone = try await bench.reach(.disabled, try await bench.end(0, url: "https://h.example/gone"))
        let blocked = try await bench.reach(.givenUp, try await bench.end(1, url: "https://h.example/in"))
        #expect(gone.attempts.count == 1 && blocked.attempts.count == 1)
    }

    /// While a receiver is away, what waits for it uses up none of its attempts; when it is back, all of it comes.
    @Test func anOutageCostsNoCallbackItsAttempts() async throws {
        let isAway = Box(true)
        let bench = try DispatcherBench(waits: [.milliseconds(1), .seconds(3600)]) { _, _ in
            isAway.value ? DispatcherBench.away : DispatcherBench.ok
        }
        defer { bench.remove() }
        bench.dispatcher.start()
        let first = try await bench.end(0)
        // Two failures: the endpoint is down, the next attempt is an hour away.
        _ = try await bench.reach(.pending, first, attempts: 2)
        try await eventually("the gauge") { bench.metric("idp_webhook_endpoints_down") == 1 }
        let others = try await [bench.end(1), bench.end(2), bench.end(3)]
        isAway.value = false
        for id in [first] + others { _ = try await bench.reach(.delivered, id) }
        let records = try ([first] + others).map { try #require(try bench.store.callbacks(of: $0).first) }
        #expect(records.allSatisfy { $0.event.step <= 2 })
        #expect(bench.metric("idp_webhook_endpoints_down") == 0)
    }

    /// A receiver that hangs has four at most; the others get theirs meanwhile.
    @Test func oneReceiverThatHangsHoldsUpNobodyElse() async throws {
        let gate = Gate()
        let bench = try DispatcherBench { event, token in
            if event.endpoint == "https://slow.example" {
                // Opened at the end of the test; a cancel says that the test has failed.
                try? gate.pass(token)
            }
            return DispatcherBench.ok
        }
        defer { bench.remove() }
        bench.dispatcher.start()
        var slow: [RunID] = []
        for index in 0..<12 { slow.append(try await bench.end(Int64(index), url: "https://slow.example/\(index)")) }
        await gate.arrivals(4)
        for index in 12..<30 { _ = try await bench.reach(.delivered, try await bench.end(Int64(index))) }
        #expect(bench.sender.sent.count { $0.endpoint == "https://slow.example" } == 4)
        gate.open()
        for id in slow { _ = try await bench.reach(.delivered, id) }
    }

    @Test func aStopBreaksOffWhatHangsAndTheNextStartSendsIt() async throws {
        let folder = RunBench.newFolder()
        let gate = Gate()
        let first = try DispatcherBench(in: folder) { _, token in
            do throws(ServiceError) {
                try gate.pass(token)
                return DispatcherBench.ok
            } catch {
                return CallbackOutcome(kind: .brokenOff, word: "broken_off")
            }
        }
        first.dispatcher.start()
        let id = try await first.end(0)
        await gate.arrivals(1)
        first.dispatcher.drain(by: .after(.milliseconds(400)))
        #expect(try first.store.callbacks(of: id).first?.event.attempts == 0)
        first.stop()
        let second = try DispatcherBench(in: folder) { _, _ in DispatcherBench.ok }
        defer { second.remove() }
        second.dispatcher.start()
        let record = try await second.reach(.delivered, id)
        #expect(record.attempts.count == 1 && second.sender.sent.map(\.webhookID) == first.sender.sent.map(\.webhookID))
    }

    /// Ends of many jobs, a receiver that fails at random, a restart in between: each arrives.
    @Test func everyCallbackArrivesWhateverFails() async throws {
        let folder = RunBench.newFolder()
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        let random = Mutex(SeededRandom(seed))
        let script: @Sendable (CallbackEvent, CancellationToken) -> CallbackOutcome = { _, _ in
            switch random.withLock({ Int.random(in: 0..<10, using: &$0) }) {
            case 0: DispatcherBench.away
            case 1: CallbackOutcome(kind: .refused, word: "http_404", httpStatus: 404)
            case 2: CallbackOutcome(kind: .throttled, word: "http_429", httpStatus: 429, retryAfter: .milliseconds(5))
            default: DispatcherBench.ok
            }
        }
        let waits = Array(repeating: Duration.milliseconds(2), count: 60)
        var ids: [RunID] = []
        for round in 0..<2 {
            let bench = try DispatcherBench(in: folder, waits: waits, script)
            bench.dispatcher.start()
            for index in 0..<40 {
                let number = Int64(round * 40 + index)
                ids.append(try await bench.end(number, url: "https://h\(number % 3).example/\(number)"))
            }
            if round == 0 {
                bench.stop()
            } else {
                for id in ids { _ = try await bench.reach(.delivered, id) }
                bench.remove()
            }
        }
    }
}
