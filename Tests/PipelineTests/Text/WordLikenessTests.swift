import Testing

@testable import Pipeline

/// Printed words against the words meant: whether they count as the same, with the reason.
struct WordLikenessTests {
    @Test(arguments: TableRow.rows(pairs))
    func comparesWords(_ row: TableRow) {
        let words = row.text.split(separator: " ")
        let isPrefix = words[1].hasSuffix("*")
        let cost = WordLikeness.cost(of: FoldedWord(words[0]), as: FoldedWord(words[1]), isPrefix: isPrefix)
        #expect((cost != nil ? "yes" : "no") == row.expected, "\(row.text): \(row.reason)")
    }

    private static let pairs = """
        СПРАВКА справка | yes | capitals
        CПPABKA справка | yes | Latin look-alikes
        ёлка елка | yes | ё
        жұмыссыз жумыссыз | yes | Kazakh letters folded
        бұйрық буйрык | yes | Kazakh letters folded
        приказа приказ* | yes | ending
        приказ приказ | yes | same
        нриказ приказ | yes | OCR п to н
        прпказ приказ | yes | OCR и to п
        Приказ. приказ | yes | mark dropped
        СПРАВНА справка | yes | OCR К to Н
        снравка справка | yes | OCR
        показ приказ | no | another word
        трудоспособности нетрудоспособн* | no | the opposite
        нетрудоспособности трудоспособн* | no | the opposite
        нетрудоспособности нетрудоспособн* | yes | ending
        нетрудоспсобности нетрудоспособн* | yes | letter lost
        нетрvдоспособности нетрудоспособн* | yes | one letter wrong
        вкк вкк | yes | short, same
        вкк дкк | no | short words must be exact
        лист лист | yes | same
        лица лист | no | another word
        листа лист* | yes | ending
        ищущего ищущ* | yes | ending
        инвапидности инвалидност* | yes | OCR л to п
        инвалидн0сти инвалидност* | yes | zero for о
        безработного безработн* | yes | ending
        работного безработн* | no | another word
        сақталатын сақталмайтын | no | kept is not unkept
        справка справки | yes | one letter of seven
        """
}
