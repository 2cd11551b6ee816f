/// What sort of paper a title's noun says it is.
enum PaperKind: String, Sendable, Hashable, CaseIterable, Codable {
    /// Приказ, бұйрық.
    case order
    /// Справка, анықтама.
    case certificate
    /// Лист, листок, парақ.
    case sheet
    /// Заключение, қорытынды.
    case conclusion
    /// Выписка, эпикриз, үзінді.
    case excerpt
    /// Уведомление, хабарлама.
    case notice
    /// A noun that no known type has: договор, счёт, доверенность, шарт, …
    case other
}

/// What a paper is about. Together with its kind this gives the type.
enum PaperSubject: String, Sendable, Hashable, CaseIterable {
    case sickness, companion, childcare, discharge, commission, disability, capacityLoss, termination, unpaidLeave
    case noIncome, unemployed, unemployedPersons, jobSeeker
    // What near misses are about: no type has these.
    case hiring, transfer, paidLeave, studyLeave, maternityLeave, returnFromLeave, otherOrder
    case workplace, income, otherCertificate, otherExcerpt, professionalCapacity, otherNotice

    /// Whether a known type is about it.
    var isKnown: Bool {
        switch self {
        case .sickness, .companion, .childcare, .discharge, .commission, .disability, .capacityLoss, .termination,
            .unpaidLeave, .noIncome, .unemployed, .unemployedPersons, .jobSeeker:
            true
        case .hiring, .transfer, .paidLeave, .studyLeave, .maternityLeave, .returnFromLeave, .otherOrder, .workplace,
            .income, .otherCertificate, .otherExcerpt, .professionalCapacity, .otherNotice:
            false
        }
    }

    /// The subjects whose wording is part of this one's: the narrower wins where both are read at one place.
    ///
    /// In Kazakhstan a childcare leave is by law an unpaid leave «до достижения им возраста трёх лет», so its papers
    /// say both.
    var narrows: [PaperSubject] {
        switch self {
        case .companion: [.sickness]
        case .childcare: [.unpaidLeave, .paidLeave, .companion]
        case .unemployedPersons: [.unemployed]
        case .professionalCapacity: [.capacityLoss]
        case .otherNotice: [.termination, .unemployed, .jobSeeker]
        case .noIncome: [.income]
        case .unpaidLeave: [.paidLeave]
        case .otherExcerpt: [.discharge]
        // «Выписка из протокола заседания ВКК»
        case .commission: [.otherExcerpt]
        case .sickness, .discharge, .disability, .capacityLoss, .termination, .unemployed, .jobSeeker,
            .hiring, .transfer, .paidLeave, .studyLeave, .maternityLeave, .returnFromLeave, .otherOrder, .workplace,
            .income, .otherCertificate:
            []
        }
    }
}
