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
    }

    static let rows: [Row] =
        table(.issued, .before(3), 9, """
            дата_выдач*
            дата_составлени*
            дата_документ*
            дата приказ*
            дата_справк*
            дата_оформлени*
            дата_подписани*
            дата_издани*
            дата_заполнени*
            дата_заключени* вкк|комисс*
            дата_уведомлени*
            дата_выписк* справк*|документ*|листа
            дата_регистраци* документ*|приказ*|справк*
            дата_вынесени*
            число_месяц
            берілген_күн*
            берілген_уақыт*
            беру_күні
            берілу_күні
            құжат*_күні
            құжаттың берілген
            жасалған_күн*
            толтырыл*_күн*
            рәсімде*_күн*
            шығарыл*_күні бұйрық*
            бұйрық*_күні
            анықтама*_күні
            қорытынды*_күні
            қол_қойыл*_күн*
            """)
        + table(.issued, .before(2), 7, "выдан|выдана|выдано\n=берілді\n=берілген\nсоставлен|составлена|составлено\nоформлен*\nиздан")
        + table(.issued, .before(1), 6, "дата\nкүні\nкүн\nот_даты")
        + table(.issued, .before(2), 6, "дата_время\nкүні_уақыты\nдата_номер\nномер_дата\nкүні_дата\nкүні_нөмірі")
        + table(.issued, .after(2), 7, "=берілді\n=берілген\nвыдан|выдана|выдано\nжасалды\nтолтырылды\nқұрастырылды")
        + table(.formed, .before(4), 9, """
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
            """)
        + table(.formed, .before(4), 6, "подписан*\nподписани*\nэцп\nэцқ\nқол_қойыл*\nподпись")
        + table(.formed, .after(2), 7, "қалыптастырыл*\nсформирован*\nқол_қойыл*\nподписан*")
        + table(.discharge, .before(4), 9.5, """
            дата_выписк*
            выписан*
            выписыва*
            выбыл*
            дата_выбыти*
            шыққан_күн*
            шығарылған_күн*
            шығу_күні
            шығару_күн*
            выписка
            """)
        + table(.discharge, .after(2), 8, "шығарылды\nшықты\nшығарылған\nвыписан*\nвыписыва*")
        + table(.examination, .before(3), 9, """
            дата_заседани*
            заседани*
            дата_освидетельствовани*
            дата_проведени*
            дата_комисси*
            дата_рассмотрени*
            отырыс*_күн*
            куәландыр*_күн*
            сараптама*_күн*
            өткізілген_күн*
            дата_решени*
            """)
        + table(.examination, .after(2), 5, "отырысы*\nкуәландырыл*")
        + birth + references + periods + events

    private static let birth: [Row] =
        table(.birth, .before(3), 10, "рожден*\nрожд\nродил*\nтуған\nтуған_күн*\nтуылған\nдр\nдата_рожд*\nтуу_күні")
        + table(.birth, .after(2), 10, "г_р\n=гр\nгода_рожден*\nг_рожд*\nрожден*\nжылы_туған\nтуған\nтуылған\nж_т\nж_туған\n=жт")

    private static let references: [Row] =
        table(.reference, .before(4), 8, """
            договор*
            контракт*
            соглашени*
            шарт*
            заявлени*
            өтініш*
            =приказа|=приказом|=приказу|=приказе|=приказами
            бұйрығымен|бұйрығына|бұйрығының|бұйрығынан|бұйрыққа|бұйрықпен
            распоряжени*
            протокол*
            хаттама*
            =закон|=закона|=законом|заңы|заңының|заңына
            =зрк
            =қрз
            кодекс*
            стать*
            =пункту|пункта
            решени*
            постановлени*
            қаулы*
            =свидетельство|=свидетельства|=свидетельству|=свидетельством
            куәлік*
            удостоверени*
            паспорт*
            =актом|акта|актісі*
            акт|акта|актом|актісі* освидетельств*|обследован*|куәланд*
            =справки|=справкой|=справке
            анықтамасы|анықтаманың|анықтамаға
            =листа|=листком|=листу
            нетрудоспособн*
            парағы|парағының|парағына
            доверенност*
            лицензи*
            утвержд*
            бекітілген
            бекітілді
            приложени*
            қосымша*
            представлени*
            уведомлени*
            хабарлама*
            ходатайств*
            направлени*
            жолдама*
            докладн*
            служебн*
            основани*|основание
            негіз*
            эпикриз*
            предыдущ*
            прежн*
            алдыңғы
            """)
        + table(.reference, .after(3), 7, """
            өтініш*
            бұйрық|бұйрығы*
            шарт|шарты*
            заң|заңы*
            хаттама*
            актісі*
            қаулы*
            шешім*
            келісім*
            еңбек_шарт*
            зрк
            қрз
            """)

    private static let periods: [Row] =
        table(.periodStart, .before(1), 9, "=с\n=со\nначин*\nначиная_с")
        + table(.periodStart, .before(3), 8, """
            дата_начала
            начало
            какого_числа
            басталу*
            басталған
            период*
            кезең*
            мерзім*
            """)
        + table(.periodStart, .after(2), 9, "бастап")
        + table(.periodEnd, .before(1), 9, "=по\n=до\n=дейін")
        + table(.periodEnd, .before(3), 8, "дата_окончани*\nокончани*\nокончание\nкакое_число\nаяқтал*\nвключительно\nпо_какое")
        + table(.periodEnd, .after(2), 9, "дейін\nшейін\nқоса_алғанда")
        + table(.ahead, .before(4), 9, """
            действит*
            действует
            срок_действи*
            жарамды
            жарамдыл*
            явк*
            явить*
            следующ*
            повторн*
            келесі
            қайта
            переосвидетельств*
            прием
            прибыть
            контрол*
            сроком_до
            срок_до
            приступить
            выйти
            кірісу*
            """)
        + table(.ahead, .after(3), 8, "жарамды\nкелу*\nкелсін\nприступить\nкірісу*\nкіріссін\nвыйти\nявит*\nжұмысқа_шығу*")

    private static let events: [Row] =
        table(.registration, .before(4), 7.2, """
            дата_регистраци*
            дата_постановк*
            тіркел*_күн*
            тіркеу*_күн*
            есепке_алу* күн*
            есепке_қойыл* күн*
            зарегистрирован*
            регистраци*
            тіркел*
            тіркеу*
            постановк*
            состоит
            есеп*
            """)
        + table(.registration, .after(3), 6.5, "тіркел*\nесепке_алынды|қойылды\nзарегистрирован*")
        + table(.event, .before(4), 7, """
            поступил*
            поступлени*
            госпитализ*
            түскен
            түсті
            жатқызыл*
            операци*
            обращени*
            жүгінген
            принят*
            уволен*
            увольнени*
            расторг*
            расторжен*
            прекращ*
            босат*
            присвоен*
            установлен*
            белгілен*
            травм*
            освидетельств*
            куәландыр*
            жарақат*
            снят*
            назначен*
            трудоустр*
            қабылдан*
            последн*
            соңғы
            начислен*
            состоянию
            жағдай*
            """)
        + table(.event, .after(3), 6, "поступил*\nтүскен\nтүсті\nуволен*\nрасторг*\nбұзыл*\nтоқтатыл*\nбосатыл*\nқабылдан*\nпринят*\nназначен*")

    private static func table(_ role: DateRole, _ side: Side, _ strength: Double, _ notations: String) -> [Row] {
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
