import Testing

@testable import IDPServer

struct RequestQuotaTests {
    @Test(arguments: [
        ("100/1m", 100, 60), ("5/s", 5, 1), ("1000/24h", 1000, 86_400), ("1/30d", 1, 2_592_000), ("7/15", 7, 15),
    ])
    func aPolicyIsReadAsPeopleWriteIt(_ text: String, _ limit: Int, _ seconds: Int) throws {
        let policy = try #require(QuotaPolicy(text))
        #expect(policy.limit == limit && policy.seconds == seconds)
        #expect(policy.policyField == "\"default\";q=\(limit);w=\(seconds)")
    }

    @Test(arguments: ["", "100", "/1m", "0/1m", "-1/1m", "+5/1m", "5/0", "5/100ms", "5/1.5s", "5/31d", "5/1m/2", "x/s"])
    func whatIsNoPolicyIsRefused(_ text: String) {
        #expect(QuotaPolicy(text) == nil)
    }

    @Test func theWindowBeginsWithTheFirstRequestAndEndsExactly() throws {
        let second: UInt64 = 1_000_000_000
        let quota = RequestQuota(try #require(QuotaPolicy("2/10s")))
        let start: UInt64 = 77 * second
        #expect(quota.take(at: start) == .init(isAllowed: true, remaining: 1, seconds: 10))
        #expect(quota.take(at: start + 3 * second + 1) == .init(isAllowed: true, remaining: 0, seconds: 7))
        #expect(quota.take(at: start + 4 * second) == .init(isAllowed: false, remaining: 0, seconds: 6))
        #expect(quota.take(at: start + 10 * second - 1) == .init(isAllowed: false, remaining: 0, seconds: 1))
        // What was refused has taken nothing of the next window.
        #expect(quota.take(at: start + 10 * second) == .init(isAllowed: true, remaining: 1, seconds: 10))
    }

    @Test func callersHaveQuotasOfTheirOwn() throws {
        let quotas = RequestQuotas(try #require(QuotaPolicy("1/1h")))
        #expect(quotas.quota(of: "a").take(at: 5).isAllowed)
        #expect(!quotas.quota(of: "a").take(at: 6).isAllowed)
        #expect(quotas.quota(of: "b").take(at: 6).isAllowed)
    }
}
