import Foundation
import Observability
import Synchronization

/// A document that lies on this disk until a run takes it: removed with the last reference, unless it was moved.
final class ReceivedDocument: Sendable {
    let size: Int
    /// 32 bytes.
    let sha256: [UInt8]
    /// The beginning, enough to find the type by.
    let prefix: [UInt8]
    private let path: Mutex<String?>

    init(_ download: S3Download) {
        size = download.size
        sha256 = download.sha256
        prefix = download.prefix
        path = Mutex(download.path)
    }

    deinit {
        if let path = path.withLock({ $0 }) { unlink(path) }
    }

    /// Renames the file within its filesystem and lets go of it. Blocks.
    func move(to target: String) throws(FileError) {
        try path.withLock { (path) throws(FileError) in
            guard let source = path else { throw FileError(call: "rename", path: target, number: ENOENT) }
            try FileSystem.move(source, to: target)
            path = nil
        }
    }
}

/// Documents that callers name instead of sending them. Thread-safe.
///
/// Fetched before the run is made: a document is taken as it is now, with its size, hash and type known, and what is
/// wrong with it is told at once, as for one that is sent. A few are fetched at a time, a few more may wait.
final class S3Source: Sendable {
    /// How long a document is waited for, all attempts together.
    static let fetchTime = Duration.seconds(30)
    private static let width = 8
    private static let waitingMax = 64

    /// Buckets that callers may name; the first is meant by a bare key.
    let buckets: [String]
    private let client: S3Client
    private let directory: String
    private let bytesMax: Int
    private let queue = OperationQueue()
    private let waiting = Atomic<Int>(0)
    private let number = Atomic<Int>(0)

    /// - Parameter directory: for documents on their way; on the filesystem of the run folders, emptied at start.
    init(_ client: S3Client, buckets: [String], directory: String, bytesMax: Int) {
        self.client = client
        self.buckets = buckets
        self.directory = directory
        self.bytesMax = bytesMax
        queue.name = "idp.fetch"
        queue.maxConcurrentOperationCount = Self.width
    }

    /// Fetches a document on a queue of its own and hands it over there.
    ///
    /// Errors: `VALIDATION_ERROR` where there is none or it is empty, `FILE_TOO_LARGE`, `SERVER_BUSY`,
    /// `DEPENDENCY_UNAVAILABLE`, `STORAGE_FAILED`, `STORAGE_FULL`.
    func fetch(
        _ key: S3Key, _ call: S3Client.Call,
        completion: @escaping @Sendable (Result<ReceivedDocument, ServiceError>) -> Void
    ) {
        guard waiting.wrappingAdd(1, ordering: .relaxed).newValue <= Self.width + Self.waitingMax else {
            waiting.wrappingSubtract(1, ordering: .relaxed)
            return completion(.failure(ServiceError(.serverBusy, retryAfter: 5, cause: "documents wait to be fetched")))
        }
        queue.addOperation {
            let result = Result { () throws(ServiceError) in try self.fetch(key, call) }
            self.waiting.wrappingSubtract(1, ordering: .relaxed)
            completion(result)
        }
    }

    private func fetch(_ key: S3Key, _ call: S3Client.Call) throws(ServiceError) -> ReceivedDocument {
        let path = "\(directory)/s3-\(number.wrappingAdd(1, ordering: .relaxed).newValue)"
        let document: ReceivedDocument
        do {
            document = ReceivedDocument(
                try client.get(key, into: path, limitBytes: bytesMax, expected: nil, call))
        } catch S3Error.notFound {
            throw Self.refuse("names no object")
        } catch S3Error.tooLarge {
            throw ServiceError.tooLarge(limitBytes: bytesMax)
        } catch let error as FileError {
            throw error.serviceError(otherwise: .storageFailed)
        } catch {
            throw ServiceError.ofS3(error)
        }
        guard document.size > 0 else { throw Self.refuse("names an empty object") }
        return document
    }

    private static func refuse(_ message: String) -> ServiceError {
        ServiceError(
            .validationError, "Invalid request: s3_path \(message)",
            fields: [FieldError(field: "s3_path", message: message)])
    }
}
