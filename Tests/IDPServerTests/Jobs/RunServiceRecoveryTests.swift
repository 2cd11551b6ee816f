import Dispatch
import Foundation
import Observability
import Pipeline
import Synchronization
import Testing

@testable import IDPServer

@Suite(.timeLimit(.minutes(2)))
struct RunServiceRecoveryTests {
    /// The files as a power cut would leave them: the store's pages as far as they were written, then the folders.
    private func cut(_ bench: RunBench) throws -> String {
        let copy = RunBench.newFolder()
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        let names = try FileManager.default.contentsOfDirectory(atPath: bench.folder)
        let files = names.filter { $0.hasPrefix("jobs.sqlite") && !$0.hasSuffix("-shm") }.sorted()
        for name in files + names.filter({ $0.hasPrefix("20") }) {
            try copyLive(bench.folder + "/" + name, copy + "/" + name)
        }
        return copy
    }

    /// Copies what is there. A temporary file that is renamed under the copy's hands is left out, as a crash loses it.
    private func copyLive(_ source: String, _ target: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: source, isDirectory: &isFolder) else { return }
        if isFolder.boolValue {
            try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
            for name in try FileManager.default.contentsOfDirectory(atPath: source) {
                try copyLive(source + "/" + name, target + "/" + name)
            }
            return
        }
        do {
            try FileManager.default.copyItem(atPath: source, toPath: target)
        } catch let error as CocoaError where [.fileNoSuchFile, .fileReadNoSuchFile].contains(error.code) {
            try? FileManager.default.removeItem(atPath: target)  // Nothing may have been begun: then there is nothing.
        }
    }

    @Test func goesOnWithUnfinishedJobs() async throws {
        let gate = Gate()
        let bench = try RunBench { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        var ids: [RunID] = []
        for _ in 0..<10 { ids.append(try await bench.submit().id) }
        await gate.arrivals(2)
        for id in ids.prefix(2) { try await bench.reach(.running, id) }
        let copy = try cut(bench)
        gate.open()
        let again = try RunBench(in: copy) { _ in .sample() }
        try again.service.start()
        for id in ids {
            let record = try await again.end(of: id)
            #expect(record.state == .completed && record.verdict == true)
            #expect(record.attempts == (ids.prefix(2).contains(id) ? 2 : 1))
        }
        #expect(again.metric("jobs_submitted_total") == 0)
        #expect(again.metric("jobs_completed_total") == 10)
        #expect(again.metric("idp_jobs_recovered_total") == 10)
        #expect(again.metric("idp_jobs{state=\"completed\"}") == 10)
        #expect(again.metric("idp_jobs{state=\"accepted\"}") == 0)
    }

    /// Cuts at moments that nobody chose, under load: everything acknowledged before a cut is there after it and ends.
    @Test func losesNothingThatWasAcknowledged() async throws {
        let bench = try RunBench(environment: ["IDP_WORKERS": "2"]) { _ in .sample(.docTypeUnknown) }
        try bench.service.start()
        let acknowledged = Acknowledged()
        let load = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<30 {
                            let id = try await bench.submit().id
                            acknowledged.ids.withLock { _ = $0.insert(id) }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        var copies: [(Set<RunID>, String)] = []
        for wanted in [20, 90, 160] {
            while acknowledged.ids.withLock({ $0.count }) < wanted { await Task.yield() }
            let known = acknowledged.ids.withLock { $0 }
            copies.append((known, try cut(bench)))
        }
        try await load.value
        for (known, copy) in copies {
            let again = try RunBench(in: copy) { _ in .sample(.docTypeUnknown) }
            try again.service.start()
            for id in known {
                let record = try await again.end(of: id)
                #expect(record.state == .completed && record.errorCodes == ["DOC_TYPE_UNKNOWN"])
            }
        }
    }

    /// A submission that was cut before its row: nobody was told of it.
    @Test func sweepsFoldersThatHaveNoRow() async throws {
        let bench = try RunBench { _ in .sample() }
        let earlier = RunID(at: Timestamp(milliseconds: Timestamp.now().milliseconds - 5000))
        let orphan = bench.artifacts.folder(earlier)
        try FileManager.default.createDirectory(atPath: orphan.inputPath, withIntermediateDirectories: true)
        let foreign = orphan.dayPath + "/notes"
        try FileManager.default.createDirectory(atPath: foreign, withIntermediateDirectories: true)
        try bench.service.start()
        bench.service.housekeeping.sync {}
        #expect(!FileManager.default.fileExists(atPath: orphan.path))
        #expect(FileManager.default.fileExists(atPath: foreign))
    }

    /// A clock that is set back after the start gives new runs ids from before it: what is being taken in is not swept.
    @Test func sweepsNothingThatIsBeingTakenIn() async throws {
        let clock = Mutex(Timestamp.now())
        let reached = DispatchGroup()
        let isOpen = DispatchGroup()
        let isSwept = DispatchGroup()
        for group in [reached, isOpen, isSwept] { group.enter() }
        let bench = try RunBench(now: { clock.withLock { $0 } }) { _ in .sample() }
        bench.service.housekeeping.async { isSwept.wait() }
        try bench.service.start()
        clock.withLock { $0 = $0.advanced(by: .seconds(-600)) }
        async let submitted = bench.submit { submission in
            let move = submission.document.move
            submission.document.move = { path in
                // The folder is there, the row is not: the intake's queue is held here.
                reached.leave()
                isOpen.wait()
                try move(path)
            }
        }
        await withCheckedContinuation { continuation in
            reached.notify(queue: .global()) { continuation.resume() }
        }
        isSwept.leave()
        await withCheckedContinuation { continuation in
            bench.service.housekeeping.async { continuation.resume() }
        }
        let folders = bench.artifacts.days().flatMap { bench.artifacts.runs(on: $0) }
        isOpen.leave()
        let record = try await submitted
        #expect(folders == [record.id])
        #expect(try await bench.end(of: record.id).state == .completed)
    }

    @Test func repairsTornFilesOfEndedRuns() async throws {
        let bench = try RunBench { _ in .sample() }
        try bench.service.start()
        let id = try await bench.end(of: bench.submit().id).id
        let folder = bench.artifacts.folder(id)
        let whole = try bench.text(folder.finalResultPath)
        let copy = try cut(bench)
        let torn = RunFolder(runsDirectory: copy, runID: id)
        try Data().write(to: URL(fileURLWithPath: torn.finalResultPath))
        try FileManager.default.removeItem(atPath: torn.jobPath)
        let again = try RunBench(in: copy) { _ in .sample() }
        try again.service.start()
        again.service.housekeeping.sync {}
        #expect(try again.text(torn.finalResultPath) == whole)
        #expect(try again.text(torn.jobPath).contains("\"status\":\"completed\""))
    }

    @Test func failsAJobWhoseDocumentIsGone() async throws {
        let gate = Gate()
        let bench = try RunBench(environment: ["IDP_WORKERS": "1"]) { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        _ = try await bench.submit()
        await gate.arrivals(1)
        let id = try await bench.submit().id
        let copy = try cut(bench)
        gate.open()
        try FileManager.default.removeItem(atPath: RunFolder(runsDirectory: copy, runID: id).path)
        let again = try RunBench(in: copy) { _ in .sample() }
        try again.service.start()
        #expect(try await again.end(of: id).errorCodes == ["STORAGE_FAILED"])
    }

    @Test func givesUpAJobThatNoStartSurvives() async throws {
        let gate = Gate()
        let environment = ["IDP_JOB_ATTEMPTS_MAX": "1"]
        let bench = try RunBench(environment: environment) { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        let id = try await bench.submit().id
        try await bench.reach(.running, id)
        let copy = try cut(bench)
        gate.open()
        let again = try RunBench(in: copy, environment: environment) { _ in .sample() }
        try again.service.start()
        let record = try await again.end(of: id)
        #expect(record.state == .failed && record.errorCodes == ["INTERNAL_PROCESSING_ERROR"])
        #expect(again.metric("jobs_failed_total") == 1)
    }

    /// The verdict of a paper is that of the day on which it came in.
    @Test func keepsTheDayOverARestart() async throws {
        let gate = Gate()
        let evening = Timestamp(milliseconds: 1_792_000_000_000)
        let bench = try RunBench(now: { evening }) { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        let id = try await bench.submit().id
        let copy = try cut(bench)
        gate.open()
        let seen = Mutex<CalendarDate?>(nil)
        let again = try RunBench(in: copy, now: { evening.advanced(by: .seconds(86_400)) }) { request in
            seen.withLock { $0 = request.today }
            return .sample()
        }
        try again.service.start()
        _ = try await again.end(of: id)
        #expect(seen.withLock { $0 } == evening.day(hoursEast: 5))
    }
}

/// The runs whose acceptance was told.
private final class Acknowledged: Sendable {
    let ids = Mutex<Set<RunID>>([])
}
