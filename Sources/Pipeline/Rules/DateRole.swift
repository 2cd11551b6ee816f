/// What a date on a paper is the date of.
enum DateRole: String, Sendable, Hashable, CaseIterable {
    /// The paper was issued, drawn up or signed then.
    case issued
    /// A system made the paper then.
    case formed
    /// The patient left the hospital then.
    case discharge
    /// A commission sat or examined then.
    case examination
    case periodStart, periodEnd
    case birth
    /// Of another paper: a contract, an application, an order that this one rests on, a law, a form's approval.
    case reference
    /// The person was entered in a register then: for the unemployed and job seekers that is what the paper certifies.
    case registration
    /// What the paper tells happened then: hired, admitted, treated, dismissed.
    case event
    /// Valid until, next visit, re-examination.
    case ahead

    /// How good an issue date a date of this role is, 0 to 100; below `DateRole.bar` it is none.
    var rank: Double {
        switch self {
        case .issued: 95
        case .formed: 80
        case .discharge: 52
        case .examination: 46
        case .periodStart, .periodEnd, .event, .registration: 12
        case .birth, .reference, .ahead: 0
        }
    }

    /// The lowest rank that an issue date may have.
    static let bar = 40.0
}

/// How a date stands on its page.
enum DateStanding: Sendable, Hashable {
    /// In a sentence, a label's value, a table.
    case inText
    /// On a line of its own, with a number or a town at most.
    case alone
    /// Alone in its column over the title, beside the sender's name or address.
    case letterhead
    /// Beside the name or the post of somebody who signs.
    case signature
}
