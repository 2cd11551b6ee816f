internal import Dependencies
internal import Dispatch
internal import Foundation
internal import KafkaClient
internal import Logging
internal import Observability

extension KafkaIngest {
    /// How many brokers may think when they are asked where partitions end.
    private static let askTime = Duration.seconds(2)

    /// Waits for a record's run to end, and answers. Any thread but a loop.
    func follow(_ entry: IngestLedger.Entry, _ record: RunRecord, isNew: Bool) {
        defer { startReady() }
        let success = isNew ? ContinuousClock.now : nil
        guard ledger.change({ $0.follow(entry.place, record.id, success: success) }) else { return }
        if record.state.isFinal {
            if told.has(entry.record, of: record.id), ledger.change({ $0.answer(entry.place) }) != nil {
                return end(entry.place)
            }
            return answer(entry.place, record)
        }
        let key = runs.watch(record.id) { [weak self] update in
            if case .state(let record) = update, record.state.isFinal { self?.answer(entry.place, record) }
        }
        if key == nil { look(entry.place, record.id) }
    }

    /// Looks at runs that do not live here, and at those whose end was not told.
    func lookAgain() {
        guard !isStopping else { return }
        let following = ledger.change { $0.following }
        for (place, run) in following {
            if let live = runs.recentRecord(for: run), !live.state.isFinal { continue }
            queue.addOperation { self.look(place, run) }
        }
    }

    private func look(_ place: IngestLedger.Place, _ run: RunID) {
        do throws(ServiceError) {
            let record = try runs.record(for: run)
            if record.state.isFinal { answer(place, record) }
        } catch {
            // Removed on somebody's order before it was told. Anything else is asked again.
            guard error.code == .jobExpired || error.code == .jobNotFound,
                let entry = ledger.change({ $0.answer(place) }),
                let requestID = RequestEvent.requestID(in: entry.record.value)
            else { return }
            logger.warning("run is gone before its result", metadata: facts(place).merging(["run_id": "\(run)"]) { $1 })
            let result = ResultEvent(requestID: requestID, refused: error.code.runNumber, runID: run)
            send([outgoing(result)], of: place)
        }
    }

    private func answer(_ place: IngestLedger.Place, _ record: RunRecord) {
        guard let entry = ledger.change({ $0.answer(place) }) else { return }
        // It was an event, or it would have no run.
        let requestID = RequestEvent.requestID(in: entry.record.value) ?? record.requestID ?? ""
        var outgoing = outgoing(ResultEvent(requestID: requestID, record))
        outgoing.trace = record.trace
        outgoing.onWritten = { [told] in told.note(entry.record, of: record.id) }
        send([outgoing], of: place)
    }

    /// Puts a record that never becomes a job where an operator finds it, and tells whoever waits for it.
    func deadLetter(_ entry: IngestLedger.Entry, _ error: ServiceError) {
        let requestID = RequestEvent.requestID(in: entry.record.value)
        var facts = facts(entry.place)
        facts["error_code"] = "\(error.code.rawValue)"
        facts["cause"] = "\(error.cause ?? error.message)"
        if let requestID { facts["request_id"] = "\(requestID)" }
        logger.warning("record set aside", metadata: facts)
        let reason = [
            KafkaRecord.Header("idp-error-code", error.code.rawValue),
            KafkaRecord.Header("idp-error-reason", error.message),
            KafkaRecord.Header("idp-topic", settings.topic),
            KafkaRecord.Header("idp-partition", String(entry.place.partition)),
            KafkaRecord.Header("idp-offset", String(entry.place.offset)),
        ]
        let letter = KafkaMessage(
            topic: settings.deadLetterTopic, key: entry.record.key, value: entry.record.value,
            headers: entry.record.headers + reason)
        let result = requestID.map { ResultEvent(requestID: $0, refused: error.code.runNumber) }
        send([Outgoing(letter, nil)] + (result.map { [outgoing($0)] } ?? []), of: entry.place)
    }

