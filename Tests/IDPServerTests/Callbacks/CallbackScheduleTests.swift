import Testing

@testable import IDPServer

@Suite struct CallbackScheduleTests {
    @Test func waitsAsTheSpecificationRecommends() {
        let schedule = CallbackSchedule()
        let waits = (1...10).map { schedule.wait(afterAttempts: $0, fraction: 0) }
        let hours = { (count: Int) in Duration.seconds(count * 3600) }
        #expect(
            waits == [
                .seconds(5), .seconds(300), .seconds(1800), hours(2), hours(5), hours(10), hours(14), hours(20),
                hours(24), nil,
            ])
    }

    @Test func jitterOnlyMakesAWaitLongerByATenthAtMost() throws {
        let schedule = CallbackSchedule()
        for step in 1...9 {
            let least = try #require(schedule.wait(afterAttempts: step, fraction: 0))
            let most = try #require(schedule.wait(afterAttempts: step, fraction: 0.999))
            #expect(most > least && most <= least * 1.1)
        }
    }

    @Test func aReceiverMayAskForMoreTimeButNotForLess() {
        let schedule = CallbackSchedule()
        #expect(schedule.wait(afterAttempts: 1, fraction: 0, retryAfter: .seconds(60)) == .seconds(60))
        #expect(schedule.wait(afterAttempts: 2, fraction: 0, retryAfter: .seconds(1)) == .seconds(300))
        #expect(schedule.wait(afterAttempts: 1, fraction: 0, retryAfter: .seconds(900_000)) == .seconds(86_400))
        #expect(schedule.wait(afterAttempts: 10, fraction: 0, retryAfter: .seconds(60)) == nil)
    }

    @Test(arguments: [
        ("120", 120.0), (" 0 ", 0), ("Mon, 23 Nov 2026 12:00:30 GMT", 30), ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("-1", nil), ("soon", nil), ("", nil), ("99999999999999", 31_536_000),
    ] as [(String, Double?)])
    func readsRetryAfterInBothForms(_ text: String, _ seconds: Double?) throws {
        // 2026-11-23T12:00:00Z.
        let moment = Timestamp(milliseconds: 1_795_435_200_000)
        #expect(moment.description == "2026-11-23T12:00:00.000Z")
        #expect(RetryAfter.wait(text, at: moment) == seconds.map { .seconds($0) })
    }
}
