internal import Foundation
internal import Pipeline

extension DocumentWorkerPool.Settings {
    /// The pool as the settings want it.
    init(_ documents: Settings.Documents) {
        self.init(count: documents.workers, configuration: WorkerConfiguration(languages: documents.ocrLanguages))
    }
}

extension DocumentRules {
    /// The rules over the operator's types, or the built-in ones.
    ///
    /// - Throws: what is wrong with the types file, every mistake at once.
    init(_ documents: Settings.Documents) throws {
        guard let path = documents.typesFile else {
            self.init(catalog: .builtIn)
            return
        }
        self.init(catalog: try DocumentTypeCatalog(json: try Data(contentsOf: URL(filePath: path))))
    }
}
