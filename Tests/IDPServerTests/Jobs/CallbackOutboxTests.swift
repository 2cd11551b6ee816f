import Foundation
import Observability
import Pipeline
import PostgresClient
import TestSupport
import Testing

@testable import IDPServer

extension RunRecord {
    /// A job that tells its end to that URL.
    fileprivate static func telling(_ url: String = "https://H.example/hook", _ index: Int64 = 0) throws -> RunRecord {
        var record = try RunRecord.sample(index)
        record.callbackURL = url
        record.requestID = "order-1"
        record.trace = TraceContext(traceIDHigh: .max, traceIDLow: 1, spanID: 0xAB, flags: 1, state: "vendor=1")
        return record
    }

    /// It, ended at that moment.
    fileprivate func ended(_ state: RunState = .completed, at milliseconds: Int64 = 1000) -> RunRecord {
        var record = self
        record.state = state
        record.finishedAt = Timestamp(milliseconds: milliseconds)
        switch state {
        case .completed:
            record.verdict = false
            record.reasons = [.fioMismatch, .docDateMissing]
        case .failed: record.failure = .ocrFailed
        case .accepted, .running, .cancelled: break
        }
        return record
    }
}

extension JobStore {
    /// Stores a job and its end.
    fileprivate func run(_ record: RunRecord, to end: RunRecord) async throws {
        try await written(.insert(record, nil, document: nil))
        try await written(.update(end, nil))
    }

    fileprivate func claim(
        _ limit: Int = 10, at milliseconds: Int64 = 1_000_000, isProbe: Bool = false, except: Set<Int64> = []
    ) throws -> [CallbackEvent] {
        try claimCallbacks(
            CallbackClaim(
                endpoint: "https://h.example", limit: limit, now: Timestamp(milliseconds: milliseconds),
                isProbe: isProbe, except: except))
    }

    /// An attempt that ended so.
    fileprivate func attempted(
        _ event: CallbackEvent, _ status: CallbackStatus, next: Int64 = 0, outcome: String = "http_500"
    ) async throws {
        var event = event
        event.status = status
        event.attempts += 1
        event.step += 1
        event.nextAt = Timestamp(milliseconds: next)
        event.outcome = outcome
        event.isOutage = status == .pending
        let attempt = CallbackAttempt(
            number: event.attempts, at: Timestamp(milliseconds: 5), seconds: 0.25, outcome: outcome, httpStatus: 500)
        try await written(.callback(.attempted(event, attempt)))
    }
}

/// What every store promises of callbacks.
@Suite(.timeLimit(.minutes(2)))
struct CallbackOutboxTests {
    /// A store of its own for a test.
    private func withStore(_ kind: StoreKind, _ body: (any JobStore) async throws -> Void) async throws {
        let place = try await kind.place()
        defer { place.remove() }
        let store = try place.open()
        try await body(store)
        store.close()
    }

