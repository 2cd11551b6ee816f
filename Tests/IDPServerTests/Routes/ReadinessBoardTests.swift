import EventHTTP
import Testing

@testable import IDPServer

struct ReadinessBoardTests {
    private func answer(_ board: ReadinessBoard) -> (status: Int, body: String) {
        let reply = RenderedReply { board.write(into: &$0) }
        return (reply.status, String(decoding: reply.body, as: UTF8.self))
    }

    @Test func isNotReadyBeforeTheFirstFacts() {
        #expect(answer(ReadinessBoard(serviceName: "s")).status == 503)
    }

    @Test func saysWhichCheckFails() {
        let board = ReadinessBoard(serviceName: "s")
        board.update([("store", nil), ("disk", "nearly full")])
        let (status, body) = answer(board)
        #expect(status == 503)
        #expect(body == #"{"status":"unavailable","service":"s","checks":{"store":"ok","disk":"nearly full"}}"#)
        board.update([("store", nil), ("disk", nil)])
        #expect(answer(board).status == 200)
        #expect(answer(board).body == #"{"status":"ok","service":"s","checks":{"store":"ok","disk":"ok"}}"#)
    }
}
