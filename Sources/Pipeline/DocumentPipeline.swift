public import Dependencies
internal import Dispatch
public import Observability

/// Judges documents: `acquire` → `text` → `classify` → `extract` → `validate`.
///
/// The first two stages run in document workers, the other three are pure functions of the text on the caller's thread,
/// but for what a second reader is asked where the rules are unsure.
/// Each stage ends by the run's deadline. Thread-safe; as many runs at a time as the callers have threads, as many
/// pages as the pool has workers.
public final class DocumentPipeline: DocumentJudge {
    /// What is told about runs while they go on, for metrics and spans.
    public struct Hooks: Sendable {
        /// A stage begins; what is returned is called at its end with its error, if it failed.
        public var stageBegan: @Sendable (StageName, JudgeRequest) -> @Sendable (StageTiming, ServiceError?) -> Void
        /// A run has ended: its duration in seconds, and its error if it failed.
        public var runEnded: @Sendable (JudgeRequest, Double, ServiceError?) -> Void

        public init(
            stageBegan:
                @escaping @Sendable (StageName, JudgeRequest) -> @Sendable (StageTiming, ServiceError?) -> Void =
                { _, _ in { _, _ in } },
            runEnded: @escaping @Sendable (JudgeRequest, Double, ServiceError?) -> Void = { _, _, _ in }
        ) {
            self.stageBegan = stageBegan
            self.runEnded = runEnded
        }
    }

    let pool: DocumentWorkerPool
    private let rules: any DocumentRuling
    private let maxPages: Int
    private let reviewBelow: Double
    private let secondReader: SecondReader?
    private let simulation: StageSimulation?
    private let faults: FaultInjector?
    private let hooks: Hooks
    private let pages = DispatchQueue(label: "idp.pipeline.pages", attributes: .concurrent)

    /// - Parameters:
    ///   - pool: the workers that read; the caller starts and stops it.
    ///   - rules: what judges the text.
    ///   - maxPages: documents with more pages fail with `TOO_MANY_PAGES`.
    ///   - reviewBelow: runs whose least sure field is less sure than this, 0 to 1, need a review.
    ///   - secondReader: asked where the rules are unsure.
    ///   - simulation: stages that a load test replaces.
    ///   - faults: what a load test injects into the reading of text, as the dependency `ocr`.
    public init(
        pool: DocumentWorkerPool, rules: any DocumentRuling, maxPages: Int = 20, reviewBelow: Double = 0,
        secondReader: SecondReader? = nil, simulation: StageSimulation? = nil, faults: FaultInjector? = nil,
        hooks: Hooks = Hooks()
    ) {
        self.secondReader = secondReader
        self.simulation = simulation
        self.faults = faults
        self.pool = pool
        self.rules = rules
        self.maxPages = maxPages
        self.reviewBelow = reviewBelow
        self.hooks = hooks
    }

    public func judge(_ request: JudgeRequest) throws(ServiceError) -> Judgement {
        let start = ContinuousClock.now
        do throws(ServiceError) {
            var run = Run(request: request, hooks: hooks)
            let judgement = try judge(request, &run)
            hooks.runEnded(request, start.secondsUntilNow, nil)
            return judgement
        } catch {
            hooks.runEnded(request, start.secondsUntilNow, error)
            throw error
        }
    }

    private func judge(_ request: JudgeRequest, _ run: inout Run) throws(ServiceError) -> Judgement {
        let text = try read(request, &run)
        let count = text.pages.count
        var asked: [Consultation] = []
        let classification = try run.stage(.classify, pages: count) { () throws(ServiceError) in
            if try isSimulated(.classify, request) { return StageSimulation.noType }
            return consulting(rules.classify(text), &asked) { $0.classification($1, of: text, request) }
        }
        let extraction = try run.stage(.extract, pages: count) { () throws(ServiceError) in
            if try isSimulated(.extract, request) { return StageSimulation.nothing }
            let found = consulting(rules.extract(text, classification, today: request.today), &asked) {
                $0.extraction($1, of: text, classification, request)
            }
            return rules.settled(found, fio: request.fio)
        }
        let (checks, reasons) = try run.stage(.validate, pages: count) { () throws(ServiceError) in
            let judged = try isSimulated(.validate, request) ? StageSimulation.nothing : extraction
            return rules.check(judged, fio: request.fio, today: request.today)
        }
        let isOthers = reasons.contains(.fioMismatch) || reasons.contains(.fioMissing)
        let review = Review(
            of: extraction, reasons: reasons,
            isApplicantNamed: isOthers && NamePresence.stands(request.fio, in: text), below: reviewBelow)
        return Judgement(
            verdict: checks.verdict, reasons: reasons, extraction: extraction, checks: checks, stages: run.timings,
            pages: count, review: review, sheets: text.sheets, consultations: asked.isEmpty ? nil : asked)
    }

