import Testing

@testable import Pipeline

/// What a file is told by its first bytes; its name says nothing.
@Suite struct MagicBytesTests {
    @Test(arguments: [
        ("%PDF-1.7\n", DocumentFormat.pdf), ("\u{FEFF}\r\n%PDF-1.4", .pdf), ("II*\0", .tiff), ("MM\0*", .tiff),
    ])
    func knowsWhatIsRead(_ start: String, _ format: DocumentFormat) {
        #expect(DocumentFormat(prefix: Array(start.utf8)) == format)
    }

    @Test func knowsPictures() {
        #expect(DocumentFormat(prefix: [0xFF, 0xD8, 0xFF, 0xE1]) == .jpeg)
        #expect(DocumentFormat(prefix: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) == .png)
    }

    /// What telephones and office programs make beside that: refused by name, not read as something else.
    @Test(arguments: [
        "\0\0\0\u{18}ftypheic\0\0\0\0mif1", "\0\0\0\u{1C}ftypavif", "RIFF\u{24}\0\0\0WEBPVP8 ", "GIF89a", "BM\u{36}",
        "PK\u{3}\u{4}", "{\\rtf1", "<html>", "%!PS-Adobe", "", "%PD",
    ])
    func refusesWhatIsNot(_ start: String) {
        #expect(DocumentFormat(prefix: Array(start.utf8)) == nil)
    }
}
