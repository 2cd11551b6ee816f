import Testing

@testable import IDPServer

struct SizeTextTests {
    @Test(arguments: [
        ("0", 0), ("52428800", 52_428_800), ("50MiB", 52_428_800), ("50mib", 52_428_800), ("50 MiB", 52_428_800),
        ("1KiB", 1024), ("1kB", 1000), ("2GB", 2_000_000_000), ("1TiB", 1 << 40), ("7B", 7),
    ])
    func readsSizes(text: String, bytes: Int) {
        #expect(SizeText.bytes(text) == bytes)
    }

    @Test(arguments: ["", "MiB", "50M", "1.5MiB", "-1", "+1", "1 000", "٣", "9223372036854775808", "8388608TiB"])
    func refusesOthers(text: String) {
        #expect(SizeText.bytes(text) == nil)
    }

    @Test(arguments: [0, 1, 1023, 1024, 52_428_800, 52_428_801, 1 << 40])
    func readsBackWhatItWrites(bytes: Int) {
        #expect(SizeText.bytes(SizeText.text(bytes)) == bytes)
    }
}
