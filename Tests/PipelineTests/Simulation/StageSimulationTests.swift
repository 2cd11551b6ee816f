import Dependencies
import Observability
import TestSupport
import Testing

@testable import Pipeline

extension LiveWorkers {
    /// Stages that only take time.
    @Suite struct StageSimulationTests {
        private static let rules = SecondReading.rules

        private func judge(
            _ path: String, _ stages: [StageName: LatencyDistribution], faults: FaultInjector? = nil,
            within limit: Duration = .seconds(60), cancelled: Bool = false
        ) async throws -> Result<Judgement, ServiceError> {
            let reading = try Reading()
            let pipeline = DocumentPipeline(
                pool: reading.pool, rules: Self.rules, simulation: StageSimulation(stages), faults: faults)
            let token = CancellationToken()
            let request = JudgeRequest(
                runID: "test", documentPath: path, fio: "Ахметова Айгуль", today: SecondReading.today,
                deadline: .after(limit), isInteractive: true, cancellation: token,
                progress: { _ in if cancelled { token.cancel(.requested) } })
            return try await blocking {
                Result { () throws(ServiceError) in try pipeline.judge(request) }
            }
        }

        /// No file is opened, no worker is used, and nothing is accepted.
        @Test func simulatedStagesFindNothing() async throws {
            let all = Dictionary(
                uniqueKeysWithValues: StageName.allCases.map { ($0, LatencyDistribution.constant(.zero)) })
            for stages in [all, [.acquire: .constant(.milliseconds(1)), .text: .constant(.milliseconds(1))]] {
                let judgement = try await judge("/nowhere", stages).get()
                #expect(judgement.stages.map(\.stage) == StageName.allCases)
                #expect(!judgement.verdict)
                #expect(judgement.reasons == [.docTypeUnknown, .docDateMissing, .fioMissing])
                #expect(judgement.pages == 1 && judgement.sheets == nil)
            }
        }

        @Test func aStageTakesTheTimeThatItIsTold() async throws {
            let judgement = try await judge(fixture("text.pdf"), [.validate: .constant(.milliseconds(300))]).get()
            let took = try #require(judgement.stages.first { $0.stage == .validate }).seconds
            #expect(took >= 0.3)
            #expect(!judgement.verdict)
        }

        @Test func theDeadlineAndACancelEndTheWait() async throws {
            let slow: [StageName: LatencyDistribution] = [
                .acquire: .constant(.seconds(3600)), .text: .constant(.zero),
            ]
            let late = try await judge("/nowhere", slow, within: .milliseconds(50))
            #expect(throws: ServiceError.self) { try late.get() }
            if case .failure(let error) = late { #expect(error.code == .processingTimeout) }
            let cancelled = try await judge("/nowhere", slow, cancelled: true)
            if case .failure(let error) = cancelled { #expect(error.code == .clientClosedRequest) }
            #expect(throws: ServiceError.self) { try cancelled.get() }
        }

        /// Faults of reading are those of workers.
        @Test func injectedFaultsOfReadingHaveItsCodes() async throws {
            let broken = FaultInjector([.init(dependency: "ocr", kind: .error, rate: 1)])
            if case .failure(let error) = try await judge(fixture("text.pdf"), [:], faults: broken) {
                #expect(error.code == .ocrFailed)
            } else {
                Issue.record("the fault did not strike")
            }
            let hung = FaultInjector([.init(dependency: "ocr", kind: .hang, rate: 1)])
            if case .failure(let error) = try await judge(
                fixture("text.pdf"), [:], faults: hung, within: .seconds(3))
            {
                #expect(error.code == .processingTimeout)
            } else {
                Issue.record("the fault did not strike")
            }
            let other = FaultInjector([.init(dependency: "s3", kind: .error, rate: 1)])
            _ = try await judge(fixture("text.pdf"), [:], faults: other).get()
        }
    }
}
