internal import EventHTTP
internal import Foundation
internal import KafkaClient
internal import Logging
internal import Observability
internal import Pipeline

extension KafkaIngest {
    /// How often a record may fail while others go through.
    private static let strikesMax = 10

    /// Makes a job of a record. On a queue of `idp.ingest`.
    func submit(_ entry: IngestLedger.Entry) {
        let record = entry.record
        do throws(ServiceError) {
            let event = try RequestEvent(record.value, buckets: source.buckets)
            let key = Self.idempotencyKey(record, event, topic: settings.topic)
            if let earlier = try runs.run(repeatedBy: key, caller: nil, fingerprint: event.fingerprint) {
                metrics.took(.repeated)
                return follow(entry, earlier, isNew: false)
            }
            // Before the document is fetched: a full queue would fetch it again and again.
            if let refusal = runs.admission(for: .job, share: Self.share) { throw refusal }
            let sent = Self.trace(of: record)
            let start = begin(entry, parent: sent)
            var call = S3Client.Call(by: .after(S3Source.fetchTime))
            let trace = start?.context ?? sent
            call.parent = trace
            source.fetch(event.document, call) { result in
                do throws(ServiceError) {
                    let submission = try self.submission(event, try result.get(), key, trace)
                    self.runs.submit(submission) { outcome in
                        start?.span?.end()
                        self.submitted(entry, outcome)
                    }
                } catch {
                    start?.span?.set("error.type", error.code.rawValue)
                    start?.span?.end()
                    self.failed(entry, error)
                }
            }
        } catch {
            failed(entry, error)
        }
    }

    private func submission(
        _ event: RequestEvent, _ document: ReceivedDocument, _ key: String, _ trace: TraceContext?
    ) throws(ServiceError) -> Submission {
        guard let format = DocumentFormat(prefix: document.prefix) else {
            let message = "must name a PDF, JPEG, PNG or TIFF document"
            throw ServiceError(.unsupportedFileType, fields: [FieldError(field: "s3_path", message: message)])
        }
        let facts = RunDocument(
            fileExtension: format.fileExtension, size: document.size, sha256: document.sha256)
        return Submission(
            document: SubmittedDocument(document: facts) { try document.move(to: $0) }, fio: event.fio.text,
            requestID: event.requestID, share: Self.share, trace: trace, idempotencyKey: key,
            fingerprint: event.fingerprint)
    }

    private func submitted(_ entry: IngestLedger.Entry, _ outcome: Result<SubmittedRun, ServiceError>) {
        switch outcome {
        case .success(let run):
            metrics.took(run.origin == .new ? .accepted : .repeated)
            follow(entry, run.record, isNew: true)
        case .failure(let error): failed(entry, error)
        }
    }

    /// A record did not become a job: it never will, or not now.
    private func failed(_ entry: IngestLedger.Entry, _ error: ServiceError) {
        defer { startReady() }
        guard error.isRetryable else { return setAside(entry.place, error) }
        let now = ContinuousClock.now
        guard let failed = ledger.change({ $0.fail(entry.place, at: now) }) else { return }
        if failed.strikes >= Self.strikesMax {
            // The others go through: it is this record's document.
            guard ledger.change({ $0.giveUp(entry.place) }) != nil else { return }
            return deadLetter(failed, error)
        }
        metrics.took(.retried)
        let ceiling = Self.backoff.ceiling(afterAttempt: failed.failures)
        let wait = ceiling * Double.random(in: 0.5...1)
        ledger.change { $0.wait(entry.place, until: now.advanced(by: wait), others: Self.concernsAll(error.code)) }
        logger.log(
            level: failed.failures == 1 ? .notice : .debug, "record waits",
            metadata: facts(entry.place).merging([
                "error_code": "\(error.code.rawValue)", "cause": "\(error.cause ?? "")",
                "failures": "\(failed.failures)",
            ]) { $1 })
    }

    private func setAside(_ place: IngestLedger.Place, _ error: ServiceError) {
        guard let entry = ledger.change({ $0.answer(place) }) else { return }
        deadLetter(entry, error)
    }

    /// Whether no other record would fare better.
    private static func concernsAll(_ code: ErrorCode) -> Bool {
        switch code {
        case .queueFull, .serverBusy, .storageFull, .shuttingDown, .dependencyUnavailable, .jobSubmitFailed: true
        default: false
        }
    }

    /// The key under which a record's run is stored: made of the record's own key, or of the request's id where it has
    /// none. Hashed: whose key it is may be told by it, and it may be any bytes.
    static func idempotencyKey(_ record: KafkaRecord, _ event: RequestEvent, topic: String) -> String {
        let own = record.key.flatMap { $0.isEmpty ? nil : $0 }
        let parts = [Array((own == nil ? "request_id" : "key").utf8), own ?? Array(event.requestID.utf8)]
        var text: [UInt8] = []
        for byte in SHA256Digest.hash(parts) { HexText.append(byte, to: &text) }
        return "kafka:\(topic) " + String(decoding: text, as: UTF8.self)
    }

    private static func trace(of record: KafkaRecord) -> TraceContext? {
        record.text(ofHeader: "traceparent").flatMap {
            TraceContext(traceparent: $0, tracestate: record.text(ofHeader: "tracestate"))
        }
    }

    private func begin(_ entry: IngestLedger.Entry, parent: TraceContext?) -> TracingSystem.Start? {
        tracing.begin(
            "process \(settings.topic)", kind: .consumer, parent: parent,
            attributes: [
                .init("messaging.system", "kafka"), .init("messaging.destination.name", settings.topic),
                .init("messaging.operation.name", "process"), .init("messaging.operation.type", "process"),
                .init("messaging.consumer.group.name", settings.group),
                .init("messaging.destination.partition.id", String(entry.place.partition)),
                .init("messaging.kafka.offset", Int(entry.place.offset)),
            ])
    }

    /// What every line of the log says of a record; its key and its value never.
    func facts(_ place: IngestLedger.Place) -> Logger.Metadata {
        ["partition": "\(place.partition)", "offset": "\(place.offset)"]
    }
}
