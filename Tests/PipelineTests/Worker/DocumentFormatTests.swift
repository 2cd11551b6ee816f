import Observability
import Testing

@testable import Pipeline

extension LiveWorkers {
    /// Every format that applicants send, each in the peculiarities that have broken readers before, through a real
    /// worker. All of them show the same lines (`Tests/Fixtures/formats/make.py`).
    @Suite struct DocumentFormatTests {
        private static let lines = [
            "СПРАВКА", "о временной нетрудоспособности № 147", "Выдана Ахметовой Айгуль Сериковне",
            "в том, что она находилась на лечении", "Астана қаласы, емхана дәрігері", "Дата выдачи 12.11.2026",
        ]

        @Test(arguments: ["text.pdf", "text-rotate-90.pdf", "text-sideways.pdf", "owner-password.pdf"])
        func readsTheTextLayer(_ file: String) async throws {
            let reading = try Reading()
            let page = try #require(try await reading.text(of: fixture(file)).get().pages.first)
            #expect(page.source == .textLayer)
            #expect(page.confidence == 1)
            #expect(page.lines.map(\.text) == Self.lines)
            #expect(page.width > page.height, "the page is displayed lying")
            for box in page.lines.compactMap(\.box) {
                #expect(box.x >= 0 && box.x + box.width <= page.width && box.width > box.height)
                #expect(box.y >= 0 && box.y + box.height <= page.height)
            }
        }

        @Test(arguments: [
            "scan.pdf", "scan-rotate-90.pdf", "scan-upside-down.pdf", "scan-garbage-layer.pdf", "photo-exif-2.jpg",
            "photo-exif-3.jpg", "photo-exif-4.jpg", "photo-exif-5.jpg", "photo-exif-6.jpg", "photo-exif-7.jpg",
            "photo-exif-8.jpg", "photo-askew.jpg", "cmyk.jpg", "grey-16-bit.png", "palette.png", "transparent.png",
            "negative.png", "upside-down.png", "large.png", "small.png", "deflate.tiff", "scan-jpx.pdf", "scan-cmyk.pdf",
            "scan-indexed.pdf", "scan-flipped.pdf", "scan-soft-mask.pdf", "scan-strips.pdf", "scan-misread-layer.pdf",
        ])
        func readsThePicture(_ file: String) async throws {
            let reading = try Reading()
            let page = try #require(try await reading.text(of: fixture(file)).get().pages.first)
            #expect(page.source == .ocr)
            #expect(page.confidence > 0.85)
            #expect(page.lines.map(\.text) == Self.lines)
            #expect(page.width > page.height, "the page was set upright")
        }

        @Test func readsAScanWhoseTextLayerIsOnlyASignatureLine() async throws {
            let reading = try Reading()
            let text = try await reading.text(of: fixture("scan-signature-line.pdf")).get()
            #expect(text.pages.map(\.source) == [.ocr])
            #expect(text.lines.prefix(6) == Self.lines[...])
        }

        /// Text that a program has turned into curves, beside a little that it has not.
        @Test(arguments: ["drawn-signature-line.pdf", "drawn-copy-line.pdf", "drawn-footer.pdf"])
        func readsAPageThatIsDrawnWhateverItsThinTextLayerSays(_ file: String) async throws {
            let reading = try Reading()
            let text = try await reading.text(of: fixture(file)).get()
            #expect(text.pages.map(\.source) == [.ocr])
            for line in Self.lines { #expect(text.lines.contains(line), "\(line) in \(text.lines)") }
        }

        /// A short paper far above its footer looks like a drawn page with one, and is none.
        @Test func believesTheTextOfAShortPaperWithAFooter() async throws {
            let reading = try Reading()
            let text = try await reading.text(of: fixture("text-footer.pdf")).get()
            #expect(text.pages.map(\.source) == [.textLayer])
            #expect(text.lines.prefix(6) == Self.lines[...])
        }

        @Test func saysThatAPDFWithoutPagesCannotBeRead() async throws {
            let reading = try Reading()
            #expect(await reading.code(of: fixture("no-pages.pdf")) == .documentUnreadable)
        }

        /// A tool that waits for its document is as good as one that is started for it: one document after the other,
        /// of all kinds, through the same worker.
        @Test func readsOneDocumentAfterTheOther() async throws {
            let reading = try Reading()
            for _ in 0..<2 {
                #expect(try await reading.text(of: fixture("text.pdf")).get().lines == Self.lines)
                #expect(await reading.code(of: fixture("encrypted.pdf")) == .documentEncrypted)
                #expect(try await reading.text(of: fixture("text-sideways.pdf")).get().lines == Self.lines)
                #expect(await reading.code(of: fixture("no-pages.pdf")) == .documentUnreadable)
                #expect(await reading.code(of: fixture("text-and-scan.pdf"), maxPages: 1) == .tooManyPages)
                #expect(try await reading.text(of: fixture("text-and-scan.pdf")).get().pages.count == 2)
            }
            #expect(reading.restarts.isEmpty)
        }

        /// Each page for itself: a text layer here does not vouch for the page behind it.
        @Test func readsTheTextOfOnePageAndThePictureOfTheNext() async throws {
            let reading = try Reading()
            let text = try await reading.text(of: fixture("text-and-scan.pdf")).get()
            #expect(text.pages.map(\.source) == [.textLayer, .ocr])
            #expect(text.lines == Self.lines + Self.lines)
        }

        /// Layout analysis takes a seal as dark as print, and the lines it touches, for a picture: a first pass reads
        /// three lines of this page.
        @Test func readsLinesUnderASealAsDarkAsPrint() async throws {
            let reading = try Reading()
            let text = try await reading.text(of: fixture("sealed.png")).get()
            let words = Set(text.pages.flatMap { $0.lines.flatMap { $0.words.map(\.text) } })
            let found = ["Выдана", "Айгуль", "Сериковне", "қаласы,", "емхана", "12.11.2026"].filter(words.contains)
            #expect(found.count >= 5, "found \(found) in \(text.lines)")
            #expect(found.contains("12.11.2026"))
        }

        @Test func readsAllPagesOfATIFFInOrderAndTellsProgress() async throws {
            let reading = try Reading(count: 2)
            let steps = Steps()
            let text = try await reading.text(of: fixture("two-pages-g4.tiff")) { steps.append($0) }.get()
            #expect(text.pages.map(\.number) == [1, 2])
            #expect(text.lines == Self.lines + Self.lines)
            #expect(
                steps.all == [
                    Progress(stage: .acquire), Progress(stage: .text, pages: 2),
                    Progress(stage: .text, page: 1, pages: 2), Progress(stage: .text, page: 2, pages: 2),
                    Progress(stage: .classify, pages: 2), Progress(stage: .extract, pages: 2),
                    Progress(stage: .validate, pages: 2),
                ])
        }

        @Test func keepsCellsOfATableRowOnOneLine() async throws {
            let reading = try Reading()
            let text = try await reading.text(of: fixture("text-table.pdf")).get()
            #expect(text.lines == ["Фамилия Ахметова", "Имя Айгуль", "Отчество Сериковна"])
        }
    }
}
