/// How much the words around a mention say that the paper is this person's.
///
/// Positive for a holder, negative for anybody else. The nearest cue before the name counts whole, those farther off
/// less; a label in the cell beside or above counts as one before; words after the name add.
struct RoleScore {
    /// Sum of all evidence, without the mention's own form.
    var value: Double
    /// The cue that weighed most, for `Finding.source`.
    var strongest: RoleCue?

    private static func weight(_ cue: RoleCue) -> Double {
        switch cue {
        case .label, .order: 6
        case .holder: 5
        case .weakHolder: 2
        case .companion: 7
        case .child: -8
        case .official, .other, .organisation: -6
        case .place: -9
        }
    }

    /// Weighs the surroundings of one mention.
    ///
    /// - Parameter isCompanionsSheet: whether the paper is a companion's, whose patient is the one in care.
    init(
        of mention: NameMention, among mentions: MentionIndex, in flow: TextFlow, isCompanionsSheet: Bool = false
    ) {
        let context = MentionContext(of: mention, among: mentions, in: flow)
        var total = 0.0
        var best: (cue: RoleCue, weight: Double)?
        func count(_ cue: RoleCue, _ weight: Double) {
            total += weight
            if abs(weight) > abs(best?.weight ?? 0) { best = (cue, weight) }
        }
        if let label = context.label, let role = RoleScore.role(ofLabel: label, in: flow) {
            let isSigner = RoleScore.isSigned(label.last, label.first, mention, flow)
            let isInCare = isCompanionsSheet && role == .holder && RoleScore.namesPatient(label, in: flow)
            if isSigner {
                count(.official, -4)
            } else {
                count(role, (isInCare ? 2 : RoleScore.weight(role)) * RoleScore.trust(role, mention))
            }
        }
        // «Фамилия», «Имя, отчество» on a plain sheet are no child's: a list of reasons stands over them.
        let isForm = mention.source == "name:fields" && !isCompanionsSheet
        let captionRole = context.caption.flatMap { RoleScore.role(ofLabel: $0, in: flow) }
        // Over a line with its caption below stands the caption of another line.
        if captionRole == nil, let header = context.header, let role = RoleScore.role(ofHead: header, in: flow),
            !(role == .official && RoleScore.isTitle(header, over: mention, in: flow)), !(isForm && role == .child),
            mention.form > .initials || ![.holder, .order, .weakHolder].contains(role)
                || RoleScore.isColumnHead(header, in: flow)
        {
            // A column's head says less than the row's own label, and nothing against it.
            let share = context.label == nil ? 0.8 : 0.3
            count(role, RoleScore.weight(role) * share * RoleScore.trust(role, mention))
        }
        if let role = captionRole { count(role, RoleScore.weight(role) * 0.7) }
        let isTold = best.map { $0.cue == .child || $0.cue == .companion } ?? false
        if !isTold, !isForm, let head = context.columnHead, let role = RoleScore.role(ofHead: head, in: flow),
            role == .child || role == .companion
        {
            count(role, RoleScore.weight(role) * 0.8)
        }
        RoleScore.weighSentence(context, mention, flow, count)
        RoleScore.weighWordsAfter(context, flow, count)
        if context.precedesChild { count(.companion, 3) }
        if context.isChildByAge { count(.child, -6) }
        if context.isSender { count(.holder, 8) }
        if context.isRecipient { count(.holder, 2.5) }
        if context.isBornThen { count(.holder, 2) }
        if context.isAddressee { count(.official, -4) }
        value = total
        strongest = best?.cue
    }

    /// «Больной», «Науқас»: beside a label that says to whom a companion's sheet was given, the child's.
    private static func namesPatient(_ label: [Int], in flow: TextFlow) -> Bool {
        label.contains { token in
            ["больн", "пациент", "наукас", "сыркат", "емделуши"].contains(where: flow.tokens[token].folded.begins)
        }
    }

    /// «Заключение врачебно-консультативной комиссии»: a line of its own over the name, and no head of a column; nor is
    /// «Комиссия» over a name with which a sentence begins.
    private static func isTitle(_ header: [Int], over mention: NameMention, in flow: TextFlow) -> Bool {
        let segment = flow.segments[flow.segmentOfToken[header[0]]]
        guard segment.left == nil, segment.right == nil else { return false }
        let words = header.count { flow.tokens[$0].kind == .word && flow.tokens[$0].folded.count > 2 }
        let line = flow.segments[flow.segmentOfToken[mention.last]].range
        let following = line.count { $0 > mention.last && flow.tokens[$0].kind == .word }
        return words > 2 || mention.form > .initials && following >= 3
    }

