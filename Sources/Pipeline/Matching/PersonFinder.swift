/// Finds whose paper a document is.
public struct PersonFinder: Sendable {
    public init() {}

    /// The person the paper is about, in the nominative; nil when the paper names none.
    ///
    /// - Parameter type: the paper's type where it is known: on a companion's sheet the companion is the holder.
    public func holder(in document: DocumentText, type: DocumentType?) -> Finding<PersonName>? {
        nil
    }
}
