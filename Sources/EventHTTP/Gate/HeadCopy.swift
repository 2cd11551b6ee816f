/// A request head that outlives the loop's buffers: the bytes and the facts in one allocation.
///
/// `@unchecked Sendable`: the memory is written in `init` and never after, and freed in `deinit`, when nobody can
/// hold a reference any more.
final class HeadCopy: @unchecked Sendable {
    private let memory: UnsafeMutableRawPointer
    private let base: UnsafePointer<UInt8>
    private let facts: UnsafePointer<HeadFacts>
    private let peerAddress: PeerAddress
    private let isTLS: Bool
    private let clientCertificate: ClientCertificate?

    /// Copies what `head` points to.
    init(_ head: RequestHead) {
        let source = head.facts.pointee
        let knownCount = KnownField.allCases.count
        let fieldsOffset = MemoryLayout<HeadFacts>.stride
        let knownOffset = fieldsOffset + source.fieldCount * MemoryLayout<FieldSpan>.stride
        let bytesOffset = knownOffset + knownCount * MemoryLayout<UInt16>.stride
        memory = .allocate(byteCount: bytesOffset + source.length, alignment: MemoryLayout<HeadFacts>.alignment)

        let fields = (memory + fieldsOffset).bindMemory(to: FieldSpan.self, capacity: source.fieldCount)
        fields.initialize(from: source.fields, count: source.fieldCount)
        let known = (memory + knownOffset).bindMemory(to: UInt16.self, capacity: knownCount)
        known.initialize(from: source.known, count: knownCount)
        let bytes = (memory + bytesOffset).bindMemory(to: UInt8.self, capacity: source.length)
        bytes.initialize(from: head.base, count: source.length)

        var facts = source
        facts.fields = fields
        facts.known = known
        let target = memory.bindMemory(to: HeadFacts.self, capacity: 1)
        target.initialize(to: facts)
        self.facts = UnsafePointer(target)
        base = UnsafePointer(bytes)
        peerAddress = head.peerAddress
        isTLS = head.isTLS
        clientCertificate = head.clientCertificate
    }

    deinit {
        memory.deallocate()
    }

    /// A view on the copy; valid as long as the copy is referenced.
    var view: RequestHead {
        RequestHead(
            base: base, facts: facts, peerAddress: peerAddress, isTLS: isTLS,
            // Unretained: the copy keeps it as long as it keeps the bytes.
            client: clientCertificate.map { Unmanaged.passUnretained($0) })
    }
}
