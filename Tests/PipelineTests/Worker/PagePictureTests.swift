import Foundation
import Observability
import TestSupport
import Testing

@testable import Pipeline

extension LiveWorkers {
    /// A page's picture is for looking at the boxes on it, so the print must stand where they are, however the page was
    /// turned, straightened and scaled before it was read.
    @Suite struct PagePictureTests {
        /// The picture is a document itself: read again, it says the same in the same places.
        @Test(arguments: [
            "text.pdf", "text-sideways.pdf", "text-rotate-90.pdf", "scan.pdf", "scan-rotate-90.pdf",
            "scan-upside-down.pdf", "scan-flipped.pdf", "photo-exif-6.jpg", "photo-askew.jpg", "upside-down.png",
            "large.png", "palette.png", "transparent.png", "cmyk.jpg", "deflate.tiff",
        ])
        func boxesLieOnThePrint(_ file: String) async throws {
            let reading = try Reading()
            let page = try #require(try await reading.text(of: fixture(file)).get().pages.first)
            let sheet = try #require(page.sheet)
            #expect(sheet.width == page.width && sheet.height == page.height)
            let shown = try await shownAgain(file, page: 1, sheet, reading)
            #expect(shown.lines.map(\.text) == page.lines.map(\.text))
            #expect(abs(shown.height / shown.width - page.height / page.width) < 0.005, "the page's own shape")
            let scale = shown.width / page.width
            for (line, again) in zip(page.lines, shown.lines) {
                guard let box = line.box, let other = again.box else { continue }
                let tolerance = shown.width / 100
                #expect(abs(box.x * scale - other.x) < tolerance, "\(line.text)")
                #expect(abs((box.y + box.height / 2) * scale - other.y - other.height / 2) < tolerance, "\(line.text)")
                #expect(abs(box.width * scale - other.width) < 2 * tolerance, "\(line.text)")
            }
        }

        @Test func showsEachPageOfSeveral() async throws {
            let reading = try Reading()
            let pages = try await reading.text(of: fixture("text-and-scan.pdf")).get().pages
            #expect(pages.count == 2)
            for page in pages {
                let sheet = try #require(page.sheet)
                let shown = try await shownAgain("text-and-scan.pdf", page: page.number, sheet, reading)
                #expect(shown.lines.map(\.text) == page.lines.map(\.text))
            }
        }

        @Test func saysWhenTheDocumentIsGone() async throws {
            let reading = try Reading()
            let page = try #require(try await reading.text(of: fixture("text.pdf")).get().pages.first)
            let sheet = try #require(page.sheet)
            let answer = await reading.picture(of: fixture("no such file.pdf"), page: 1, sheet)
            let error = #expect(throws: ServiceError.self) { try answer.get() }
            #expect(error?.code == .storageFailed)
        }

        /// The text of a page's picture.
        private func shownAgain(
            _ file: String, page: Int, _ sheet: PageSheet, _ reading: Reading
        ) async throws -> PageText {
            let bytes = try await reading.picture(of: fixture(file), page: page, sheet).get()
            let folder = try TemporaryDirectory()
            defer { withExtendedLifetime(folder) {} }
            let path = folder.path + "/page.jpg"
            try bytes.write(to: URL(fileURLWithPath: path))
            return try #require(try await reading.text(of: path).get().pages.first)
        }
    }
}
