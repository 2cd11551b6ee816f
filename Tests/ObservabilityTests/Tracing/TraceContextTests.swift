import Observability
import Testing

/// W3C Trace Context, Recommendation of 23 November 2021: what is taken, what is refused, what is sent on.
struct TraceContextTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let span = "b7ad6b7169203331"

    @Test(arguments: [
        ("00-\(trace)-\(span)-01", 1),
        ("00-\(trace)-\(span)-00", 0),
        // Unknown flags are not errors, and not sent on.
        ("00-\(trace)-\(span)-ff", 1),
        ("00-\(trace)-\(span)-02", 0),
        // Later versions: what follows the flags is theirs.
        ("01-\(trace)-\(span)-01", 1),
        ("cc-\(trace)-\(span)-01-what-the-future-says", 1),
        ("fe-\(trace)-\(span)-00-", 0),
    ] as [(String, UInt8)])
    func validFieldsAreRead(field: String, flags: UInt8) throws {
        let context = try #require(TraceContext(traceparent: field))
        #expect(context.traceID == Self.trace && context.spanIDText == Self.span)
        #expect(context.flags == flags && context.isSampled == (flags == 1))
        #expect(context.traceparent == "00-\(Self.trace)-\(Self.span)-0\(flags)")
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-1", "00-\(trace)-\(span)-001",
        "00-\(trace)-\(span)-01-more", "00-\(trace)-\(span)-01 ", " 00-\(trace)-\(span)-01",
        "ff-\(trace)-\(span)-01", "FE-\(trace)-\(span)-01", "0-\(trace)-\(span)-01", "0g-\(trace)-\(span)-01",
        "00-00000000000000000000000000000000-\(span)-01", "00-\(trace)-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-\(span)-01", "00-\(trace)-B7AD6B7169203331-01",
        "00-\(trace)-\(span)-0G", "00_\(trace)_\(span)_01", "00-\(trace)\(span)--01", "01-\(trace)-\(span)-01x",
        "00-0af7651916cd43dd8448eb211c8031é-\(span)-01", "00-\(trace)-\(span)-+1",
    ])
    func brokenFieldsAreNoContext(field: String) {
        #expect(TraceContext(traceparent: field) == nil)
    }

    @Test(arguments: [
        ("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        (" a=1 ,\tb=2 , ,c=3", "a=1,b=2,c=3"),
        ("fw529a3039@dt=FfAA;x:y", "fw529a3039@dt=FfAA;x:y"),
        ("0tenant@sys=1", "0tenant@sys=1"),
        ("a/b*c_d-e=v v", "a/b*c_d-e=v v"),
        ("", ""), (",,", ""),
        // Dropped whole.
        ("a=1,a=2", ""), ("A=1", ""), ("0a=1", ""), ("a", ""), ("a=", ""), ("=1", ""), ("a=b=c", ""), ("a=\u{7f}", ""),
        ("a@b@c=1", ""), ("a@=1", ""), ("@b=1", ""), ("a@1b=1", ""), ("a=é", ""), ("a b=1", ""),
        ("t@abcdefghijklmno=1", ""),
    ])
    func stateIsKeptOrDroppedWhole(field: String, expected: String) throws {
        let context = try #require(
            TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01", tracestate: field))
        #expect(context.state == expected)
    }

    @Test func stateHasLimits() throws {
        func state(_ field: String) -> String? {
            TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01", tracestate: field)?.state
        }
        let members = (0..<33).map { "k\($0)=v" }
        #expect(state(members.dropLast().joined(separator: ",")) == members.dropLast().joined(separator: ","))
        #expect(state(members.joined(separator: ",")) == "")
        #expect(state(String(repeating: "a", count: 256) + "=1") != "")
        #expect(state(String(repeating: "a", count: 257) + "=1") == "")
        #expect(state("a=" + String(repeating: "v", count: 257)) == "")
        // Beyond 512 characters the long members go first, then the last ones.
        let long = "long=" + String(repeating: "x", count: 200)
        let many = (0..<9).map { "k\($0)=" + String(repeating: "y", count: 50) }
        let cut = try #require(state(([long] + many).joined(separator: ",")))
        #expect(cut == many.joined(separator: ","))
        #expect(cut.utf8.count <= 512)
    }

    @Test func identifiersDoNotRepeatAndAreNeverZero() {
        let generator = IdentifierGenerator()
        var seen: Set<UInt64> = []
        for _ in 0..<100_000 {
            let id = generator.next128()
            #expect(id.low != 0)
            seen.insert(id.low)
        }
        #expect(seen.count == 100_000)
        let (a, b) = (IdentifierGenerator(seed: (1, 2)), IdentifierGenerator(seed: (1, 2)))
        #expect((0..<10).map { _ in a.next64() } == (0..<10).map { _ in b.next64() })
    }
}
