import Foundation
import Observability
import Pipeline
import PostgresClient
import Synchronization
import TestSupport
import Testing

@testable import IDPServer

/// Two nodes and more on one store.
@Suite(.timeLimit(.minutes(5)))
struct SharedNodesTests {
    @Test func anyNodeAnswersForAnyJob() async throws {
        let bench = try await NodeBench()
        let (a, b) = (try bench.node(), try bench.node())
        let job = try await a.submit()
        let seen = try await b.end(of: job.id)
        #expect(seen.state == .completed && seen.verdict == true)
        #expect(try await a.end(of: job.id) == seen)
        #expect(try b.service.judgement(for: job.id) == .sample())
        #expect(try b.service.list().runs == [seen])
    }

    /// One node takes everything in and its slots are held: the other one does what is left.
    @Test func idleNodesRunWhatBusyNodesCannot() async throws {
        let bench = try await NodeBench()
        let gate = Gate()
        let a = try bench.node { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        let judged = Mutex<[String]>([])
        let b = try bench.node { request throws(ServiceError) in
            judged.withLock { $0.append(request.runID) }
            return .sample(.fioMissing)
        }
        var jobs: [RunRecord] = []
        for _ in 0..<30 { jobs.append(try await a.submit()) }
        // At most two run on the first node, and two wait there.
        try await eventually("26 jobs done by the other node", within: .seconds(60)) {
            judged.withLock { $0.count } >= 26
        }
        gate.open()
        var verdicts: [Bool: Int] = [:]
        for job in jobs {
            let end = try await b.end(of: job.id)
            #expect(end.state == .completed && end.attempts == 1)
            if let verdict = end.verdict { verdicts[verdict, default: 0] += 1 }
        }
        let others = judged.withLock { $0 }
        #expect(verdicts[true, default: 0] <= 4 && verdicts[false] == others.count)
        #expect(Set(others).count == others.count)
    }

    /// A flood of one caller delays another caller's first job by a few turns, not by the flood.
    @Test func callersTakeTurnsInThePool() async throws {
        let bench = try await NodeBench()
        let gate = Gate()
        let order = Mutex<[String]>([])
        let a = try bench.node(["IDP_WORKERS": "1"]) { request throws(ServiceError) in
            order.withLock { $0.append(request.runID) }
            try gate.pass(request.cancellation)
            return .sample()
        }
        var flood: [RunRecord] = []
        for _ in 0..<40 { flood.append(try await a.submit { $0.share = "flood" }) }
        let other = try await a.submit { $0.share = "other" }
        gate.open()
        for job in flood + [other] { _ = try await a.end(of: job.id) }
        let turn = try #require(order.withLock { $0.firstIndex(of: other.id.description) })
        #expect(turn < 20, "its turn was \(turn)")
    }

    /// Jobs that were nobody's when their watch began: the node that watches takes them up itself.
    @Test func tellsTheEndOfEachJobThatItTookFromThePool() async throws {
        let bench = try await NodeBench()
        let gate = Gate()
        let node = try bench.node(["IDP_WORKERS": "1"]) { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        let ends = Mutex<[RunID: [RunState]]>([:])
        for _ in 0..<100 {
            let job = try await node.submit()
            let key = node.service.watch(job.id) { update in
                guard case .state(let record) = update, record.state.isFinal else { return }
                ends.withLock { $0[record.id, default: []].append(record.state) }
            }
            #expect(key != nil)
        }
        gate.open()
        try await eventually("100 ends told", within: .seconds(60)) { ends.withLock { $0.count } == 100 }
        #expect(ends.withLock { $0.values.allSatisfy { $0 == [.completed] } })
    }

    @Test func cancelsAJobOfAnotherNode() async throws {
        let bench = try await NodeBench()
        let gate = Gate()
        let a = try bench.node { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        let running = try await a.submit()
        await gate.arrivals(1)
        let b = try bench.node(["IDP_WORKERS": "1"]) { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        guard case .accepted = try await b.cancel(running.id) else { throw Unexpected("not accepted") }
        #expect(try await b.end(of: running.id).state == .cancelled)
        #expect(try await a.end(of: running.id).state == .cancelled)
        guard case .ended(let record) = try await b.cancel(running.id) else { throw Unexpected("not ended") }
        #expect(record.state == .cancelled)
        gate.open()
    }

    @Test func cancelsAJobThatIsNobodysYet() async throws {
        let bench = try await NodeBench()
        let gate = Gate()
        let a = try bench.node(["IDP_WORKERS": "1"]) { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        var jobs: [RunRecord] = []
        for _ in 0..<6 { jobs.append(try await a.submit()) }
        let last = try #require(jobs.last)
        guard case .accepted(let record) = try await a.cancel(last.id) else { throw Unexpected("not accepted") }
        #expect(record.state == .cancelled)
        gate.open()
        for job in jobs.dropLast() { #expect(try await a.end(of: job.id).state == .completed) }
        #expect(try await a.end(of: last.id).state == .cancelled)
    }

    @Test func givesARepeatTheRunOfAnotherNode() async throws {
        let bench = try await NodeBench()
        let (a, b) = (try bench.node(), try bench.node())
        let key: @Sendable (inout Submission) -> Void = {
            $0.idempotencyKey = "/v1/jobs key"
            $0.fingerprint = [1]
        }
        async let first = a.submit(key)
        async let second = b.submit(key)
        let ids = [try await first.id, try await second.id]
        #expect(ids[0] == ids[1])
        #expect(try await bench.server.query(
            "SELECT count(*) FROM run", database: String(bench.database.split(separator: "/").last ?? "")) == "1")
    }

    /// A node that stops gives back what waits, at once.
    @Test func takesUpWhatAStoppedNodeLeft() async throws {
        let bench = try await NodeBench()
        let gate = Gate()
        let a = try bench.node(["IDP_NODE_LEASE": "1h"]) { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            throw ServiceError(.shuttingDown)
        }
        var jobs: [RunRecord] = []
        for _ in 0..<8 { jobs.append(try await a.submit()) }
        await gate.arrivals(2)
        #expect(a.service.drain(by: .after(.seconds(4))))
        let b = try bench.node(["IDP_NODE_LEASE": "1h"])
        for job in jobs { #expect(try await b.end(of: job.id).state == .completed) }
    }

    /// A node that is cut off is taken for gone; when it comes back, what the others made of its jobs stands.
    @Test func takesOverTheJobsOfASilentNodeAndKeepsTheFirstResult() async throws {
        let bench = try await NodeBench()
        let proxy = try await FaultProxy(to: bench.server.port)
        let name = String(bench.database.split(separator: "/").last ?? "")
        let gate = Gate()
        let silent = try bench.node(url: bench.server.url(name, port: proxy.port)) { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample(.fioMissing)
        }
        var jobs: [RunRecord] = []
        for _ in 0..<4 { jobs.append(try await silent.submit()) }
        await gate.arrivals(2)
        try await proxy.set("blackhole")
        let other = try bench.node()
        for job in jobs { #expect(try await other.end(of: job.id).verdict == true) }
        try await proxy.set("reset")
        try await proxy.set("pass")
        gate.open()
        // The node that was silent finds out, and says what the others say.
        for job in jobs {
            try await eventually("the same answer of both nodes for \(job.id)", within: .seconds(60)) {
                (try? silent.service.record(for: job.id))?.verdict == true
            }
            let folder = silent.artifacts.folder(job.id)
            var text: String?
            do {
                try await eventually("the first result in the folder", within: .seconds(60)) {
                    text = try? String(contentsOfFile: folder.finalResultPath, encoding: .utf8)
                    return text?.contains("\"verdict\":true") == true
                }
            } catch {
                Issue.record("\(error) of job \(jobs.firstIndex(of: job) ?? -1): \(text ?? "there is none")")
            }
        }
        // It takes jobs again.
        let job = try await eventually("a submission to the node that came back", within: .seconds(60)) {
            try? await silent.submit()
        }
        #expect(try await other.end(of: job.id).state == .completed)
    }

    /// PostgreSQL goes away and comes back: who submits is told so at once or waits, and no acknowledged job is lost.
    @Test(arguments: ["refuse", "blackhole", "reset"]) func outlivesAnOutage(mode: String) async throws {
        let bench = try await NodeBench()
        let proxy = try await FaultProxy(to: bench.server.port)
        let name = String(bench.database.split(separator: "/").last ?? "")
        let node = try bench.node(url: bench.server.url(name, port: proxy.port), ["IDP_STORE_TIMEOUT": "1s"])
        var jobs = [try await node.submit()]
        try await proxy.set(mode)
        for _ in 0..<3 {
            let refusal = await #expect(throws: ServiceError.self) { try await node.submit() }
            #expect(refusal?.code == .dependencyUnavailable && (refusal?.retryAfter ?? 0) > 0)
        }
        #expect(node.service.readiness().contains { $0.name == "store" && !$0.isPassing })
        try await proxy.set("pass")
        jobs.append(
            try await eventually("a submission after the outage", within: .seconds(60)) { try? await node.submit() })
        for job in jobs { #expect(try await node.end(of: job.id).state == .completed) }
        // What was refused is not there.
        #expect(try await bench.server.query("SELECT count(*) FROM run", database: name) == "\(jobs.count)")
    }

    /// What comes together shares a transaction.
    @Test func submissionsShareTransactions() async throws {
        let bench = try await NodeBench()
        let gate = Gate()
        let node = try bench.node { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        _ = try await node.submit()
        await gate.arrivals(1)
        let before = node.store.statistics.commits
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<64 {
                group.addTask { for _ in 0..<8 { _ = try await node.submit() } }
            }
            try await group.waitForAll()
        }
        let commits = node.store.statistics.commits - before
        #expect(Double(commits) <= 0.2 * 512, "\(commits) transactions for 512 submissions")
        gate.open()
    }

    /// A batch whose answer is lost on its way was committed: it is written again, and stands there once.
    @Test func writesABatchWhoseAnswerWasLostOnlyOnce() async throws {
        let bench = try await NodeBench()
        let proxy = try await FaultProxy(to: bench.server.port)
        let name = String(bench.database.split(separator: "/").last ?? "")
        let url = bench.server.url(name, port: proxy.port)
        let store = try PostgresJobStore(PostgresConfiguration(url: url, timeout: .seconds(1)))
        let fresh = try RunRecord.sample()
        try await store.written(.probe(fresh.createdAt))
        try await proxy.set("blackhole", ["direction": "down"])
        async let written: Void = store.written(.insert(fresh, nil, document: nil))
        try await eventually("the row in the store", within: .seconds(30)) {
            try await bench.server.query("SELECT count(*) FROM run", database: name) == "1"
        }
        try await proxy.set("pass")
        try await written
        var run = fresh
        run.state = .completed
        run.verdict = true
        try await store.written(.update(run, .sample()))
        try await store.written(.update(run, .sample()))
        #expect(try store.run(run.id) == .found(run))
        store.close()
    }
}
