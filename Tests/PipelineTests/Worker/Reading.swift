import Dispatch
import Foundation
import Observability
import Synchronization
import TestSupport

@testable import Pipeline

/// Rules that judge nothing and keep the text they were given.
final class TextKeeper: DocumentRuling {
    private let kept = Mutex<DocumentText?>(nil)

    /// The text of the last document.
    var text: DocumentText? { kept.withLock { $0 } }

    func classify(_ text: DocumentText) -> Classification {
        kept.withLock { $0 = text }
        return Classification(types: [], single: Self.single, sections: [])
    }

    func extract(_ text: DocumentText, _ classification: Classification, today: CalendarDate) -> Extraction {
        Extraction(docType: nil, singleDocType: Self.single, fio: nil, docDate: nil)
    }

    func settled(_ extraction: Extraction, fio: String) -> Extraction { extraction }

    func check(
        _ extraction: Extraction, fio: String, today: CalendarDate
    ) -> (checks: Checks, reasons: [VerdictReason]) {
        let check = Check(passed: true, why: "not asked")
        return (Checks(fioMatch: check, docTypeKnown: check, singleDocType: check, docDateValid: check), [])
    }

    private static let single = Finding(value: true, confidence: 1, words: "", source: "test")
}

/// A pool of real workers and the pipeline over it, stopped when the test lets go of it.
final class Reading: Sendable {
    let pool: DocumentWorkerPool
    private let log = EventLog()

    private final class EventLog: Sendable {
        let events = Mutex<[DocumentWorkerPool.Event]>([])
    }

    /// What the pool has told so far.
    var events: [DocumentWorkerPool.Event] { log.events.withLock { $0 } }

    /// The reasons for which workers were replaced, in order.
    var restarts: [DocumentWorkerPool.RestartReason] {
        events.compactMap { event in
            if case .restarted(let reason) = event { reason } else { nil }
        }
    }

    init(count: Int = 1, change: (inout DocumentWorkerPool.Settings) -> Void = { _ in }) throws {
        var settings = DocumentWorkerPool.Settings(count: count, executable: ProjectFiles.serverProgram)
        change(&settings)
        pool = try DocumentWorkerPool(settings) { [log] event in log.events.withLock { $0.append(event) } }
    }

    deinit { pool.stop() }

    /// The document's text, or the error with which reading it failed.
    func text(
        of path: String, within limit: Duration = .seconds(60), maxPages: Int = 20, isInteractive: Bool = true,
        cancellation: CancellationToken = CancellationToken(), progress: (@Sendable (Pipeline.Progress) -> Void)? = nil
    ) async -> Result<DocumentText, ServiceError> {
        let deadline = Deadline.after(limit)
        let pool = pool
        return await withCheckedContinuation { continuation in
            Self.queue.async {
                let keeper = TextKeeper()
                let pipeline = DocumentPipeline(pool: pool, rules: keeper, maxPages: maxPages)
                let request = JudgeRequest(
                    runID: "test", documentPath: path, fio: "Ахметова Айгуль",
                    today: CalendarDate(year: 2026, month: 11, day: 23)!, deadline: deadline,
                    isInteractive: isInteractive, cancellation: cancellation, progress: progress)
                do throws(ServiceError) {
                    _ = try pipeline.judge(request)
                    continuation.resume(returning: .success(keeper.text ?? DocumentText(pages: [])))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
    }

    /// A page's picture, a JPEG.
    func picture(of path: String, page: Int, _ sheet: PageSheet) async -> Result<Data, ServiceError> {
        let pool = pool
        return await withCheckedContinuation { continuation in
            Self.queue.async {
                do throws(ServiceError) {
                    let picture = try DocumentPipeline(pool: pool, rules: TextKeeper()).picture(
                        of: page, sheet, documentPath: path, by: .after(.seconds(60)), CancellationToken())
                    continuation.resume(returning: .success(picture))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
    }

    /// Has a worker try something forbidden: the errno of the failure, 0 when it worked.
    func attempt(_ act: ForbiddenAct) async -> Result<Int32, ServiceError> {
        let pool = pool
        return await withCheckedContinuation { continuation in
            Self.queue.async {
                let turn = DocumentWorkerPool.Turn(
                    deadline: .after(.seconds(60)), isInteractive: true, cancellation: CancellationToken())
                do throws(ServiceError) {
                    switch try pool.perform(.attempt(act), document: 0, turn) {
                    case .refused(let number): continuation.resume(returning: .success(number))
                    case .done: continuation.resume(returning: .success(0))
                    case .beat, .ready, .outline, .page, .picture, .failed:
                        preconditionFailure("no answer to an attempt")
                    }
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
    }

    /// The code with which reading the document failed; nil when it was read.
    func code(of path: String, within limit: Duration = .seconds(60), maxPages: Int = 20) async -> ErrorCode? {
        switch await text(of: path, within: limit, maxPages: maxPages) {
        case .success: nil
        case .failure(let error): error.code
        }
    }

    // Blocking runs, each on a thread of its own.
    private static let queue = DispatchQueue(label: "test.reading", attributes: .concurrent)
}

/// A document of `Tests/Fixtures/formats`.
func fixture(_ name: String) -> String { ProjectFiles.url("Tests/Fixtures/formats/\(name)").path }

extension DocumentText {
    /// All lines, page after page.
    var lines: [String] { pages.flatMap { $0.lines.map(\.text) } }
}
