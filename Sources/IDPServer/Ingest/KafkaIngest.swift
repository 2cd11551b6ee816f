internal import Dependencies
internal import Dispatch
internal import Foundation
internal import KafkaClient
internal import Logging
internal import Observability
internal import Synchronization

/// Requests that come as records of a topic, and results that go to another.
///
/// DESIGN. A record becomes a job as a form does: its document is fetched, the run is stored under a key that is made
/// of the record, and its end is told in the topic of results. **A record's offset is committed last**: after its job
/// was durable, has ended, and its result was acknowledged by the brokers. So the group's offsets are the one list of
/// results that are due, and nothing has to be kept beside them: after a crash, and when a partition moves to another
/// node, its records from there on are read again, find their runs by their keys (without touching S3), and are
/// answered or followed from where they are. No run is made twice; a result may be told twice, when the crash comes
/// between its acknowledgement and the note of it (`ToldResults`), under the same `run_id`.
///
/// What cannot become a job, whenever it comes, goes to the topic of dead letters with the reason, and is answered if
/// it says whom to answer. What cannot become one now (no room in the queue, no S3, no store) stays in the line, and
/// fetching pauses until it goes on: the rest waits where it is durable.
///
/// Threads: `idp-kafka-consumer` polls; `idp.ingest` (as many as records are submitted at a time) asks the store;
/// documents come on `idp.fetch`, runs' ends on the store's queues, acknowledgements on `idp-kafka-producer`. All they
/// share is the ledger, behind one lock that nothing is called under.
final class KafkaIngest: Sendable {
    /// Whose turn in the queue records take: one of many callers.
    static let share = "kafka"
    /// What does not work is tried again after about this long: soon enough for whatever comes back.
    static let backoff = Backoff(base: .milliseconds(250), cap: .seconds(5))
    private static let pollTime = Duration.milliseconds(100)
    /// While fetching is paused nothing comes that would end a poll, and room is made at any moment.
    private static let pausedPollTime = Duration.milliseconds(10)
    /// In seconds.
    private static let errorPause = 0.1
    /// How long a stop waits for brokers that do not answer; what is not told then is told by the next start.
    private static let closeTime = Duration.seconds(5)
    /// How often runs are looked at whose end nobody has told of: a message between nodes may be lost.
    private static let checkInterval = Duration.seconds(10)
    static let lagInterval = DispatchTimeInterval.seconds(5)

    let settings: Settings.Kafka
    let runs: RunService
    let source: S3Source
    let consumer: KafkaConsumer
    let producer: KafkaProducer
    let ledger: SharedLedger
    let metrics: IngestMetrics
    let told: ToldResults
    let telemetry: DependencyTelemetry
    let tracing: TracingSystem
    let logger: Logger
    let queue = OperationQueue()
    let timers = DispatchQueue(label: "idp.ingest.timers")
    let lagQueue = DispatchQueue(label: "idp.ingest.lag", qos: .utility)
    private let stopping = Atomic<Bool>(false)
    private let closing = Atomic<Bool>(false)
    private let closeBy = Mutex<Deadline?>(nil)
    private let ended = DispatchGroup()

    /// - Throws: a `KafkaError` where librdkafka does not take the settings.
    init(
        _ settings: Settings.Kafka, runs: RunService, source: S3Source, telemetry: DependencyTelemetry,
        tracing: TracingSystem, registry: MetricRegistry, logger: Logger
    ) throws {
        self.settings = settings
        self.runs = runs
        self.source = source
        self.telemetry = telemetry
        self.tracing = tracing
        self.logger = logger
        told = ToldResults(topic: settings.topic, artifacts: runs.artifacts)
        let jobs = runs.settings.jobs
        // Half of the places: what waits here keeps others out, what waits in the topic nobody.
        let window = max(2 * runs.settings.documents.workers, jobs.queueLimit / 2)
        let ledger = SharedLedger(IngestLedger.Limits(window: window), logger: logger)
        self.ledger = ledger
        metrics = IngestMetrics(registry, ledger)
        consumer = try KafkaConsumer(settings.cluster, group: settings.group, topic: settings.topic) {
            ledger.note($0)
        }
        producer = try KafkaProducer(settings.cluster) { ledger.note($0) }
        queue.name = "idp.ingest"
        queue.maxConcurrentOperationCount = IngestLedger.Limits(window: window).width
    }

    /// Whether nothing new is begun.
    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    /// Whether nothing is answered any more.
    var isClosing: Bool { closing.load(ordering: .acquiring) }

    /// Joins the group and begins. Once, after the runs have started.
    ///
    /// - Throws: a `KafkaError`.
    func start() throws {
        try consumer.join()
        ended.enter()
        let thread = Thread { [self] in
            work()
            finish()
            ended.leave()
        }
        thread.name = "idp-kafka-consumer"
        thread.start()
        lagQueue.async { [self] in measureLag() }
        logger.info(
            "reading requests from Kafka",
            metadata: [
                "topic": "\(settings.topic)", "group": "\(settings.group)", "results": "\(settings.resultTopic)",
                "dead_letters": "\(settings.deadLetterTopic)",
            ])
    }

