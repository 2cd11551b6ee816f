import Foundation
import Observability
import Pipeline
import Synchronization
import Testing

@testable import IDPServer

@Suite(.timeLimit(.minutes(2)))
struct RunServiceTests {
    @Test func acceptsRunsAndCompletesAJob() async throws {
        let seen = Mutex<JudgeRequest?>(nil)
        let bench = try RunBench(environment: ["IDP_TODAY": "2026-03-12"]) { request in
            seen.withLock { $0 = request }
            return .sample()
        }
        try bench.service.start()
        let accepted = try await bench.submit { $0.requestID = "req-1" }
        #expect(accepted.state == .accepted)
        let record = try await bench.end(of: accepted.id)
        #expect(record.state == .completed && record.verdict == true && record.errorCodes == [])
        #expect(record.attempts == 1 && record.startedAt != nil && record.finishedAt != nil)
        #expect(try bench.service.judgement(for: record.id) == .sample())
        #expect(try bench.store.run(record.id) == .found(record))
        let request = try #require(seen.withLock { $0 })
        #expect(request.today == CalendarDate(iso: "2026-03-12") && !request.isInteractive)
        #expect(request.documentPath == bench.artifacts.folder(record.id).path + "/input/document.pdf")
        #expect(request.fio == "Ахметов Нурлан Болатұлы" && request.runID == record.id.description)
    }

    @Test func tellsAFalseVerdictAsASuccess() async throws {
        let bench = try RunBench { _ in .sample(.docDateTooOld) }
        try bench.service.start()
        let record = try await bench.end(of: bench.submit().id)
        #expect(record.state == .completed && record.verdict == false)
        #expect(record.errorCodes == ["DOC_DATE_TOO_OLD"])
        #expect(bench.metric("idp_runs_total{verdict=\"false\",code=\"DOC_DATE_TOO_OLD\"}") == 1)
        #expect(bench.metric("jobs_completed_total") == 1)
        #expect(bench.metric("jobs_failed_total") == 0)
    }

    @Test func failsAJobThatCannotBeJudged() async throws {
        let bench = try RunBench { _ throws(ServiceError) in throw ServiceError(.documentEncrypted) }
        try bench.service.start()
        let record = try await bench.end(of: bench.submit().id)
        #expect(record.state == .failed && record.verdict == nil)
        #expect(record.errorCodes == ["DOCUMENT_ENCRYPTED"])
        #expect(bench.metric("idp_runs_total{verdict=\"none\",code=\"DOCUMENT_ENCRYPTED\"}") == 1)
    }

