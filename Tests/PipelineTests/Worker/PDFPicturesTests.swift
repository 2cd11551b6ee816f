import Foundation
import Testing

@testable import Pipeline

/// What the list of a PDF's pictures tells: whether one covers its page, and how it lies.
@Suite struct PDFPicturesTests {
    private static let a4 = PageSize(width: 595.3, height: 841.9)

    private static func list(_ rows: String...) -> PDFPictures {
        let head = """
            page   num  type   width height color comp bpc  enc interp  object ID x-ppi y-ppi size ratio
            --------------------------------------------------------------------------------------------
            """
        return PDFPictures(list: Data(([head] + rows).joined(separator: "\n").utf8))
    }

    @Test func seesAScanThatCoversItsPage() throws {
        let scan = try #require(
            Self.list("   1     0 image    1654  2339  gray    1   8  jpeg   no         8  0   200   200 92.5K 2.4%")
                .on(page: 1).first)
        #expect(scan.kind == "image" && scan.encoding == "jpeg" && scan.colour == "gray")
        #expect(abs(scan.coverage(of: Self.a4) - 1) < 0.02)
        #expect(scan.liesOnItsSide == false)
    }

    /// poppler mixes the resolutions up for a picture whose rows run down the page: 1654 pixels "across" 841.9 points.
    @Test func seesAScanThatLiesOnItsSide() throws {
        let scan = try #require(
            Self.list("   1     0 image    1654  2339  gray    1   8  jpeg   no         8  0   141   283 92.5K 2.4%")
                .on(page: 1).first)
        let lying = PageSize(width: Self.a4.height, height: Self.a4.width)
        #expect(abs(scan.coverage(of: lying) - 1) < 0.02)
        #expect(scan.liesOnItsSide == true)
    }

    @Test func cannotTellHowASquareLies() throws {
        let square = try #require(
            Self.list("   1     0 image    1000  1000  gray    1   8  jpeg   no         8  0   200   200 92.5K 2.4%")
                .on(page: 1).first)
        #expect(square.liesOnItsSide == nil)
    }

    @Test func readsInlinePicturesAndSkipsNonsense() {
        let pictures = Self.list(
            "   2     0 image     100    50  rgb     3   8  image  no   [inline]     150   151  12K  80%", "nonsense",
            "   2     1 smask     100    50  gray    1   8  image  no         9  0   150   151  12K  80%")
        #expect(pictures.on(page: 1).isEmpty)
        #expect(pictures.on(page: 2).map(\.kind) == ["image", "smask"])
        #expect(pictures.on(page: 2).map(\.resolutionX) == [150, 150])
    }

    @Test(arguments: [
        ("<< /Subtype /Image /Width 5 >>", true), ("<</Subtype/Image/Width 5>>", true),
        ("/ProcSet [ /PDF /Text /ImageB /ImageC /ImageI ]", false), ("", false), ("/Image", false),
    ])
    func findsPicturesInTheBytes(_ text: String, _ found: Bool) {
        #expect(Array(text.utf8).withUnsafeBytes { PDFPictures.mayOccur(in: $0) } == found)
    }

    @Test(arguments: [
        ("/Rotate 90 ", true), ("/Rotate 0 /X", false), ("/Rotate 0>>", false), ("/Rotate 0\n", false),
        ("/Rotate 270>>", true), ("/Rotate 07", true), ("/Rotate 12 0 R", true), ("/Rotate 0 0 R", true), ("", false),
        ("/Rotate 0 /A /Rotate 180 >>", true), ("/Rotate-90", true),
    ])
    func findsTurnsInTheBytes(_ text: String, _ turned: Bool) {
        #expect(Array(text.utf8).withUnsafeBytes { PDFWords.sayTurned(in: $0) } == turned)
    }

    @Test(arguments: [
        ("/Width 1654 /Height 2339", true), ("/Width 300\n/Height 300", false), ("/Width 12 0 R", true),
        ("/Width/X", true), ("/Width 300/Height 2>> /Width 5000", true), ("", false),
        ("/Width 99999999999999999999999", true), ("/Widths 12 0 R", false), ("/Widths[1000]", false),
    ])
    func findsWidePicturesInTheBytes(_ text: String, _ wide: Bool) {
        #expect(Array(text.utf8).withUnsafeBytes { PDFWords.sayWidePicture(in: $0) } == wide)
    }
}
