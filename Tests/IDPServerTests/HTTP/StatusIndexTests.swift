import Observability
import Testing

@testable import IDPServer

struct StatusIndexTests {
    @Test func everyStatusOfTheErrorRegistryHasItsOwnSlot() {
        for code in ErrorCode.allCases {
            #expect(StatusIndex.statuses[StatusIndex.of(code.httpStatus)] == code.httpStatus, "\(code)")
        }
    }

    @Test(arguments: [(200, 200), (202, 202), (204, 204), (499, 499), (418, 400), (599, 500), (302, 300), (700, 500)])
    func othersAreCountedByTheirClass(status: Int, counted: Int) {
        #expect(StatusIndex.statuses[StatusIndex.of(status)] == counted)
    }
}
