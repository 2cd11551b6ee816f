import Foundation
import Observability
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

extension LiveWorkers {
    /// The order of the stages, what is told about them, and how a run ends early.
    @Suite struct DocumentPipelineTests {
        @Test func tellsEachStageOnceInOrderWithItsDuration() async throws {
            let notes = Notes()
            let result = try await judge(fixture("text.pdf"), notes)
            let judgement = try result.get()
            #expect(judgement.pages == 1)
            #expect(judgement.stages.map(\.stage) == StageName.allCases)
            #expect(judgement.stages.allSatisfy { $0.seconds >= 0 })
            let expected = StageName.allCases.flatMap { ["begin \($0)", "end \($0)"] } + ["run ended"]
            #expect(notes.all == expected)
        }

        @Test func tellsWhichStageFailedAndStopsThere() async throws {
            let notes = Notes()
            let result = try await judge(fixture("encrypted.pdf"), notes)
            #expect(throws: ServiceError.self) { try result.get() }
            #expect(
                notes.all == ["begin acquire", "failed acquire DOCUMENT_ENCRYPTED", "run failed DOCUMENT_ENCRYPTED"])
        }

        @Test func doesNotBeginWhatIsCancelledOrTooLate() async throws {
            let cancelled = Notes()
            let token = CancellationToken()
            token.cancel(.clientGone)
            _ = try await judge(fixture("text.pdf"), cancelled, cancellation: token)
            #expect(cancelled.all == ["run failed CLIENT_CLOSED_REQUEST"])
            let late = Notes()
            _ = try await judge(fixture("text.pdf"), late, within: .zero)
            #expect(late.all == ["run failed PROCESSING_TIMEOUT"])
        }

        /// Nobody can decode the second picture of this TIFF: the document fails as a whole.
        @Test func failsTheDocumentWhenOnePageFails() async throws {
            let folder = try TemporaryDirectory()
            var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: fixture("two-pages-g4.tiff"))))
            try #require(breakSecondPicture(of: &bytes))
            let document = try folder.write(bytes, to: "document.tiff")
            let notes = Notes()
            let result = try await judge(document.path, notes)
            #expect(throws: ServiceError.self) { try result.get() }
            #expect(notes.all.suffix(2) == ["failed text DOCUMENT_UNREADABLE", "run failed DOCUMENT_UNREADABLE"])
        }

        private func judge(
            _ path: String, _ notes: Notes, within limit: Duration = .seconds(60),
            cancellation: CancellationToken = CancellationToken()
        ) async throws -> Result<Judgement, ServiceError> {
            let reading = try Reading(count: 2)
            let hooks = DocumentPipeline.Hooks(
                stageBegan: { stage, _ in
                    notes.append("begin \(stage)")
                    return { timing, error in
                        notes.append(
                            error.map { "failed \(timing.stage) \($0.code.rawValue)" } ?? "end \(timing.stage)")
                    }
                },
                runEnded: { _, _, error in notes.append(error.map { "run failed \($0.code.rawValue)" } ?? "run ended") }
            )
            let pipeline = DocumentPipeline(pool: reading.pool, rules: TextKeeper(), hooks: hooks)
            let request = JudgeRequest(
                runID: "test", documentPath: path, fio: "Ахметова Айгуль",
                today: try #require(CalendarDate(iso: "2026-11-23")), deadline: .after(limit), isInteractive: true,
                cancellation: cancellation)
            return try await blocking {
                Result { () throws(ServiceError) in try pipeline.judge(request) }
            }
        }

        /// Gives the second directory a compression that the decoder does not know (TIFF 6.0, tag 259; JPEG 2000).
        private func breakSecondPicture(of tiff: inout [UInt8]) -> Bool {
            func number(_ at: Int, _ count: Int) -> Int {
                (0..<count).reduce(0) { $0 | Int(tiff[at + $1]) << (8 * $1) }
            }
            guard tiff.starts(with: [0x49, 0x49, 0x2A, 0]) else { return false }
            let first = number(4, 4)
            let second = number(first + 2 + number(first, 2) * 12, 4)
            guard second > 0 else { return false }
            for entry in 0..<number(second, 2) where number(second + 2 + entry * 12, 2) == 259 {
                tiff.replaceSubrange((second + 10 + entry * 12)..<(second + 12 + entry * 12), with: [0x98, 0x87])
                return true
            }
            return false
        }
    }
}

/// Collects what was told, in order.
private final class Notes: Sendable {
    private let notes = Mutex<[String]>([])

    var all: [String] { notes.withLock { $0 } }

    func append(_ note: String) { notes.withLock { $0.append(note) } }
}
