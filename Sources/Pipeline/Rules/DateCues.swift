/// Words around a date that tell its role: data, in the notation of `Phrase`.
enum DateCues {
    /// Where a cue stands.
    enum Side: Sendable, Hashable {
        /// Before the date, up to this many words away (labels, Russian prepositions).
        case before(Int)
        /// After it, up to this many words away (Kazakh postpositions, «г.р.»).
        case after(Int)
    }

    struct Row: Sendable {
        var role: DateRole
        var side: Side
        /// 0 to 10: which cue wins where several stand around a date.
        var strength: Double
        var notation: String
        /// What sort of paper the cue names: the date is this paper's own when it is one of that sort, another
        /// paper's otherwise («приказ № 5 от 12.03.2026» on an order and in a certificate).
        var kind: PaperKind?

        /// The role on a paper of these kinds; on one that does not say what it is, such a noun is its own.
        func role(in kinds: Set<PaperKind>) -> DateRole {
            guard let kind else { return role }
            return kinds.isEmpty || kinds.contains(kind) ? .issued : .reference
        }
    }

    static let rows: [Row] = issued + formed + discharge + examination + own + birth + references + periods + events

    /// The wordings that may stand before their date.
    static let leading = Set(rows.filter { if case .before = $0.side { true } else { false } }.map(\.notation))

    /// Who signs, and what a signature's line says.
    static let signers = """
        директор*
        руководител*
        начальник*
        заведующ*
        председател*
        =врач|=врача
        хирург*
        терапевт*
        педиатр*
        невролог*
        специалист*
        инспектор*
        бухгалтер*
        менеджер*
        секретар*
        исполнител*
        уполномочен*
        подпис*
        =мп
        =м_п
        =мо
        президент*
        ректор*
        предпринимател*
        работодател*
        зав
        гл_врач
        басшы*
        бастық*
        меңгеруші*
        төраға*
        дәрігер*
        маман*
        орындаушы*
        есепші*
        =қолы
        аким*
        әкім*
        глава
        староста
        управляющ*
        кадр*
        юрист*
        регистратор*
        методист*
        администратор*
        оператор*
        хатшы*
        жетекші*
        кеңесші*
        жұмыс_беруші
        """.split(separator: "\n").map { String($0) }

    private static let issued: [Row] =
        table(.issued, .before(3), 9, """
            дата_выдач*
            дата_составлени*
            дата_документ*
            дата_оформлени*
            дата_подписани*
            дата_издани*
            дата_заполнени*
            дата_создани*
            дата_утвержден*
            дата_заключени* вкк|комисс*
            дата_выписк* справк*|документ*|листа
            дата_регистраци* документ*|приказ*|справк*
            дата_вынесени*
            дата исходящ*
            дата_отправк*
            день_выдачи
            выписан|выписана|выписано лист|листок|справка|документ
            берілген_күн*
            берілген_уақыт*
            беру_күні
            берілу_күн*
            құжат*_күні
            құжаттың берілген
            жасалған_күн*
            жасау_күні
            толтырыл*_күн*
            толтыру_күні
            рәсімде*_күн*
            шығарыл*_күні бұйрық*
            қол_қойыл*_күн*
            қол_қою_күн*
            жазылған_күн*
            ресімде*_күн*
            хабарлама* жіберілген|жолданған|жіберу|жолдау күн*
            дата направлени*|отправлени* уведомлени*|извещени*|ответа
            """)
        + table(.issued, .before(2), 7, """
            выдан|выдана|выдано
            =берілді
            =берілген
            составлен|составлена|составлено
            оформлен*
            издан
            заполнен|заполнена|заполнено
            жасалды
            толтырылды
            исх
            исходящий
            """)
        + table(.issued, .before(1), 6, "==дата\nкүні\nкүн\nот_даты")
        + table(.issued, .before(2), 6, """
            дата_время
            күні_уақыты
            дата_номер
            номер_дата
            күні_дата
            күні_нөмірі
            нөмірі_күні
            """)
        + table(.issued, .before(3), 5.5, "число_месяц")
        + table(.issued, .before(1), 7, "==дана\n==дано")
        + table(.issued, .before(2), 10, """
            ==лист|==листок|==справка|==документ|==выписка ==выписан|==выписана|==составлена|==дана
            """)
        + table(.issued, .after(6), 6.5, "жазылды")
        + table(.issued, .after(2), 7, """
            =берілді
            =берілген
            выдан|выдана|выдано
            жасалды
            толтырылды
            құрастырылды
            """)
        // The date of issue of a paper that the text names beside: an identity card, a licence.
        + table(.reference, .before(3), 10.5, """
            дата_выдач* удостоверени*|паспорт*|=свидетельств*|лицензи*|доверенност*|договор*|диплом*|полис*
            выдан|выдано =мвд|=мю|=мвдрк|=мюрк|=рк
            удостоверени*|паспорт*|=свидетельств* выдан|выдано
            куәлі* берілген
            дата договор*|заявлени*|контракт*
            дата_заключени* договор*|контракт*
            дата_начал* договор*
            шарт*_күні
            шарт* жасалған|жасасқан|бекітілген|жасасу күн*
            өтініш*_күні
            өтініш* берілген|түскен|қабылданған күн*
            дата подачи|приема|приёма|поступлени* заявлени*|обращени*
            """)
        + table(.reference, .after(2), 10, "=мвд\n=мюрк\n=мвдрк\n=іім\n=ққм")
        // «30.10.2020 ж. № ҚР ДСМ-175/2020»: the ministry's order that approved the form.
        + table(.reference, .after(4), 12, "қр|рк =дсм")

