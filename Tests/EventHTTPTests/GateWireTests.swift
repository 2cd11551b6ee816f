import Testing

/// Every leniency of evhttp that is known, and what is legal and evhttp refuses, over the wire: whole, byte by byte,
/// with the fast lane and without.
@Suite struct GateWireTests {
    private func run(_ vector: GateVector, lane: Bool, piece: Int?) throws {
        try run(vector, piece: piece, on: ServerUnderTest(lane: lane))
    }

    private func run(_ vector: GateVector, piece: Int?, on server: ServerUnderTest) throws {
        let client = try server.connect()
        if let piece { client.send(vector.input, inPiecesOf: piece) } else { client.send(vector.input) }
        for status in vector.statuses {
            let answer = try client.readAnswer(toHead: vector.isHead)
            #expect(answer.status == status, "\(vector.name): \(answer.head)")
            #expect(answer.field("Date") != nil)
            if status >= 400 && status != 401 && status != 404 && !vector.isHead {
                #expect(answer.text == "{\"refused\":\(status)}")
            }
        }
        switch vector.end {
        case .closed: #expect(try client.isClosedByPeer())
        case .open:
            client.send("GET /close HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try client.readAnswer()
            #expect(answer.status == 200)
            #expect(answer.text == "bye")
            #expect(try client.isClosedByPeer())
        }
    }

    @Test(arguments: GateVector.all, [true, false]) func answers(_ vector: GateVector, lane: Bool) throws {
        try run(vector, lane: lane, piece: nil)
    }

    @Test(arguments: GateVector.all) func answersByteByByte(_ vector: GateVector) throws {
        try run(vector, lane: true, piece: 1)
    }

    @Test(arguments: [2, 3, 7, 19]) func answersInPieces(_ size: Int) throws {
        let server = try ServerUnderTest(lane: false)
        for vector in GateVector.all where vector.input.count < 2000 { try run(vector, piece: size, on: server) }
    }

    @Test func theResponderSeesTheHead() throws {
        let server = try ServerUnderTest()
        let client = try server.connect()
        client.send("GET /what?a=1&b=%20 HTTP/1.1\r\nHost: here:80\r\nX-Test:  two words \t\r\n\r\n")
        #expect(try client.readAnswer().text == "/what|a=1&b=%20|here:80|two words|1")
        client.send("GET http://there/what HTTP/1.0\r\nHost: here\r\nConnection: keep-alive\r\n\r\n")
        #expect(try client.readAnswer().text == "/what||there|-|0")
        client.send("GET /what? HTTP/1.1\r\nHost: x\r\nx-TEST:\r\n\r\n")
        #expect(try client.readAnswer().text == "/what||x||1")
    }

    @Test(arguments: [true, false]) func noValueCanBeginALine(lane: Bool) throws {
        let server = try ServerUnderTest(lane: lane)
        let client = try server.connect()
        client.send("GET /split HTTP/1.1\r\nHost: a\r\n\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n")
        let inline = try client.readAnswer()
        #expect(inline.field("X-Evil") == nil)
        #expect(inline.field("X-Value") == "a  X-Evil: 1 b")
        let queued = try client.readAnswer()
        #expect(queued.field("X-Evil") == nil)
        #expect(queued.field("X-A") == "1  X-Evil: 2")
        #expect(queued.field("Content-Length") == "0")
    }

    @Test func headSaysTheLengthOfGet() throws {
        let server = try ServerUnderTest()
        for path in ["/health", "/big?5000", "/bigqueued?5000"] {
            let client = try server.connect()
            client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            let get = try client.readAnswer()
            client.send("HEAD \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            let head = try client.readAnswer(toHead: true)
            #expect(get.field("Content-Length") == head.field("Content-Length"))
            #expect(head.status == 200)
            client.send("GET /204 HTTP/1.1\r\nHost: a\r\n\r\n")
            let empty = try client.readAnswer()
            #expect(empty.status == 204)
            #expect(empty.field("Content-Length") == nil)
        }
    }

    @Test func pipelinedAnswersKeepTheirOrder() throws {
        let server = try ServerUnderTest()
        let client = try server.connect()
        var input = ""
        for number in 0..<50 {
            input += "GET /bigqueued?\(number * 100) HTTP/1.1\r\nHost: a\r\n\r\n"
            input += "GET /big?\(number) HTTP/1.1\r\nHost: a\r\n\r\n"
        }
        client.send(input)
        for number in 0..<50 {
            #expect(try client.readAnswer().body.count == number * 100)
            #expect(try client.readAnswer().body.count == number)
        }
    }
}
