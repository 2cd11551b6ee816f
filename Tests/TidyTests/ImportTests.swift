import Foundation
import TestSupport
import Testing

/// Who may import whom: arrows point one way, and each C library has one owner.
@Suite struct ImportTests {
    static let sources = SwiftSource.all(below: "Sources")

    /// What each target may import of ours.
    static let allowed: [String: Set<String>] = [
        "EventHTTP": [], "Observability": [], "OutboundHTTP": [], "PostgresClient": [], "KafkaClient": [],
        "Tokens": [],
        "Dependencies": ["Observability", "OutboundHTTP"],
        "Pipeline": ["Dependencies", "Observability", "OutboundHTTP"],
        "IDPServer": [
            "Dependencies", "EventHTTP", "KafkaClient", "Observability", "OutboundHTTP", "Pipeline", "PostgresClient",
            "Tokens",
        ],
    ]
    /// The owner of each C library.
    static let owners = [
        "CLibevent": "EventHTTP", "CTesseract": "Pipeline", "CCurl": "OutboundHTTP", "CZlib": "Observability",
        "CPostgres": "PostgresClient", "CRdKafka": "KafkaClient",
    ]

    @Test func theSourcesAreFound() {
        #expect(Self.sources.count > 10)
    }

    @Test(arguments: sources)
    func importsFollowTheLayers(_ source: SwiftSource) throws {
        let allowed = try #require(Self.allowed[source.target], "no rule says what \(source.target) may import")
        let ours = Set(source.imports).intersection(Self.allowed.keys)
        #expect(ours.isSubset(of: allowed))
    }

    @Test(arguments: sources)
    func aCLibraryIsImportedByItsOwnerOnly(_ source: SwiftSource) {
        for module in source.imports {
            if let owner = Self.owners[module] { #expect(source.target == owner, "\(module)") }
        }
    }

    @Test func everyOtherCLibraryHasOneOwnerToo() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: ProjectFiles.url("Sources").path)
        let libraries = folders.filter {
            FileManager.default.fileExists(atPath: ProjectFiles.url("Sources/\($0)/module.modulemap").path)
        }
        for library in libraries {
            let targets = Set(Self.sources.filter { $0.imports.contains(library) }.map(\.target))
            #expect(targets.count <= 1, "\(library) is imported by \(targets)")
        }
    }

    /// What a leaf needs of the outside it is given: so that it can be tested, and says in its types what it needs.
    @Test(arguments: sources.filter { $0.target != "IDPServer" })
    func onlyTheServiceReadsTheEnvironment(_ source: SwiftSource) {
        let readers = source.code.indices.filter {
            source.code[$0].contains(#/\bgetenv\s*\(|processInfo\.environment/#)
        }
        #expect(readers.isEmpty, "lines \(readers.map { $0 + 1 })")
    }
}
