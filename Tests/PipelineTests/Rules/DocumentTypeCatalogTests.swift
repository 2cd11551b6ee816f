import Foundation
import Testing

@testable import Pipeline

struct DocumentTypeCatalogTests {
    @Test
    func holdsTheFifteenTypesWithTheirWindows() {
        let types = DocumentTypeCatalog.builtIn.types
        #expect(types.count == 15)
        #expect(DocumentTypeCatalog.builtIn.type(key: "vkk")?.days == 180)
        #expect(DocumentTypeCatalog.builtIn.type(key: "disability")?.days == 360)
        #expect(DocumentTypeCatalog.builtIn.type(key: "childcare_order")?.days == 365)
        #expect(DocumentTypeCatalog.builtIn.type(key: "sick_leave")?.days == 40)
    }

    @Test
    func hasWordingsForEveryBuiltInType() {
        #expect(Set(TypeRules.table.map(\.key)) == Set(DocumentTypeCatalog.builtIn.types.map(\.key)))
    }

    /// Each mistake is told with its place and what would be right.
    @Test(arguments: [
        ("[]", "empty"),
        ("{", "no valid JSON"),
        ("{\"key\":\"a\"}", "a list"),
        ("[{\"key\":\"a\",\"days\":40}]", "\"name\" is missing"),
        ("[{\"key\":\"a\",\"name\":\"Справка\",\"days\":\"40\"}]", "must be a whole number"),
        ("[{\"key\":\"a\",\"name\":\"Справка\",\"days\":0}]", "from 1 to 3660"),
        ("[{\"key\":\"a\",\"name\":\"Справка\",\"days\":4000}]", "from 1 to 3660"),
        ("[{\"key\":\"A b\",\"name\":\"Справка\",\"days\":40}]", "a-z, 0-9 and _"),
        ("[{\"key\":\"a\",\"name\":\"  \",\"days\":40}]", "at least four letters"),
        ("[{\"key\":\"a\",\"name\":\"Справка\",\"days\":40,\"window\":1}]", "unknown field \"window\""),
        ("[{\"key\":\"a\",\"name\":\"Лист\",\"days\":4},{\"key\":\"a\",\"name\":\"Приказ\",\"days\":4}]", "used twice"),
        ("[{\"key\":\"a\",\"name\":\"Справка\",\"days\":40,\"aliases\":[\"x\"]}]", "alias"),
    ])
    func refusesABrokenFile(_ row: (json: String, says: String)) {
        let error = #expect(throws: DocumentTypeCatalogError.self) {
            try DocumentTypeCatalog(json: Data(row.json.utf8))
        }
        #expect(error?.description.contains(row.says) ?? false, "\(error?.description ?? "")")
    }

    @Test
    func reportsAllMistakesAtOnce() {
        let json = "[{\"key\":\"\",\"name\":\"\",\"days\":0},{\"key\":\"b\",\"name\":\"Справка\",\"days\":-1}]"
        let error = #expect(throws: DocumentTypeCatalogError.self) { try DocumentTypeCatalog(json: Data(json.utf8)) }
        #expect(error?.mistakes.count == 4)
    }

    @Test
    func findsAnOperatorsTypeByItsAliases() throws {
        let json = """
            [{"key":"pregnancy","name":"Справка о беременности","days":60,"aliases":["Жүктілік туралы анықтама"]}]
            """
        let rules = TypeClassifier(rules: TypeRules(catalog: try DocumentTypeCatalog(json: Data(json.utf8))))
        for title in ["СПРАВКА О БЕРЕМЕННОСТИ", "Жүктілік туралы анықтама"] {
            let found = rules.classify(PrintedPage.document("^ \(title)\n\nВыдана Ким Анне."))
            #expect(found.types.first?.value.key == "pregnancy", "\(title)")
        }
        // A type that the file leaves out counts no more.
        #expect(rules.classify(PrintedPage.document("^ БОЛЬНИЧНЫЙ ЛИСТ")).types.isEmpty)
    }
}
