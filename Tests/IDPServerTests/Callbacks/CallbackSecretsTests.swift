import Testing

@testable import IDPServer

@Suite struct CallbackSecretsTests {
    private let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private let body = Array(#"{"test": 2432232314}"#.utf8)
    private let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    private func signed(_ text: String) throws -> String {
        try #require(CallbackSecrets(text)).signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330, body: body)
    }

    /// The vector of the reference implementations.
    @Test func signsAsTheReferenceDoes() throws {
        #expect(try signed(secret) == signature)
        #expect(try signed("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") == signature)
    }

    @Test func eachOfSeveralKeysSigns() throws {
        let other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
        let both = try signed("\(other),\(secret)").split(separator: " ")
        #expect(both.count == 2 && both[1] == signature && both[0].hasPrefix("v1,") && both[0] != both[1])
        #expect(try signed("\(secret),\(other)").hasPrefix(signature + " v1,"))
    }

    @Test(arguments: [
        "", "whsec_", "whsec_short", "whsec_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw,",
        "whsec_" + String(repeating: "A", count: 88), "whsec_" + String(repeating: "A", count: 30),
    ])
    func refusesWhatIsNoKey(_ text: String) {
        #expect(CallbackSecrets(text) == nil)
    }

    @Test func takesKeysOfTheRangeWithAndWithoutPadding() {
        for bytes in [24, 32, 64] {
            let full = String(repeating: "A", count: (bytes * 8 + 5) / 6)
            #expect(CallbackSecrets("whsec_" + full) != nil, "\(bytes)")
            let padded = full + String(repeating: "=", count: (4 - full.count % 4) % 4)
            #expect(CallbackSecrets("whsec_" + padded) != nil, "\(bytes)")
        }
    }
}