    /// «Пациент» over a column: two words at most, with other heads beside.
    private static func isColumnHead(_ header: [Int], in flow: TextFlow) -> Bool {
        let segment = flow.segments[flow.segmentOfToken[header[0]]]
        return (segment.left != nil || segment.right != nil)
            && header.count { flow.tokens[$0].kind != .mark } <= 2
    }

    /// A form asks for the full name; a list of initials under «Фамилия, инициалы» is one of readers or signers.
    private static func trust(_ role: RoleCue, _ mention: NameMention) -> Double {
        (role == .label || role == .weakHolder) && mention.form == .initials ? 0.15 : 1
    }

    private static func weighSentence(
        _ context: MentionContext, _ mention: NameMention, _ flow: TextFlow, _ count: (RoleCue, Double) -> Void
    ) {
        if context.before.last?.cue == .label, let role = role(ofLabel: context.beforeTokens, in: flow) {
            // «Дәрігердің Т.А.Ә.», «Ф.И.О. пациента»: a label in the line itself.
            count(role, weight(role) * trust(role, mention))
            return
        }
        var share = 1.0
        var hasOrder = false
        for match in context.before.reversed() {
            let distance = context.distance(of: match)
            switch match.cue {
            case .organisation, .place:
                // «ул. Абая», «ИП Ахметов»: only directly before the name.
                if distance <= (match.cue == .place ? 1 : 0) { count(match.cue, weight(match.cue)) }
                continue
            case .order where isReplacement(match, context, flow):
                count(.other, -7)
                hasOrder = true
            case .order:
                // «Предоставить врачу Ахметовой»: the profession does not take away what the order gives.
                guard !hasOrder else { continue }
                hasOrder = true
                count(.order, max(weight(.order) * share, 7) * fading(distance))
            case .child where isCompanionsLabel(match, context, mention, flow):
                continue
            case .child where isForeign(match, mention, flow): continue
            case .child:
                // «отпуск по уходу за ребёнком Ахметовой»: a noun that does not touch the name is another matter.
                if distance <= 3 { count(.child, weight(.child) * share) } else { continue }
            case .holder where mention.reading.grammaticalCase == .instrumental && isIssued(match, flow):
                // «Выдана врачом Ахметовым» says who issued it.
                count(.official, -4)
            case .holder where isSigned(context.beforeTokens.last, match.first, mention, flow):
                count(.official, -4)
            case .official where context.hasDate(after: match) && distance > 2:
                // «Решением комиссии от 15.04.2026 Ахметов…»: what is dated is not the name's title.
                continue
            case .label, .holder, .weakHolder, .companion, .official, .other:
                count(match.cue, weight(match.cue) * share * fading(distance) * trust(match.cue, mention))
            }
            share *= 0.4
        }
    }

    /// «Родитель, сопровождающий ребёнка Искакова Эльвира»: the child is in the genitive, the name is not, so the
    /// name is the companion's; «сопровождающему ребёнка Искакову Юлию» names the child.
    private static func isCompanionsLabel(
        _ child: RoleLexicon.Match, _ context: MentionContext, _ mention: NameMention, _ flow: TextFlow
    ) -> Bool {
        let isOblique = ["ребенка", "ребенком", "ребенку"].contains(flow.tokens[child.last].folded)
        let hasCompanion = context.before.contains { $0.cue == .companion && $0.first < child.first }
        let isApposition = context.beforeTokens.last.map { flow.tokens[$0].isMark("(") } ?? false
        return isOblique && hasCompanion && !isApposition && mention.reading.grammaticalCase == .nominative
    }

    /// «На время отсутствия основного работника принять Ахметову»: she stands in for the holder.
    private static func isReplacement(
        _ match: RoleLexicon.Match, _ context: MentionContext, _ flow: TextFlow
    ) -> Bool {
        guard ["принять", "назначить", "перевести"].contains(flow.tokens[match.first].folded) else { return false }
        return context.beforeTokens.contains { token in
            token < match.first
                && ["отсутств", "временн", "период", "место"].contains(where: flow.tokens[token].folded.begins)
        }
    }

