/// A stretch of a head: offset from its first byte, and length. Heads are at most 65,535 bytes.
struct HeadSpan {
    var offset: UInt16 = 0
    var length: UInt16 = 0
}

/// Where one field's name and value stand.
struct FieldSpan {
    var name: HeadSpan
    var value: HeadSpan
}

/// What the gate found out about a head: a plain value without references, so that a view on it costs no counting.
///
/// `fields` and `known` belong to whoever made the facts (`HeadTable` or `HeadCopy`) and live as long as it.
struct HeadFacts {
    /// The index that says that a known field did not come.
    static let absent = UInt16.max

    var method = HTTPMethod.get
    /// Bytes of the method's token, at the beginning of the head.
    var methodLength: UInt16 = 0
    /// Whether the whole head is well-formed: then it may be looked at even if the request is refused for what it asks.
    var isReadable = false
    var minorVersion: UInt8 = 1
    var path = HeadSpan()
    var query = HeadSpan()
    var declaredBodyLength = 0
    var isChunked = false
    var expectsContinue = false
    /// Whether the client lets the connection stay open (RFC 9112 §9.3).
    var isPersistent = true
    /// Bytes of the head, the empty line included.
    var length = 0
    var fieldCount = 0
    var fields: UnsafeMutablePointer<FieldSpan>
    /// One index into `fields` for each `KnownField`.
    var known: UnsafeMutablePointer<UInt16>
}

/// The memory for the facts of one head at a time: one per loop, reused for every request.
///
/// Owns its allocations; touched on the loop's thread only.
final class HeadTable {
    let facts: UnsafeMutablePointer<HeadFacts>
    let fieldsLimit: Int

    init(fieldsLimit: Int) {
        self.fieldsLimit = fieldsLimit
        let fields = UnsafeMutablePointer<FieldSpan>.allocate(capacity: fieldsLimit)
        fields.initialize(repeating: FieldSpan(name: HeadSpan(), value: HeadSpan()), count: fieldsLimit)
        let known = UnsafeMutablePointer<UInt16>.allocate(capacity: KnownField.allCases.count)
        known.initialize(repeating: HeadFacts.absent, count: KnownField.allCases.count)
        facts = .allocate(capacity: 1)
        facts.initialize(to: HeadFacts(fields: fields, known: known))
    }

    deinit {
        facts.pointee.fields.deallocate()
        facts.pointee.known.deallocate()
        facts.deallocate()
    }

    /// Forgets the head before.
    func reset() {
        let fields = facts.pointee.fields
        let known = facts.pointee.known
        known.update(repeating: HeadFacts.absent, count: KnownField.allCases.count)
        facts.pointee = HeadFacts(fields: fields, known: known)
    }
}