    @Test(arguments: StoreKind.allCases) func theEndOfAJobMakesItsCallback(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let job = try RunRecord.telling()
            try await store.written(.insert(job, nil, document: nil))
            var running = job
            running.state = .running
            try await store.written(.update(running, nil))
            #expect(try store.callbacks(of: job.id).isEmpty)
            try await store.written(.update(job.ended(), nil))
            let record = try #require(try store.callbacks(of: job.id).first)
            #expect(record.attempts.isEmpty)
            let event = record.event
            #expect(event.runID == job.id && event.url == job.callbackURL && event.endpoint == "https://h.example")
            #expect(event.runState == .completed && event.verdict == false && event.failure == nil)
            #expect(event.reasons == [.fioMismatch, .docDateMissing] && event.requestID == "order-1")
            #expect(event.trace == job.trace && event.status == .pending && event.attempts == 0)
            #expect(event.endedAt.milliseconds == 1000 && event.nextAt.milliseconds == 1000)
            #expect(try store.callbackDepth() == 1)
            let waiting = WaitingEndpoint(name: "https://h.example", nextAt: Timestamp(milliseconds: 1000))
            #expect(try store.waitingEndpoints(except: [], limit: 10) == [waiting])
        }
    }

    @Test(arguments: StoreKind.allCases) func nothingIsMadeForWhomNobodyIsToBeTold(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let silent = try RunRecord.sample(0)
            try await store.run(silent, to: silent.ended())
            var sync = try RunRecord.telling("https://h.example/", 1)
            sync.kind = .sync
            try await store.written(.insert(sync.ended(), nil, document: nil))
            #expect(try store.callbackDepth() == 0)
            // An end that comes too late is no second end.
            let job = try RunRecord.telling("https://h.example/", 2)
            try await store.run(job, to: job.ended())
            try? await store.written(.update(job.ended(.failed, at: 2000), nil))
            #expect(try store.callbacks(of: job.id).map(\.event.runState) == [.completed])
        }
    }

    @Test(arguments: StoreKind.allCases) func whatIsTakenIsTakenOnce(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            for index in 0..<5 {
                let job = try RunRecord.telling("https://h.example/\(index)", Int64(index))
                try await store.run(job, to: job.ended(at: 1000 + Int64(index)))
            }
            #expect(try store.claim(at: 999).isEmpty)
            let first = try store.claim(2)
            #expect(first.map(\.url) == ["https://h.example/0", "https://h.example/1"])
            let mine = Set(first.map(\.number))
            let rest = try store.claim(except: mine)
            #expect(rest.count == 3 && mine.isDisjoint(with: rest.map(\.number)))
            let all = mine.union(rest.map(\.number))
            #expect(try store.claim(except: all).isEmpty)
            #expect(try store.waitingEndpoints(except: all, limit: 10).isEmpty)
            try await store.written(.callback(.released(first[0])))
            #expect(try store.claim(except: all.subtracting([first[0].number])) == [first[0]])
            // An answer that was lost: what is not known to be on its way is given back.
            try store.releaseCallbacks(except: [first[0].number])
            #expect(try store.claim(except: [first[0].number]).count == 4)
        }
    }

    @Test(arguments: StoreKind.allCases) func attemptsAreRememberedAndLogged(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let job = try RunRecord.telling()
            try await store.run(job, to: job.ended())
            try await store.attempted(try #require(try store.claim().first), .pending, next: 9000)
            #expect(try store.claim(at: 8999).isEmpty)
            #expect(try store.claim(at: 8999, isProbe: true).count == 1)
            try store.releaseCallbacks(except: [])
            let again = try #require(try store.claim(at: 9000).first)
            #expect(again.attempts == 1 && again.step == 1 && again.outcome == "http_500" && again.isOutage)
            try await store.attempted(again, .delivered, outcome: "ok")
            #expect(try store.callbackDepth() == 0 && store.claim(isProbe: true).isEmpty)
            let record = try #require(try store.callbacks(of: job.id).first)
            #expect(record.event.status == .delivered && record.event.attempts == 2)
            #expect(record.attempts.map(\.number) == [1, 2] && record.attempts.map(\.outcome) == ["http_500", "ok"])
            #expect(record.attempts[0].seconds == 0.25 && record.attempts[0].httpStatus == 500)
        }
    }

    @Test(arguments: StoreKind.allCases) func theLogKeepsTheLatestAttempts(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let job = try RunRecord.telling()
            try await store.run(job, to: job.ended())
            for _ in 0..<callbackAttemptsKept + 5 {
                try await store.attempted(try #require(try store.claim().first), .pending)
            }
            let attempts = try #require(try store.callbacks(of: job.id).first).attempts
            #expect(attempts.map(\.number) == Array(6...callbackAttemptsKept + 5))
        }
    }

    /// A replayed job has an end of its own, told after the first one.
    @Test(arguments: StoreKind.allCases) func theEndsOfAJobAreToldInTheirOrder(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let job = try RunRecord.telling()
            try await store.run(job, to: job.ended(.failed))
            var again = job
            again.replays = 1
            try await store.written(.replay(again))
            try await store.written(.update(again.ended(at: 500), nil))
            #expect(try store.callbacks(of: job.id).map(\.event.replays) == [0, 1])
            let first = try #require(try store.claim().first)
            #expect(first.runState == .failed && first.failure == .ocrFailed)
            #expect(try store.claim(except: [first.number]).isEmpty)
            try await store.attempted(first, .pending, next: 2_000_000)
            #expect(try store.claim().isEmpty)
            let probed = try store.claim(isProbe: true)
            #expect(probed.map(\.replays) == [0])
            try await store.attempted(probed[0], .delivered)
            #expect(try store.claim().map(\.replays) == [1])
        }
    }

    @Test(arguments: StoreKind.allCases) func anEndpointThatIsBackIsToldAtOnce(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let urls = ["https://h.example/a", "https://h.example/b", "https://other.example/"]
            for (index, url) in urls.enumerated() {
                let job = try RunRecord.telling(url, Int64(index))
                try await store.run(job, to: job.ended())
            }
            for event in try store.claim() { try await store.attempted(event, .pending, next: 5_000_000) }
            #expect(try store.claim().isEmpty)
            try await store.written(
                .callback(.hasten(endpoint: "https://h.example", at: Timestamp(milliseconds: 10_000))))
            #expect(try store.claim().count == 2)
        }
    }

    @Test(arguments: StoreKind.allCases) func aReceiverThatWantsNoMoreIsLeftAlone(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let urls = ["https://h.example/gone", "https://h.example/gone", "https://h.example/here"]
            let jobs = try urls.enumerated().map { try RunRecord.telling($1, Int64($0)) }
            for job in jobs { try await store.run(job, to: job.ended()) }
            try await store.attempted(try #require(try store.claim(1).first), .disabled, outcome: "http_410")
            func statuses() throws -> [CallbackStatus] {
                try jobs.flatMap { try store.callbacks(of: $0.id).map(\.event.status) }
            }
            #expect(try statuses() == [.disabled, .disabled, .pending])
            let later = try RunRecord.telling("https://h.example/gone", 9)
            try await store.run(later, to: later.ended())
            #expect(try store.callbacks(of: later.id).map(\.event.status) == [.disabled])
            // Somebody says that it is right again.
            try await store.written(.callback(.resend(jobs[1].id, at: Timestamp(milliseconds: 70))))
            #expect(try statuses() == [.disabled, .pending, .pending])
            let new = try RunRecord.telling("https://h.example/gone", 10)
            try await store.run(new, to: new.ended())
            #expect(try store.callbacks(of: new.id).map(\.event.status) == [.pending])
        }
    }

    @Test(arguments: StoreKind.allCases) func callbacksAreSentAgainOnRequest(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let job = try RunRecord.telling()
            try await store.run(job, to: job.ended(.failed))
            try await store.attempted(try #require(try store.claim().first), .delivered)
            var again = job
            again.replays = 1
            try await store.written(.replay(again))
            try await store.written(.update(again.ended(), nil))
            try await store.attempted(try #require(try store.claim().first), .givenUp)
            let wish = CallbackWrite.resend(job.id, at: Timestamp(milliseconds: 3000))
            // What was not delivered; where all was, the last.
            for _ in 0..<2 {
                try await store.written(.callback(wish))
                let events = try store.callbacks(of: job.id).map(\.event)
                #expect(events.map(\.status) == [.delivered, .pending])
                #expect(events[1].step == 0 && events[1].since.milliseconds == 3000 && events[1].attempts > 0)
                try await store.attempted(try #require(try store.claim().first), .delivered)
            }
            #expect(try store.callbackDepth() == 0)
        }
    }

    @Test(arguments: StoreKind.allCases) func aRemovedRunsCallbackIsStillDelivered(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let jobs = try (0..<2).map { try RunRecord.telling("https://h.example/\($0)", Int64($0)) }
            for job in jobs { try await store.run(job, to: job.ended()) }
            try await store.attempted(try #require(try store.claim(1).first), .delivered)
            try await store.written(.expire(jobs.map(\.id), at: Timestamp(milliseconds: 10)))
            #expect(try store.callbacks(of: jobs[0].id).isEmpty)
            let left = try #require(try store.claim().first)
            #expect(left.runID == jobs[1].id)
            try await store.attempted(left, .delivered)
            #expect(try store.callbacks(CallbackFilter(), before: nil, limit: 10).isEmpty)
        }
    }

    @Test(arguments: StoreKind.allCases) func whatHasWaitedTooLongWaitsNoLonger(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let jobs = try (0..<2).map { try RunRecord.telling("https://h.example/\($0)", Int64($0)) }
            for (index, job) in jobs.enumerated() {
                try await store.run(job, to: job.ended(at: 1000 * Int64(index + 1)))
            }
            try await store.written(.callback(.giveUp(since: Timestamp(milliseconds: 2000))))
            #expect(try store.callbacks(CallbackFilter(), before: nil, limit: 10).map(\.status) == [.pending, .givenUp])
        }
    }

    @Test(arguments: StoreKind.allCases) func listsPageByPage(kind: StoreKind) async throws {
        try await withStore(kind) { store in
            var jobs = try (0..<5).map { try RunRecord.telling("https://h.example/\($0)", Int64($0)) }
            for index in [0, 3] { jobs[index].caller = "bank" }
            for job in jobs { try await store.run(job, to: job.ended()) }
            try await store.attempted(try #require(try store.claim(1).first), .givenUp)
            let banks = try store.callbacks(CallbackFilter(caller: "bank"), before: nil, limit: 9)
            #expect(banks.map(\.runID) == [jobs[3].id, jobs[0].id])
            let both = try store.callbacks(CallbackFilter(status: .givenUp, caller: "bank"), before: nil, limit: 9)
            #expect(both.map(\.runID) == [jobs[0].id])
            #expect(try store.callbacks(CallbackFilter(caller: "other"), before: nil, limit: 9).isEmpty)
            let page = try store.callbacks(CallbackFilter(), before: nil, limit: 3)
            #expect(page.map(\.runID) == jobs.reversed().prefix(3).map(\.id))
            let next = try store.callbacks(CallbackFilter(), before: page.last?.number, limit: 3)
            #expect(next.map(\.runID) == [jobs[1].id, jobs[0].id])
            let givenUp = try store.callbacks(CallbackFilter(status: .givenUp), before: nil, limit: 3)
            #expect(givenUp.map(\.runID) == [jobs[0].id])
            #expect(try store.callbacks(CallbackFilter(status: .delivered), before: nil, limit: 3).isEmpty)
        }
    }

    /// Two nodes of one store: neither takes what the other has, and what a dead one had is taken over.
    @Test func aNodesDeliveriesAreItsOwnUntilItHasGone() async throws {
        let url = try await PostgresServer.shared().makeDatabase()
        let configuration = PostgresConfiguration(url: url, timeout: .seconds(30))
        let a = try PostgresJobStore(configuration, lease: .seconds(2))
        let b = try PostgresJobStore(configuration, lease: .seconds(2))
        defer {
            a.close()
            b.close()
        }
        let job = try RunRecord.telling()
        try await a.run(job, to: job.ended())
        let event = try #require(try a.claim().first)
        #expect(try b.claim().isEmpty && b.claim(isProbe: true).isEmpty)
        // The other one never beats: it has gone as soon as this one looks for long enough.
        b.beginSharing(
            SharedStoreEvents(
                changed: { _, _ in }, poolFilled: {}, cancelAsked: { _ in }, taken: { _ in }, beat: { _ in },
                reconnected: { _ in }))
        let taken = try await eventually("the dead node's callback", within: .seconds(90)) { try b.claim().first }
        #expect(taken.number == event.number && taken.webhookID == event.webhookID)
        // What the dead one still says does not count, unless it was delivered.
        try await a.attempted(event, .pending, next: 9_000_000)
        #expect(try b.callbacks(of: job.id).first?.event.attempts == 0)
        try await b.attempted(taken, .delivered)
        #expect(try a.callbacks(of: job.id).first?.event.status == .delivered)
    }

    @Test func aCancelOnAnotherNodeMakesTheCallbackToo() async throws {
        let url = try await PostgresServer.shared().makeDatabase()
        let configuration = PostgresConfiguration(url: url, timeout: .seconds(30))
        let store = try PostgresJobStore(configuration)
        defer { store.close() }
        var pooled = try RunRecord.telling("https://u:p@H.example:8443/hook")
        pooled.share = "s"
        store.announceInsert()
        try await store.written(.offer(pooled, document: RunFolder(runsDirectory: "/nowhere", runID: pooled.id)))
        guard case .cancelled = try store.requestCancel(pooled.id, at: Timestamp(milliseconds: 77)) else {
            throw Unexpected("it was not cancelled")
        }
        let event = try #require(try store.callbacks(of: pooled.id).first?.event)
        #expect(event.runState == .cancelled && event.endedAt.milliseconds == 77)
        #expect(event.endpoint == CallbackURL(event.url)?.endpoint && event.endpoint == "https://h.example:8443")
        // A job that runs is judged before the wish reaches its node: the end that is told is the one that is stored.
        let running = try RunRecord.telling("https://h.example/", 1)
        try await store.written(.insert(running, nil, document: nil))
        _ = try store.requestCancel(running.id, at: Timestamp(milliseconds: 78))
        try? await store.written(.update(running.ended(), nil))
        #expect(try store.callbacks(of: running.id).map(\.event.runState) == [.cancelled])
        #expect(try store.callbacks(of: running.id).first?.event.verdict == nil)
    }
}