    /// «отпуск по уходу за ребёнком Ахметовой»: another case than the child's, so another person.
    private static func isForeign(_ child: RoleLexicon.Match, _ mention: NameMention, _ flow: TextFlow) -> Bool {
        let agreeing: [String: Set<GrammaticalCase>] = [
            "ребенка": [.genitive, .accusative], "ребенку": [.dative], "ребенком": [.instrumental],
            "детьми": [.instrumental],
        ]
        let found = mention.reading.grammaticalCase
        guard found != .nominative, mention.form > .initials,
            let cases = agreeing[flow.tokens[child.last].folded]
        else { return false }
        return !cases.contains(found)
    }

    /// «Выдана 12.11.2026   А.Б. Оспанов»: who signed stands behind the day, in the nominative with initials.
    private static func isSigned(_ last: Int?, _ issued: Int?, _ mention: NameMention, _ flow: TextFlow) -> Bool {
        guard mention.form == .initials, mention.reading.grammaticalCase == .nominative, let last, let issued,
            issued <= last
        else { return false }
        let words = (issued...last).prefix(12).map { flow.tokens[$0] }
        let isIssue = ["выдан", "дан", "берилди"].contains(where: flow.tokens[issued].folded.begins)
        return isIssue && words.contains { $0.kind == .number && $0.text.count == 4 }
    }

    private static func isIssued(_ match: RoleLexicon.Match, _ flow: TextFlow) -> Bool {
        let folded = flow.tokens[match.first].folded
        return folded.begins("выда") || folded.begins("дан")
    }

    private static func fading(_ distance: Int) -> Double { max(0.35, 1 - 0.06 * Double(distance)) }

    private static func weighWordsAfter(_ context: MentionContext, _ flow: TextFlow, _ count: (RoleCue, Double) -> Void)
    {
        var holders = 0
        var hasVerdict = false
        let isChild = context.before.contains { $0.cue == .child }
        for match in context.after {
            switch match.cue {
            case .holder:
                holders += 1
                // «… баласы Досжанов Санжарды күтуге … берілсін»: given to the parent.
                let isVerdict = isVerdict(flow.tokens[match.first].folded) && !isChild
                // Kazakh orders say much between the name and their verb at the sentence's end.
                if isVerdict, !hasVerdict {
                    hasVerdict = true
                    count(.holder, 7)
                } else if holders <= 2 {
                    count(.holder, isVerdict ? 7 : 1.6)
                }
            case .place:
                if context.isAdjacent(match) { count(.place, weight(.place)) }
            case .label, .weakHolder, .order, .companion, .child, .official, .other, .organisation:
                count(match.cue, weight(match.cue))
            }
        }
    }

    /// Kazakh puts the verb last («…ға берілді», «… демалыс берілсін»), a Russian order sometimes.
    private static func isVerdict(_ folded: String) -> Bool {
        [
            "берилди", "берилсин", "босатылсын", "бузылсын", "отиниш", "токтатылсын", "усынылсын", "предоставить",
            "разрешить", "уволить", "освободить", "выдать", "расторгнуть",
        ].contains(where: folded.begins)
    }

    /// Whose names a column's head announces: the patient beside whoever accompanies is the one in care.
    private static func role(ofHead tokens: [Int], in flow: TextFlow) -> RoleCue? {
        guard let role = role(ofLabel: tokens, in: flow) else { return nil }
        guard role == .holder || role == .weakHolder || role == .label, let first = tokens.first else { return role }
        let head = flow.segments[flow.segmentOfToken[first]]
        let isBesideCompanion = [head.left, head.right].compactMap(\.self).contains {
            self.role(ofLabel: Array(flow.segments[$0].range), in: flow) == .companion
        }
        return isBesideCompanion ? .child : role
    }

    /// Whose name a label asks for. Its head noun decides: first in Russian, last in Kazakh.
    private static func role(ofLabel tokens: [Int], in flow: TextFlow) -> RoleCue? {
        let matches = MentionContext.matches(in: tokens, of: flow, cue: flow.cueBefore)
        guard !matches.isEmpty else { return nil }
        let cues = matches.map(\.cue)
        if let companion = cues.firstIndex(of: .companion) {
            let isKazakh = NameLetters.hasKazakh(flow.tokens[matches[companion].first].text)
            guard let child = cues.firstIndex(of: .child), child < companion, !isKazakh else { return .companion }
            return .child
        }
        if cues.contains(.child) { return .child }
        if let official = cues.first(where: { $0 == .official || $0 == .other }) { return official }
        if cues.contains(.label) { return .label }
        return cues.first { $0 == .holder || $0 == .order } ?? cues.first { $0 == .weakHolder }
    }
}
