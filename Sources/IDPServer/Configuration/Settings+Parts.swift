internal import Foundation
internal import Pipeline

extension DocumentWorkerPool.Settings {
    /// The pool as the settings want it.
    init(_ documents: Settings.Documents) {
        self.init(
            count: documents.workers, spares: 1,
            configuration: WorkerConfiguration(languages: documents.ocrLanguages))
    }
}

extension DocumentRules {
    /// The rules over the operator's types, or the built-in ones.
    ///
    /// - Throws: what is wrong with the types file, every mistake at once.
    init(_ documents: Settings.Documents) throws {
        guard let path = documents.typesFile else {
            self.init(ofTypes: .builtIn)
            return
        }
        self.init(ofTypes: try DocumentTypeCatalog(json: try Data(contentsOf: URL(filePath: path))))
    }

    /// The rules over a catalog, with the product's own finding and matching of names.
    init(ofTypes catalog: DocumentTypeCatalog) {
        self.init(
            catalog: catalog,
            person: { text, type in PersonFinder().holder(in: text, type: type) },
            match: { submitted, found in
                let match = NameMatcher().match(
                    submitted: submitted, found: found.value, readFromPicture: found.readFrom != .textLayer)
                return (match.isMatch, match.why)
            },
            settle: { submitted, found in
                NameMatcher().settled(
                    found.value, submitted: submitted, readFromPicture: found.readFrom != .textLayer)
            })
    }
}