    /// Each counter moves once per job, however many jobs end in whatever order; runs of /v1/process are not jobs.
    @Test func countsEachJobExactlyOnce() async throws {
        let bench = try RunBench(environment: ["IDP_WORKERS": "4"]) { request throws(ServiceError) in
            if request.runID.utf8.last.map({ $0 % 2 == 0 }) == true { return .sample() }
            throw ServiceError(.ocrFailed)
        }
        try bench.service.start()
        let ids = try await withThrowingTaskGroup(of: RunID.self) { group in
            for _ in 0..<60 { group.addTask { try await bench.submit().id } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for _ in 0..<5 { _ = try await bench.process() }
        var ends: [RunState: Int] = [:]
        for id in ids { ends[try await bench.end(of: id).state, default: 0] += 1 }
        #expect(ends[.completed, default: 0] + ends[.failed, default: 0] == 60)
        #expect(bench.metric("jobs_submitted_total") == 60)
        #expect(bench.metric("jobs_completed_total") == Double(ends[.completed, default: 0]))
        #expect(bench.metric("jobs_failed_total") == Double(ends[.failed, default: 0]))
        #expect(bench.metric("idp_jobs{state=\"completed\"}") == Double(ends[.completed, default: 0]))
        #expect(bench.metric("idp_jobs{state=\"accepted\"}") == 0)
        #expect(bench.metric("idp_jobs{state=\"running\"}") == 0)
        #expect(try bench.store.jobCounts() == ends)
    }

    @Test func refusesWhatDoesNotFitIntoTheQueue() async throws {
        let gate = Gate()
        let bench = try RunBench(environment: ["IDP_WORKERS": "1", "IDP_QUEUE_LIMIT": "2"]) {
            request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        var ids = [try await bench.submit().id]
        await gate.arrivals(1)
        for _ in 0..<2 { ids.append(try await bench.submit().id) }
        let refusal = try #require(bench.service.admission(for: .job))
        #expect(refusal.code == .queueFull && (refusal.retryAfter ?? 0) >= 1)
        #expect(bench.service.readiness().first { $0.name == "queue" }?.isPassing == false)
        await #expect(throws: ServiceError.self) { try await bench.submit() }
        #expect(bench.metric("idp_requests_shed_total{reason=\"QUEUE_FULL\"}") == 2)
        #expect(bench.metric("idp_queue_depth{queue=\"jobs\"}") == 2)
        #expect(bench.service.retryAfterSeconds(for: try bench.service.record(for: ids[2])) >= 1)
        gate.open()
        for id in ids { #expect(try await bench.end(of: id).state == .completed) }
        #expect(bench.metric("jobs_submitted_total") == 3)
    }

    @Test func runsHigherPrioritiesFirst() async throws {
        let gate = Gate()
        let order = Mutex<[String]>([])
        let bench = try RunBench(environment: ["IDP_WORKERS": "1"]) { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            order.withLock { $0.append(request.fio) }
            return .sample()
        }
        try bench.service.start()
        var ids = [try await bench.submit { $0.fio = "first" }.id]
        await gate.arrivals(1)
        for (name, level) in [("low", 1), ("normal", 5), ("high", 9), ("normal too", 5)] {
            ids.append(
                try await bench.submit {
                    $0.fio = name
                    $0.priority = JobPriority(level)
                }.id)
        }
        gate.open()
        for id in ids { _ = try await bench.end(of: id) }
        #expect(order.withLock { $0 } == ["first", "high", "normal", "normal too", "low"])
    }

    @Test func failsAJobWhoseDeadlinePassedInTheQueue() async throws {
        let gate = Gate()
        let clock = Mutex(Timestamp(milliseconds: 1_800_000_000_000))
        let bench = try RunBench(environment: ["IDP_WORKERS": "1"], now: { clock.withLock { $0 } }) {
            request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        let first = try await bench.submit().id
        await gate.arrivals(1)
        let late = try await bench.submit { $0.timeout = .seconds(5) }.id
        clock.withLock { $0.milliseconds += 6000 }
        gate.open()
        #expect(try await bench.end(of: first).state == .completed)
        let record = try await bench.end(of: late)
        #expect(record.state == .failed && record.errorCodes == ["PROCESSING_TIMEOUT"] && record.attempts == 0)
    }

    @Test func logsIdsAndNothingPersonal() async throws {
        let bench = try RunBench { _ in .sample() }
        try bench.service.start()
        let trace = TraceContext(traceIDHigh: 1, traceIDLow: 2, spanID: 3, flags: 1)
        let record = try await bench.submit {
            $0.requestID = "req-7"
            $0.trace = trace
        }
        _ = try await bench.end(of: record.id)
        _ = try await bench.process()
        bench.service.drain(by: .after(.seconds(5)))
        let ended = try #require(bench.log.text.split(separator: "\n").first { $0.contains("run ended") })
        #expect(ended.contains(record.id.description) && ended.contains("req-7") && ended.contains(trace.traceID))
        for part in ["Ахметов", "Нурлан", "Болатұлы"] { #expect(!bench.log.text.contains(part)) }
    }

    @Test func knowsNothingOfOtherIds() async throws {
        let bench = try RunBench { _ in .sample() }
        try bench.service.start()
        let unknown = RunID(at: .now())
        #expect(try #require(throws: ServiceError.self) { try bench.service.record(for: unknown) }.code == .jobNotFound)
        let error = await #expect(throws: ServiceError.self) { try await bench.cancel(unknown) }
        #expect(error?.code == .jobNotFound)
    }

    @Test func listsJobsByPages() async throws {
        let bench = try RunBench { _ in .sample() }
        try bench.service.start()
        var ids: [RunID] = []
        for _ in 0..<7 { ids.append(try await bench.submit().id) }
        for id in ids { _ = try await bench.end(of: id) }
        _ = try await bench.process()
        var found: [RunID] = []
        var cursor: RunID?
        repeat {
            let page = try bench.service.list(RunFilter(kind: .job, state: .completed), limit: 3, before: cursor)
            found += page.runs.map(\.id)
            cursor = page.next
        } while cursor != nil
        #expect(found == ids.sorted(by: >))
        #expect(try bench.service.list(RunFilter(kind: .job, state: .failed)).runs.isEmpty)
        #expect(try bench.service.list(RunFilter()).runs.count == 8)
    }

    @Test func waitsForAChangeOrTheDeadline() async throws {
        let gate = Gate()
        let bench = try RunBench { request throws(ServiceError) in
            request.progress?(Progress(stage: .text, page: 1, pages: 2))
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        let id = try await bench.submit().id
        try await bench.reach(.running, id)
        await gate.arrivals(1)
        #expect(bench.service.progress(of: id) == Progress(stage: .text, page: 1, pages: 2))
        let unchanged = await withCheckedContinuation { continuation in
            bench.service.waitForChange(of: id, from: .running, by: .after(.milliseconds(30))) {
                continuation.resume(returning: $0)
            }
        }
        #expect(unchanged?.state == .running)
        gate.open()
        #expect(try await bench.end(of: id).state == .completed)
    }

    /// A status of an older process is read from the store.
    @Test func findsRunsOfAnEarlierProcess() async throws {
        let folder = RunBench.newFolder()
        var first: RunBench? = try RunBench(in: folder) { _ in .sample(.fioMismatch) }
        try first?.service.start()
        let id = try #require(try await first?.submit().id)
        let record = try #require(try await first?.end(of: id))
        let sync = try #require(try await first?.process().record)
        let copy = folder + "-copy"
        first?.service.drain(by: .after(.seconds(5)))
        try FileManager.default.copyItem(atPath: folder, toPath: copy)
        first = nil
        let second = try RunBench(in: copy) { _ in .sample() }
        try second.service.start()
        #expect(second.service.recentRecord(for: id) == nil)
        #expect(try second.service.record(for: id) == record)
        #expect(try second.service.record(for: sync.id) == sync)
        #expect(second.metric("idp_jobs{state=\"completed\"}") == 1)
    }
}