    private func outgoing(_ result: ResultEvent) -> Outgoing {
        let key = Array(result.requestID.utf8)
        return Outgoing(KafkaMessage(topic: settings.resultTopic, key: key, value: result.bytes), result.status)
    }

    /// Writes the records one after the other, each until it is acknowledged; then the record that they answer is done
    /// with.
    private func send(_ row: [Outgoing], of place: IngestLedger.Place, attempt: Int = 1) {
        guard let first = row.first else { return end(place) }
        let began = ContinuousClock.now
        let span = startSpan(first)
        var message = first.message
        if let context = span?.context ?? first.trace {
            message.headers.append(KafkaRecord.Header("traceparent", context.traceparent))
        }
        producer.send(message) { [self] result in
            telemetry.attempted(
                "kafka", result.isSuccess ? "ok" : "failed", began.duration(to: .now), span?.context)
            span?.end()
            switch result {
            case .success:
                first.onWritten()
                if let status = first.status { metrics.told(status) } else { metrics.took(.deadLettered) }
                send(Array(row.dropFirst()), of: place)
            case .failure(let error) where error.isTooLarge && first.message.value != nil:
                // Larger than that topic takes: its place and the reason are what can be told.
                var without = first
                without.message.value = nil
                send([without] + row.dropFirst(), of: place)
            case .failure(let error):
                ledger.note(.failed(error))
                sendAgain(row, of: place, attempt)
            }
        }
    }

    private func sendAgain(_ row: [Outgoing], of place: IngestLedger.Place, _ attempt: Int) {
        let wait = Self.backoff.ceiling(afterAttempt: attempt) * Double.random(in: 0.5...1)
        timers.asyncAfter(deadline: .now() + .milliseconds(Int(wait / .milliseconds(1)))) {
            guard !self.isClosing, self.ledger.change({ $0.isAnswering(place) }) else { return }
            self.send(row, of: place, attempt: attempt + 1)
        }
    }

    private func end(_ place: IngestLedger.Place) {
        if let next = ledger.change({ $0.end(place) }) {
            consumer.store(place.partition, next: next)
            consumer.commitSoon()
        }
        startReady()
    }

    private func startSpan(_ outgoing: Outgoing) -> RecordedSpan? {
        tracing.startSpan(
            "send \(outgoing.message.topic)", kind: .producer, parent: outgoing.trace,
            attributes: [
                .init("messaging.system", "kafka"),
                .init("messaging.destination.name", outgoing.message.topic),
                .init("messaging.operation.name", "send"), .init("messaging.operation.type", "send"),
            ])
    }

    /// Asks every few seconds how far behind this node is, until it stops.
    func measureLag() {
        guard !isStopping else { return }
        for partition in ledger.change({ $0.assigned }) where !isStopping {
            do throws(KafkaError) {
                let (first, end) = try consumer.end(of: partition, timeout: Self.askTime)
                var base: Int64?
                if ledger.change({ $0.isBaseUnknown(partition) }) {
                    base = try consumer.committed(partition, timeout: Self.askTime) ?? first
                }
                ledger.change { $0.note(partition, base: base, end: end) }
            } catch {
                // What was heard last stands.
                logger.debug("lag not measured", metadata: ["partition": "\(partition)", "cause": "\(error)"])
            }
        }
        lagQueue.asyncAfter(deadline: .now() + Self.lagInterval) { [weak self] in self?.measureLag() }
    }
}

/// A record on its way, and what it tells.
private struct Outgoing: Sendable {
    var message: KafkaMessage
    /// Of a result; nil for a dead letter.
    var status: ResultEvent.Status?
    /// Of the run that it tells of.
    var trace: TraceContext?
    /// Called when it is written.
    var onWritten: @Sendable () -> Void = {}

    init(_ message: KafkaMessage, _ status: ResultEvent.Status?) {
        self.message = message
        self.status = status
    }
}

extension Result {
    fileprivate var isSuccess: Bool {
        switch self {
        case .success: true
        case .failure: false
        }
    }
}
