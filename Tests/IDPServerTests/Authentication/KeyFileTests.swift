import Foundation
import TestSupport
import Testing

@testable import IDPServer

struct KeyFileTests {
    private static let hash = String(repeating: "0f", count: 32)

    private func mistake(_ text: String) -> String? {
        do throws(KeyFileMistake) {
            _ = try KeyFile(json: Data(text.utf8))
            return nil
        } catch {
            return error.description
        }
    }

    @Test func oneKeyOrSeveralStandForACaller() throws {
        let file = try KeyFile(
            json: Data(
                """
                {"keys": [{"name": "a", "sha256": "\(Self.hash)", "scopes": ["submit"]},
                          {"name": "b", "sha256": ["\(Self.hash)", "\(Self.hash)"], "scopes": [], "queue": 0},
                          {"name": "c", "certificate": "dns:c", "scopes": ["read", "all-runs"], "rate": "5/s",
                           "expires": "2027-01-31"}]}
                """.utf8))
        #expect(file.keys.map(\.sha256.count) == [1, 2, 0])
        let again = try KeyFile(json: JSONEncoder().encode(file))
        #expect(again == file)
    }

    @Test(arguments: [
        (#"{"keys":[{"name":"a","scopes":[]}]}"#, "neither sha256 nor certificate"),
        (#"{"keys":[{"name":"a","sha256":"secret-key","scopes":[]}]}"#, "not 64 hexadecimal digits"),
        (#"{"keys":[{"name":"a b","certificate":"dns:x","scopes":[]}]}"#, "name"),
        (#"{"keys":[{"name":"a","certificate":"dns:x","scopes":["write"]}]}"#, "unknown scope \"write\""),
        (#"{"keys":[{"name":"a","certificate":"dns:x"}]}"#, "scopes"),
        (#"{"keys":[{"name":"a","certificate":"dns:x","scopes":[],"rates":"1/s"}]}"#, "unknown member \"rates\""),
        (#"{"keys":[{"name":"a","certificate":"dns:x","scopes":[],"rate":"fast"}]}"#, "rate"),
        (#"{"keys":[{"name":"a","certificate":"dns:x","scopes":[],"queue":-1}]}"#, "queue"),
        (#"{"keys":[{"name":"a","certificate":"dns:x","scopes":[],"expires":"soon"}]}"#, "expires"),
        (
            #"{"keys":[{"name":"a","certificate":"a","scopes":[]},{"name":"a","certificate":"b","scopes":[]}]}"#,
            "two entries"
        ),
        (#"{"key":[]}"#, "keys"), ("nonsense", "not JSON"), (#"{"keys":7}"#, "wrong kind"),
    ])
    func whatIsWrongIsSaidAndNoKeyIsRepeated(_ text: String, _ words: String) throws {
        let mistake = try #require(self.mistake(text), "taken: \(text)")
        #expect(mistake.contains(words), "\(mistake)")
        #expect(!mistake.contains("secret-key"))
    }

    @Test func aFileThatEverybodyMayWriteIsRefused() throws {
        let folder = try TemporaryDirectory("keys")
        let file = try folder.write(Array(#"{"keys":[]}"#.utf8), to: "keys.json")
        _ = try KeyFile(path: file.path)
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: file.path)
        #expect(throws: KeyFileMistake.self) { try KeyFile(path: file.path) }
    }
}

struct KeyRingTests {
    /// Looks a key up at midnight of a day.
    private func find(_ key: String, in ring: KeyRing, day: Int = 0) -> Result<String, AuthenticationFailure> {
        Array(key.utf8).withUnsafeBytes { bytes in
            do throws(AuthenticationFailure) {
                return .success(try ring.caller(key: bytes, now: UInt64(day) * 86_400_000).name)
            } catch {
                return .failure(error)
            }
        }
    }

    private func ring(_ entries: [KeyFile.Entry], earlier: KeyRing? = nil) -> KeyRing {
        KeyRing(KeyFile(keys: entries), defaults: CallerDefaults(), earlier: earlier)
    }

    @Test func eachKeyFindsItsCallerAndNothingElseDoes() {
        let keys = (0..<50).map { _ in KeyFileEditing.makeKey() }
        #expect(Set(keys).count == 50)
        let ring = ring(
            keys.enumerated().map { index, key in
                KeyFile.Entry(name: "c\(index)", sha256: [KeyFileEditing.hash(of: key)], scopes: ["read"])
            })
        for (index, key) in keys.enumerated() {
            #expect(find(key, in: ring) == .success("c\(index)"))
            #expect(find(key + "x", in: ring) == .failure(.unknown))
            #expect(find(String(key.dropLast()), in: ring) == .failure(.unknown))
        }
        #expect(find("", in: ring) == .failure(.unknown))
        #expect(find(KeyFileEditing.hash(of: keys[0]), in: ring) == .failure(.unknown), "a hash is no key")
    }

    @Test func aKeyIsGoodThroughItsLastDay() throws {
        let entry = KeyFile.Entry(
            name: "a", sha256: [KeyFileEditing.hash(of: "k")], scopes: [], expires: "1970-01-11")
        let ring = ring([entry])
        #expect(find("k", in: ring, day: 10) == .success("a"))
        #expect(find("k", in: ring, day: 11) == .failure(.expired))
    }

    @Test func aFileThatIsReadAgainGivesNoNewQuota() throws {
        let entry = KeyFile.Entry(name: "a", sha256: [KeyFileEditing.hash(of: "k")], scopes: [], rate: "1/1h")
        let first = ring([entry])
        func quota(_ ring: KeyRing) throws -> RequestQuota {
            try #require(try Array("k".utf8).withUnsafeBytes { try ring.caller(key: $0, now: 0).quota })
        }
        #expect(try quota(first).take(at: 1).isAllowed)
        #expect(try !quota(ring([entry], earlier: first)).take(at: 2).isAllowed)
        var other = entry
        other.rate = "2/1h"
        #expect(try quota(ring([other], earlier: first)).take(at: 2).isAllowed)
    }
}
