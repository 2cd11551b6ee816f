import Observability
import Testing

@testable import IDPServer

struct QueryTests {
    @Test func readsKnownParametersAndIgnoresOthers() throws {
        let query = try Query("wait=5&utm=x&status=a%20b+c", known: ["wait", "status"])
        #expect(try query.integer("wait", in: 0...60) == 5)
        #expect(query.value("status") == "a b c")
        #expect(query.value("utm") == nil)
    }

    @Test(arguments: ["wait=-1", "wait=61", "wait=1.5", "wait=", "wait=x", "wait"])
    func namesTheParameterThatIsOutOfRange(text: String) throws {
        let query = try Query(text, known: ["wait"])
        let error = #expect(throws: ServiceError.self) { try query.integer("wait", in: 0...60) }
        #expect(error?.code == .validationError)
        #expect(error?.fields.first?.field == "wait")
        #expect(error?.fields.first?.message.contains("0 to 60") == true)
    }

    @Test(arguments: ["wait=1&wait=2", "wait=%zz"])
    func refusesDoubledAndBrokenParameters(text: String) {
        let error = #expect(throws: ServiceError.self) { try Query(text, known: ["wait"]) }
        #expect(error?.code == .validationError)
    }
}
