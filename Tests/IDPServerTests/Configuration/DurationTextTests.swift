import Testing

@testable import IDPServer

struct DurationTextTests {
    @Test(arguments: [
        ("60", 60.0), ("60s", 60), ("5m", 300), ("500ms", 0.5), ("1.5h", 5400), ("14d", 1_209_600), ("0", 0),
        ("5M", 300),
    ])
    func readsTimes(text: String, seconds: Double) {
        #expect(DurationText.seconds(text) == seconds)
    }

    @Test(arguments: ["", "s", ".5", "5.", "1e3", "inf", "nan", "0x10", "-1", "5 m", "1m30s", "1,5s"])
    func refusesOthers(text: String) {
        #expect(DurationText.seconds(text) == nil)
    }

    @Test(arguments: [(0.0, "0"), (0.5, "500ms"), (60, "1m"), (90, "90s"), (300, "5m"), (86_400, "1d")])
    func writesTimes(seconds: Double, text: String) {
        #expect(DurationText.text(seconds: seconds) == text)
    }
}