    /// `acquire` and `text`.
    private func read(_ request: JudgeRequest, _ run: inout Run) throws(ServiceError) -> DocumentText {
        let turn = DocumentWorkerPool.Turn(
            deadline: request.deadline, isInteractive: request.isInteractive, cancellation: request.cancellation)
        let opened = try run.stage(.acquire) { () throws(ServiceError) in
            try isSimulated(.acquire, request)
                ? nil : AcquireStage(pool: pool, maxPages: maxPages).run(request.documentPath, turn)
        }
        let count = opened?.1.pages.count ?? 1
        return try run.stage(.text, pages: count) { () throws(ServiceError) in
            let isSimulated = try isSimulated(.text, request)
            guard let (document, outline) = opened, !isSimulated else { return StageSimulation.emptyText(pages: count) }
            try strike(request)
            return try TextStage(pool: pool, queue: pages).run(document, outline, turn) { done in
                request.progress?(Progress(stage: .text, page: done, pages: count))
            }
        }
    }

    private func isSimulated(_ stage: StageName, _ request: JudgeRequest) throws(ServiceError) -> Bool {
        try simulation?.takesTime(of: stage, request) ?? false
    }

    /// What the second reader makes of the rules' own findings.
    private func consulting<Found>(
        _ own: Found, _ asked: inout [Consultation],
        _ consult: (SecondReader, Found) -> (Found, [Consultation])
    ) -> Found {
        guard let secondReader else { return own }
        let (found, consultations) = consult(secondReader, own)
        asked += consultations
        return found
    }

    /// Injected faults look like a worker that fails and like one that is silent for as long as it may be.
    private func strike(_ request: JudgeRequest) throws(ServiceError) {
        do {
            let deadline = request.deadline.capped(at: pool.settings.operationLimit)
            try faults?.strike("ocr", by: deadline, request.cancellation)
        } catch let failure as FaultInjector.Failure {
            switch failure {
            case .broken: throw ServiceError(.ocrFailed, cause: "injected")
            case .hung:
                throw ServiceError(request.deadline.hasPassed ? .processingTimeout : .ocrTimeout, cause: "injected")
            }
        } catch {
            throw ServiceError.from(error)
        }
    }
}

/// One run's way through the stages.
private struct Run {
    var request: JudgeRequest
    var hooks: DocumentPipeline.Hooks
    var timings: [StageTiming] = []

    /// Runs a stage: progress, duration, deadline and cancellation are the same for all.
    mutating func stage<Output>(
        _ name: StageName, pages: Int? = nil, _ body: () throws(ServiceError) -> Output
    ) throws(ServiceError) -> Output {
        if request.cancellation.isCancelled { throw ServiceError(.clientClosedRequest) }
        if request.deadline.hasPassed { throw ServiceError(.processingTimeout, cause: "before the stage \(name)") }
        request.progress?(Progress(stage: name, pages: pages))
        let end = hooks.stageBegan(name, request)
        let start = ContinuousClock.now
        do throws(ServiceError) {
            let output = try body()
            let timing = StageTiming(stage: name, seconds: start.secondsUntilNow)
            timings.append(timing)
            end(timing, nil)
            return output
        } catch {
            end(StageTiming(stage: name, seconds: start.secondsUntilNow), error)
            throw error
        }
    }
}

extension ContinuousClock.Instant {
    /// Seconds from this instant to now.
    fileprivate var secondsUntilNow: Double { duration(to: .now) / .seconds(1) }
}
