import Testing

@testable import Pipeline

/// The orientation tag, in both byte orders and behind other segments; broken metadata never stops a picture.
@Suite struct ExifOrientationTests {
    private static func jpeg(_ orientation: UInt8, isLittle: Bool = false, before: [UInt8] = []) -> [UInt8] {
        let big: [UInt8] = [
            0x4D, 0x4D, 0, 0x2A, 0, 0, 0, 8, 0, 2, 1, 0x0F, 0, 2, 0, 0, 0, 4, 0, 0, 0, 0, 1, 0x12, 0, 3, 0, 0, 0, 1, 0,
            orientation, 0, 0, 0, 0, 0, 0,
        ]
        let little: [UInt8] = [
            0x49, 0x49, 0x2A, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0,
        ]
        let body = Array("Exif\0\0".utf8) + (isLittle ? little : big)
        return [0xFF, 0xD8] + before + [0xFF, 0xE1, 0, UInt8(body.count + 2)] + body + [0xFF, 0xDA, 0, 2]
    }

    private static func orientation(_ bytes: [UInt8], _ format: DocumentFormat = .jpeg) -> ExifOrientation {
        bytes.withUnsafeBytes { ExifOrientation(of: $0, format) }
    }

    @Test(arguments: 1...8) func readsEachOrientation(_ value: Int) {
        #expect(Self.orientation(Self.jpeg(UInt8(value))).rawValue == value)
        #expect(Self.orientation(Self.jpeg(UInt8(value), isLittle: true)).rawValue == value)
    }

    @Test func findsTheTagBehindOtherSegments() {
        let before: [UInt8] = [0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xFF, 0xE1, 0, 6, 0x68, 0x74, 0x74, 0x70]
        #expect(Self.orientation(Self.jpeg(8, before: before)) == .right)
    }

    @Test func takesNonsenseAsUpright() {
        #expect(Self.orientation(Self.jpeg(9)) == .upright)
        #expect(Self.orientation([0xFF, 0xD8]) == .upright)
        let whole = Self.jpeg(6)
        for length in whole.indices where length < whole.count - 20 {
            #expect(Self.orientation(Array(whole.prefix(length))) == .upright)
        }
        #expect(Self.orientation(Array(repeating: 0xFF, count: 64)) == .upright)
        #expect(Self.orientation(whole, .tiff) == .upright, "the TIFF decoder honours its own tag")
    }

    @Test func findsTheChunkOfAPNG() {
        let exif = Array(Self.jpeg(3).dropFirst(12).prefix(38))
        let header: [UInt8] =
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 1] + Array("tEXt".utf8) + [0, 1, 2, 3, 4]
        let png = header + [0, 0, 0, UInt8(exif.count)] + Array("eXIf".utf8) + exif + [0, 0, 0, 0]
        #expect(Self.orientation(png, .png) == .upsideDown)
        #expect(Self.orientation(Array(png.prefix(30)), .png) == .upright)
    }
}
