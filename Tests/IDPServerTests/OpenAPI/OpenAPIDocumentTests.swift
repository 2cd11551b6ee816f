import EventHTTP
import Foundation
import Observability
import Pipeline
import TestSupport
import Testing

@testable import IDPServer

@Suite struct OpenAPIDocumentTests {
    private let document: JSONValue
    private let routes: [RouteDescription]

    init() throws {
        let settings = try Settings.load(environment: ["IDP_PROBE": "true"])
        routes = RouteDescription.served(by: settings.front)
        document = try JSONValue(parsing: Data(OpenAPIDocument(routes, serviceName: "idp").bytes))
    }

    private var operations: [(path: String, method: String, node: JSONValue)] {
        (document["paths"].object ?? [:]).flatMap { path, methods in
            (methods.object ?? [:]).map { (path, $0.key, $0.value) }
        }
    }

    /// What a `$ref` stands for.
    private func resolved(_ node: JSONValue) -> JSONValue {
        guard let reference = node["$ref"].string else { return node }
        return reference.dropFirst(2).split(separator: "/").reduce(document) { $0[String($1)] }
    }

    @Test func everyListedRouteIsAnOperationAndNothingElse() {
        let wanted = Set(routes.filter(\.isListed).map { "\($0.method.name)".lowercased() + " " + $0.template })
        #expect(Set(operations.map { $0.method + " " + $0.path }) == wanted)
        #expect(document["openapi"].string == "3.1.0")
    }

    /// A file that only a page asks for may be left out; nothing that a program would call may.
    @Test func onlyFilesOfPagesAreLeftOut() {
        let hidden = routes.filter { !$0.isListed }.map(\.template)
        #expect(!hidden.isEmpty)
        #expect(hidden.allSatisfy { $0.hasPrefix("/console/") }, "\(hidden)")
    }

    @Test func allReferencesLeadSomewhere() throws {
        var references: Set<String> = []
        func gather(_ node: JSONValue) {
            if let reference = node["$ref"].string { references.insert(reference) }
            for member in (node.object ?? [:]).values { gather(member) }
            for element in node.array ?? [] { gather(element) }
        }
        gather(document)
        #expect(references.count > 50)
        for reference in references.sorted() {
            #expect(reference.hasPrefix("#/components/"))
            #expect(!resolved(.object(["$ref": .string(reference)])).isNull, "\(reference)")
        }
    }

    @Test func everyOperationTellsWhatTheFrontMayRefuse() {
        for (path, method, node) in operations {
            let statuses = Set((node["responses"].object ?? [:]).keys)
            for code in RouteDescription.frontErrors {
                #expect(statuses.contains(String(code.httpStatus)), "\(method) \(path) lacks \(code.httpStatus)")
            }
            #expect(statuses.contains { $0.hasPrefix("2") }, "\(method) \(path)")
        }
    }

    /// A code that is told with another status than the registry's would make every client of it wrong.
    @Test func errorsAreToldWithTheirStatusInBothShapes() throws {
        var told: Set<String> = []
        for (path, method, node) in operations {
            for (status, response) in node["responses"].object ?? [:] {
                guard status.hasPrefix("4") || status.hasPrefix("5") else { continue }
                let content = resolved(response)["content"]
                for type in ErrorBodyFormat.allCases.map(\.contentType) {
                    for name in (content[type]["examples"].object ?? [:]).keys {
                        let code = try #require(ErrorCode(rawValue: name))
                        #expect(String(code.httpStatus) == status, "\(method) \(path): \(name)")
                        told.insert(name)
                    }
                    #expect(!content[type].isNull, "\(method) \(path) \(status) \(type)")
                }
            }
        }
        #expect(told.count > 20)
        for code in ErrorCode.allCases {
            let example = document["components"]["examples"][code.rawValue]["value"]
            #expect(example["detail"]["code"].string == code.rawValue)
            let problem = document["components"]["examples"][code.rawValue + ".problem"]["value"]
            #expect(problem["status"].int == code.httpStatus)
        }
    }

    @Test func pathVariablesAreDescribedAndRequired() {
        for (path, method, node) in operations where path.contains("{") {
            let parameters = (node["parameters"].array ?? []).map(resolved)
            let names = Set(parameters.filter { $0["in"].string == "path" }.compactMap { $0["name"].string })
            let wanted = Set(path.split(separator: "/").filter { $0.hasPrefix("{") }.map { $0.dropFirst().dropLast() })
            #expect(names == Set(wanted.map(String.init)), "\(method) \(path)")
            #expect(parameters.allSatisfy { $0["in"].string != "path" || $0["required"].bool == true })
        }
    }

    @Test func listsOfWordsAreTheCodes() {
        let schemas = document["components"]["schemas"]
        #expect(schemas["Reason"]["enum"].strings == VerdictReason.allCases.map(\.rawValue))
        #expect(schemas["ErrorCode"]["enum"].strings == ErrorCode.allCases.map(\.rawValue))
        #expect(schemas["RunStatus"]["enum"].strings == RunState.allCases.map(\.rawValue))
    }

    /// The pattern is what generated clients check a name with: it must take what the server takes.
    @Test(arguments: [
        ("Ахметов Данияр Маратович", true), ("Ахметов Д.М.", true), ("Д.М.Ахметов", true),
        ("Әбдіғаппарұлы Қуаныш", true), ("O'Brien Seán", true), ("Сәрсенбай-Ұлы Нұр", true), ("Ахметов", false),
        ("А. Б.", false), ("А Б В", false),
        ("Ахметов 2", false), ("   ", false), ("Ли-Ли", false), ("Ли Е", true), (".. Ли.Е", true),
    ])
    func thePatternOfANameIsTheServersOwnRule(_ name: String, _ isGood: Bool) throws {
        let pattern = try #require(
            document["components"]["schemas"]["Submission"]["properties"]["fio"]["pattern"].string)
        let matches = try Regex(pattern).wholeMatch(in: name) != nil
        let isTaken = (try? ApplicantName(validating: name)) != nil
        #expect(matches == isGood)
        #expect(isTaken == isGood)
    }
}