    /// «Приказ № 5 от …» is this order's date, and another paper's in a certificate.
    private static let own: [Row] =
        table(of: .order, """
            =приказ
            =бұйрық|=бұйрығы
            распоряжение
            =өкім|=өкімі
            выписка|копия из_приказа|распоряжения
            копия_приказа
            """, after: "=бұйрық|=бұйрығы\n=өкім|=өкімі", labels: """
            дата приказ*|=распоряжения
            приказ* дата
            бұйрық* күні
            """)
        + table(of: .certificate, "=справка\nанықтама\nанықтамасы", after: "анықтама\nанықтамасы", labels: """
            дата справк*
            анықтама* күні
            """)
        + table(of: .sheet, "=лист\n=листок\nпарақ\nпарағы", after: "парақ\nпарағы", labels: """
            дата лист*
            парақ*|парағ* күні
            """)
        + table(of: .conclusion, "=заключение\nқорытынды\nқорытындысы", after: "қорытындысы", labels: """
            дата заключени*
            қорытынды* күні
            """)
        + table(of: .excerpt, "=выписка\nэпикриз\nкөшірме", labels: "дата эпикриз*")
        + table(of: .notice, "уведомление\nизвещение\nхабарлама\nхабарландыру", after: "хабарлама", labels: """
            дата уведомлени*|извещени*
            хабарлама* күні
            """)

    private static let formed: [Row] =
        table(.formed, .before(4), 9, """
            сформирован*
            дата_формировани*
            формировани*
            қалыптастыр*
            дата_получени*
            дата время получени*|формировани*|выдач*|запрос*|создани*|печати
            күні уақыты алу|қалыптастыр*|беру
            алынған_күн*
            алу_күні
            сгенерирован*
            распечатан*
            дата_печати
            басып_шығар*
            дата_запрос*
            сұраныс*_күн*
            сұрау_күн*
            создан*
            выгружен*
            ==получено
            выгрузк*
            """)
        + table(.formed, .before(4), 6, """
            подписан*
            подписани*
            эцп
            эцқ
            қол_қойыл*
            подпись
            қолы
            """)
        + table(.formed, .after(4), 7, """
            қалыптастырыл*
            сформирован*
            қол_қойыл*
            подписан*
            """)

    private static let discharge: [Row] =
        table(.discharge, .before(4), 9.5, """
            дата_выписк*
            выписан*
            выписыва*
            выбыл*
            дата_выбыти*
            шыққан_күн*
            шығарылған_күн*
            шығарылу_күн*
            шығу_күні
            шығару_күн*
            """)
        + table(.discharge, .before(3), 7, "=выписка")
        + table(.discharge, .after(2), 8, """
            шығарылды
            шықты
            шығарылған
            выписан*
            выписыва*
            """)

    private static let examination: [Row] =
        table(.examination, .before(3), 9, """
            дата_заседани*
            заседани*
            дата_освидетельствовани*
            дата_проведени*
            дата_комисси*
            дата_рассмотрени*
            дата_осмотра
            отырыс*_күн*
            отырысы
            куәландыр*_күн*
            сараптама*_күн*
            өткізілген_күн*
            қаралған_күн*
            дата_решени*
            решение_вкк|дкк
            дата_открыти*
            ашылған_күн*
            """)
        // A commission's paper rests on its own sitting.
        + table(.examination, .before(5), 14, "протокол* заседани*\nотырыс* хаттама*")
        + table(.examination, .after(2), 5, "отырысы*\nкуәландырыл*\nөтті\nөткізілді")
        // «18.11.2026 өткен дәрігерлік-консультациялық комиссияның отырысында қаралды»
        + table(.examination, .after(1), 7, "=өткен\nөткізілген")

    private static let birth: [Row] =
        table(.birth, .before(3), 10, """
            рожден*
            рожд
            родил*
            туған
            туған_күн*
            туылған
            др
            дата_рожд*
            туу_күні
            """)
        + table(.birth, .after(2), 10, """
            г_р
            =гр
            года_рожден*
            г_рожд*
            рожден*
            жылы_туған
            туған
            туылған
            ж_т
            ж_туған
            =жт
            """)

    /// A noun of a paper before its number and date (or after, in Kazakh), and labels that name it.
    private static func table(of kind: PaperKind, _ nouns: String, after: String = "", labels: String) -> [Row] {
        func rows(_ side: Side, _ strength: Double, _ notations: String) -> [Row] {
            table(.issued, side, strength, notations).map { row in
                var row = row
                row.kind = kind
                return row
            }
        }
        return rows(.before(3), 8, nouns) + rows(.after(3), 7, after) + rows(.before(3), 9.3, labels)
    }

    static func table(_ role: DateRole, _ side: Side, _ strength: Double, _ notations: String) -> [Row] {
        notations.split(separator: "\n").map {
            Row(role: role, side: side, strength: strength, notation: String($0).trimmingSpaces())
        }
    }
}

extension String {
    /// Without the spaces that the layout of a table puts before and after.
    fileprivate func trimmingSpaces() -> String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