    /// Begins nothing new; what is at work goes on. Never blocks.
    func announceStop() { stopping.store(true, ordering: .releasing) }

    /// Tells what is known by now, commits it and leaves the group. Blocks until then, at most until the deadline: what
    /// was not told is found by whoever reads the partitions next.
    func close(by deadline: Deadline) {
        announceStop()
        closeBy.withLock { $0 = deadline }
        closing.store(true, ordering: .releasing)
        let left = max(0, min(deadline.remaining, Self.closeTime * 2) / .milliseconds(1))
        if ended.wait(timeout: .now() + .milliseconds(Int(left))) == .timedOut {
            logger.notice("the consumer group was not left in time")
        }
    }

    private func work() {
        var nextCheck = ContinuousClock.now.advanced(by: Self.checkInterval)
        while !isClosing {
            startReady()
            let isPaused = regulate()
            switch consumer.poll(isPaused ? Self.pausedPollTime : Self.pollTime) {
            case .nothing: break
            case .record(let record):
                if !isStopping { _ = ledger.change { $0.take(record) } }
            case .failed(let error):
                ledger.note(.failed(error))
                // An error may come back at once for as long as it lasts. The thread is the loop's own, and stops are
                // seen after it.
                Thread.sleep(forTimeInterval: Self.errorPause)
            }
            if ContinuousClock.now >= nextCheck {
                nextCheck = .now.advanced(by: Self.checkInterval)
                lookAgain()
            }
        }
    }

    /// On the consumer's thread, after its last poll.
    private func finish() {
        let deadline = closeBy.withLock { $0 } ?? .after(.zero)
        // First what is on its way: its acknowledgement is what may be committed.
        producer.close(max(.zero, min(deadline.remaining / 2, Self.closeTime)))
        consumer.close()
    }

    /// Submits what may begin now. Any thread.
    func startReady() {
        while !isStopping, let entry = ledger.change({ $0.start(at: .now) }) {
            queue.addOperation { self.submit(entry) }
        }
    }

    /// Lets fetching pause or go on; gives whether it is paused.
    private func regulate() -> Bool {
        let isStopping = isStopping
        let (wanted, partitions, isPaused) = ledger.change { ledger in
            let wanted = ledger.regulate(at: .now, isStopping: isStopping)
            return (wanted, ledger.assigned, ledger.isPaused)
        }
        switch wanted {
        case true: consumer.pause(partitions)
        case false: consumer.resume(partitions)
        case nil: return isPaused
        }
        logger.debug("fetching", metadata: ["is_paused": "\(isPaused)"])
        return isPaused
    }
}

/// The ledger behind its lock, and the one that hears what the clients tell. Thread-safe.
final class SharedLedger: Sendable {
    private let ledger: Mutex<IngestLedger>
    private let logger: Logger
    private let told = Mutex<[String: ContinuousClock.Instant]>([:])

    /// The same trouble is told once in so long.
    private static let silence = Duration.seconds(60)

    init(_ limits: IngestLedger.Limits, logger: Logger) {
        ledger = Mutex(IngestLedger(limits))
        self.logger = logger
    }

    /// Reads or changes it; nothing else may be called in `body`.
    func change<Result: Sendable>(_ body: (inout IngestLedger) -> Result) -> Result {
        ledger.withLock { body(&$0) }
    }

    /// Takes up what a client tells. Never blocks.
    func note(_ event: KafkaEvent) {
        switch event {
        case .assigned(let partitions):
            ledger.withLock { $0.assign(partitions) }
            logger.info("partitions assigned", metadata: ["partitions": "\(partitions)"])
        case .revoked(let partitions):
            ledger.withLock { $0.revoke(partitions) }
            logger.info("partitions revoked", metadata: ["partitions": "\(partitions)"])
        case .failed(let error):
            guard isNew("\(error.code)") else { return }
            logger.log(
                level: error.isFatal ? .error : .warning, "Kafka does not work",
                metadata: ["cause": "\(error)", "kafka_error": "\(error.code)", "is_fatal": "\(error.isFatal)"])
        case .log(let severity, let text):
            // Lines begin with what they are about, like FAIL or COMMITFAIL.
            let isWorthIt = severity <= 4 && isNew(String(text.prefix { $0 != ":" }))
            logger.log(level: isWorthIt ? .notice : .debug, "librdkafka", metadata: ["event": "\(text)"])
        }
    }

    private func isNew(_ trouble: String) -> Bool {
        let now = ContinuousClock.now
        return told.withLock { told in
            if let last = told[trouble], last.duration(to: now) < Self.silence { return false }
            told[trouble] = now
            return true
        }
    }
}
