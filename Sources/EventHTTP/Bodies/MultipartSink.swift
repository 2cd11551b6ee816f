/// Reads a form while it arrives: fields into memory, files into the spool.
final class MultipartSink: BodySink {
    /// A file part: what its head said, what was written of it, and its first bytes.
    private struct FilePart {
        let head: PartHead
        let file: SpoolFile
        var prefix: [UInt8] = []
        var size = 0
        var block: UploadBlock?
    }

    private enum Part {
        case none
        case field(name: String, value: [UInt8])
        /// The last of `files`.
        case file
    }

    /// Less is not worth a read of its own.
    private static let roomMin = 32 << 10
    /// First bytes of a file that are kept for finding its type.
    private static let prefixMax = 4096

    private let plan: MultipartPlan
    private let wake: BodySinkWaker
    private var reader: MultipartReader
    private var fields: [MultipartForm.Field] = []
    private var files: [FilePart] = []
    private var part = Part.none
    private var partCount = 0
    /// Blocks that are ready for the disk. They are handed over when all bytes have been looked at: those that follow
    /// a file's content may lie in its last block.
    private var ready: [(file: Int, block: UploadBlock, isLast: Bool)] = []

    /// A sink for a body with this boundary.
    init(_ plan: MultipartPlan, boundary: [UInt8], wake: @escaping BodySinkWaker) {
        self.plan = plan
        self.wake = wake
        reader = MultipartReader(boundary: boundary, headLimitBytes: plan.partHeadLimitBytes)
    }

    deinit {
        cancel()
    }

    func consume(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
        defer { handOver() }
        try reader.read(bytes) { (event) throws(Refusal) in
            switch event {
            case .part(let head): try begin(head)
            case .content(let content): try add(content)
            case .partEnd: try end()
            }
        }
        if case .file = part, plan.spool.memory.isUnderPressure { fileIsReady(isLast: false) }
    }

    /// Inside a file's content: the rest of its block.
    var contentBlock: UploadBlock? {
        guard case .file = part, reader.isWithinContent, !plan.spool.memory.isExhausted else { return nil }
        let index = files.count - 1
        let block = files[index].block ?? plan.spool.memory.take(for: Self.roomMin)
        files[index].block = block
        return block.room.count >= Self.roomMin ? block : nil
    }

    /// Under pressure nothing is held back until a block is full.
    func relieve() {
        guard case .file = part, plan.spool.memory.isUnderPressure else { return }
        fileIsReady(isLast: false)
        handOver()
    }

    var isSaturated: Bool {
        if files.last?.file.isSaturated == true { return true }
        guard plan.spool.memory.isExhausted else { return false }
        plan.spool.memory.wait(self, wake: wake)
        return true
    }

    func finish() throws(Refusal) -> Body? {
        guard reader.isComplete else { throw .malformedMultipart("the closing boundary is missing") }
        var stored: [StoredFile] = []
        for part in files {
            guard let file = try part.file.take() else { return nil }
            stored.append(file)
        }
        let uploads = zip(files, stored).map { part, file in
            part.file.letGo()
            return UploadedFile(part.head, file, prefix: part.prefix, spool: plan.spool)
        }
        return .multipart(MultipartForm(fields: fields, files: uploads))
    }

    func cancel() {
        plan.spool.memory.leave(self)
        for index in files.indices {
            if let block = files[index].block { plan.spool.memory.giveBack(block) }
            files[index].block = nil
            files[index].file.cancel()
        }
    }

    private func begin(_ head: PartHead) throws(Refusal) {
        partCount += 1
        guard partCount <= plan.partsLimit else {
            throw .malformedMultipart("the form has more than \(plan.partsLimit) parts")
        }
        if head.fileName != nil || head.name == plan.fileField {
            files.append(FilePart(head: head, file: SpoolFile(spool: plan.spool, wake: wake)))
            part = .file
        } else {
            part = .field(name: head.name, value: [])
        }
    }

    private func add(_ content: UnsafeRawBufferPointer) throws(Refusal) {
        switch part {
        case .none: preconditionFailure("Content comes in parts.")
        case .field(let name, var value):
            // The case gives its array up while it grows, or every block would copy what came before.
            part = .none
            guard content.count <= plan.fieldLimitBytes - value.count else {
                throw .invalidPart(field: name, reason: "it is longer than \(plan.fieldLimitBytes) bytes")
            }
            value.append(contentsOf: content)
            part = .field(name: name, value: value)
        case .file:
            try addToFile(content)
        }
    }

    private func addToFile(_ content: UnsafeRawBufferPointer) throws(Refusal) {
        let index = files.count - 1
        guard content.count <= plan.fileLimitBytes - files[index].size else {
            throw .bodyTooLarge(limit: plan.fileLimitBytes)
        }
        try files[index].file.check()
        files[index].size += content.count
        let missing = min(Self.prefixMax - files[index].prefix.count, content.count)
        if missing > 0 { files[index].prefix.append(contentsOf: content[..<missing]) }

        var rest = content
        while !rest.isEmpty {
            let block = files[index].block ?? plan.spool.memory.take(for: rest.count)
            files[index].block = block
            let taken = block.fill(from: rest)
            rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
            if block.count == block.capacity { fileIsReady(isLast: false) }
        }
    }

    private func end() throws(Refusal) {
        switch part {
        case .none: preconditionFailure("Only a part that began can end.")
        case .field(let name, let value): fields.append(MultipartForm.Field(name: name, value: value))
        case .file: fileIsReady(isLast: true)
        }
        part = .none
    }

    /// What is in the file's block may go to disk; the last one even if it is empty, since it ends the file.
    private func fileIsReady(isLast: Bool) {
        let index = files.count - 1
        guard let block = files[index].block ?? (isLast ? plan.spool.memory.take(for: 0) : nil) else { return }
        files[index].block = nil
        ready.append((index, block, isLast))
    }

    private func handOver() {
        for (file, block, isLast) in ready { files[file].file.submit(block, isLast: isLast) }
        ready.removeAll(keepingCapacity: true)
    }
}
