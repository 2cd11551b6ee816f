import Testing

@testable import Pipeline

/// Titles as clinics, employers and state bodies print them, each with the type it names (`-` for none) and the reason.
struct TitleTableTests {
    static let rules = TypeClassifier(rules: TypeRules(catalog: .builtIn))

    @Test(arguments: TableRow.rows(titles))
    func tellsTheTypeByTheTitle(_ row: TableRow) {
        let page = """
            = ТОО «Пример»
            = г. Тараз, ул. Толе би, 14

            \(row.text.split(separator: "/").map { "^ " + $0 }.joined(separator: "\n"))

            Осы құжат талап етілген жерге ұсыну үшін. Документ для предъявления по месту требования.
            Т.А.Ә. / Ф.И.О.: Сапарова Гаухар
            """
        let found = TitleTableTests.rules.classify(PrintedPage.document(page))
        #expect(found.types.first?.value.key ?? "-" == row.expected, "\(row.text): \(row.reason)")
        #expect(found.single.value)
    }

    static let titles = """
        ЛИСТ ВРЕМЕННОЙ НЕТРУДОСПОСОБНОСТИ | sick_leave | the form's title
        ЛИСТОК НЕТРУДОСПОСОБНОСТИ | sick_leave | older wording
        Лист о временной нетрудоспособности № 0045871 | sick_leave | not in capitals, with its number
        БОЛЬНИЧНЫЙ ЛИСТ | sick_leave | everyday name
        Больничный листок | sick_leave | everyday name
        ЭЛЕКТРОННЫЙ ЛИСТ НЕТРУДОСПОСОБНОСТИ | sick_leave | adjective before the noun
        ЕҢБЕККЕ УАҚЫТША ЖАРАМСЫЗДЫҚ ПАРАҒЫ | sick_leave | the form's Kazakh title
        ЕҢБЕККЕ УАҚЫТША ЖАРАМСЫЗДЫҚ ПАРАҚШАСЫ | sick_leave | diminutive
        Еңбекке уақытша қабілетсіздік парағы | sick_leave | another word for unfitness
        ЕҢБЕККЕ ЖАРАМСЫЗДЫҚ ПАРАҒЫ/ЛИСТ НЕТРУДОСПОСОБНОСТИ | sick_leave | two languages, one paper
        Л И С Т О К/нетрудоспособности | sick_leave | letter-spaced noun, wrapped
        ЛИCT BPEMEHHOЙ HETPУДOCПOCOБHOCTИ | sick_leave | Latin look-alikes
        ЛИСТ ВРЕМЕННОЙ НЕТРУДОСПОСО-/БНОСТИ | sick_leave | hyphenated over lines
        ЛИСТ ВРЕМЕННОИ НЕТРУДОСП0С0БН0СТИ | sick_leave | OCR: zeros, lost breve
        СПРАВКА О ВРЕМЕННОЙ НЕТРУДОСПОСОБНОСТИ | sick_leave | the certificate form of it
        ЕҢБЕККЕ УАҚЫТША ЖАРАМСЫЗДЫҚ ТУРАЛЫ АНЫҚТАМА | sick_leave | the same in Kazakh
        БОЛЬНИЧНЫЙ ЛИСТ НА СОПРОВОЖДАЮЩЕГО | sick_leave_companion | companion named in the title
        ЛИСТ НЕТРУДОСПОСОБНОСТИ/по уходу за больным ребёнком | sick_leave_companion | care for another
        Листок нетрудоспособности сопровождающего лица | sick_leave_companion | oblique case
        Лист временной нетрудоспособности по уходу за больным членом семьи | sick_leave_companion | care for kin
        АЛЫП ЖҮРУШІ АДАМҒА БЕРІЛГЕН ЕҢБЕККЕ ЖАРАМСЫЗДЫҚ ПАРАҒЫ | sick_leave_companion | Kazakh companion
        НАУҚАС БАЛАҒА КҮТІМ ЖАСАУ БОЙЫНША/ЕҢБЕККЕ УАҚЫТША ЖАРАМСЫЗДЫҚ ПАРАҒЫ | sick_leave_companion | Kazakh care
        Еріп жүруші тұлғаның еңбекке жарамсыздық парағы | sick_leave_companion | another verb for accompanying
        ПРИКАЗ/о предоставлении отпуска по уходу за ребёнком | childcare_order | usual order
        ПРИКАЗ/О выходе в декретный отпуск по уходу за ребенком | childcare_order | the product's own name
        П Р И К А З/об отпуске по уходу за ребенком до достижения им возраста трех лет | childcare_order | letter-spaced
        ПРИКАЗ № 14-л/Об отпуске без сохранения заработной платы/по уходу за ребенком | childcare_order | by law unpaid
        ПРИКАЗ/о продлении отпуска по уходу за ребенком | childcare_order | prolonged
        БҰЙРЫҚ/Бала күтіміне байланысты демалыс беру туралы | childcare_order | Kazakh
        БАЛАНЫ КҮТУ ДЕМАЛЫСЫН БЕРУ ТУРАЛЫ БҰЙРЫҚ | childcare_order | Kazakh, noun last
        БҰЙРЫҚ/Бала үш жасқа толғанға дейін күтіміне байланысты/ақысыз демалыс туралы | childcare_order | over unpaid
        Декреттік демалысқа шығу туралы бұйрық | childcare_order | Kazakh maternity word
        БУЙРЫК/Бала кутимине байланысты демалыс беру туралы | childcare_order | typed without Kazakh letters
        СПРАВКА/о нахождении в отпуске по уходу за ребенком | childcare_cert | certificate of it
        Справка о выходе в декретный отпуск по уходу за ребенком | childcare_cert | the product's own name
        СПРАВКА/о том, что сотрудник находится в декретном отпуске | childcare_cert | sentence as a title
        Бала күтімі бойынша демалыста екендігі туралы анықтама | childcare_cert | Kazakh
        АНЫҚТАМА/декреттік демалыста жүргендігі туралы | childcare_cert | Kazakh, noun first
        ВЫПИСНОЙ ЭПИКРИЗ | discharge | usual
        Эпикриз выписной № 5541 | discharge | adjective after the noun
        ВЫПИСКА ИЗ ИСТОРИИ БОЛЕЗНИ № 10233 | discharge | another name
        ВЫПИСКА ИЗ СТАЦИОНАРА | discharge | short
        ВЫПИСКА/из медицинской карты стационарного больного | discharge | form 027
        Выписка из медицинской карты стационарного пациента, форма № 052/у | discharge | form 052
        ШЫҒАРУ ЭПИКРИЗІ | discharge | Kazakh
        СТАЦИОНАРДАН ШЫҒАРУ ЭПИКРИЗІ | discharge | Kazakh with the hospital
        АУРУ ТАРИХЫНАН ҮЗІНДІ КӨШІРМЕ | discharge | Kazakh extract of the history
        СТАЦИОНАРЛЫҚ НАУҚАСТЫҢ МЕДИЦИНАЛЫҚ КАРТАСЫНАН ҮЗІНДІ | discharge | Kazakh extract of the card
        ЗАКЛЮЧЕНИЕ/врачебно-консультативной комиссии | vkk | usual
        ЗАКЛЮЧЕНИЕ ВРАЧЕБНО-КОНСУЛЬТАЦИОННОЙ КОМИССИИ (ВКК) № 88 | vkk | the other adjective
        ЗАКЛЮЧЕНИЕ ВКК № 301 | vkk | abbreviated
        Справка ВКК | vkk | a certificate of the commission
        ВРАЧЕБНО-КОНСУЛЬТАТИВНАЯ КОМИССИЯ/ЗАКЛЮЧЕНИЕ | vkk | the commission first
        ДӘРІГЕРЛІК-КОНСУЛЬТАТИВТІК КОМИССИЯНЫҢ ҚОРЫТЫНДЫСЫ | vkk | Kazakh
        ДӘРІГЕРЛІК КЕҢЕСТІК КОМИССИЯСЫНЫҢ ҚОРЫТЫНДЫСЫ | vkk | Kazakh adjective
        ДКК ҚОРЫТЫНДЫСЫ | vkk | Kazakh abbreviation
        СПРАВКА ОБ ИНВАЛИДНОСТИ | disability | usual
        СПРАВКА/об установлении инвалидности серия МСЭ № 0099 | disability | with the act
        Справка, подтверждающая инвалидность | disability | portal
        ВЫПИСКА ИЗ СПРАВКИ ОБ ИНВАЛИДНОСТИ | disability | extract of it
        МҮГЕДЕКТІК ТУРАЛЫ АНЫҚТАМА | disability | Kazakh
        Мүгедектікті белгілеу туралы анықтама | disability | Kazakh, with the act
        МҮГЕДЕКТІГІ ТУРАЛЫ АНЫҚТАМА/СПРАВКА ОБ ИНВАЛИДНОСТИ | disability | two languages
        СПРАВКА/о степени утраты общей трудоспособности | capacity_loss | usual
        СПРАВКА ОБ УСТАНОВЛЕНИИ СТЕПЕНИ УТРАТЫ ОБЩЕЙ ТРУДОСПОСОБНОСТИ | capacity_loss | with the act
        ЖАЛПЫ ЕҢБЕК ЕТУ ҚАБІЛЕТІНЕН АЙЫРЫЛУ ДӘРЕЖЕСІ ТУРАЛЫ АНЫҚТАМА | capacity_loss | Kazakh
        Жалпы еңбекке қабілеттіліктен айрылу дәрежесі туралы анықтама | capacity_loss | Kazakh variant
        ПРИКАЗ/о расторжении трудового договора | termination_order | usual
        ПРИКАЗ/О прекращении трудового договора с работником | termination_order | ending
        ПРИКАЗ № 77/об увольнении | termination_order | dismissal
        Приказ (распоряжение) о прекращении (расторжении) трудового договора | termination_order | form T-8
        ЕҢБЕК ШАРТЫН БҰЗУ ТУРАЛЫ БҰЙРЫҚ | termination_order | Kazakh
        БҰЙРЫҚ/Еңбек шартын тоқтату туралы | termination_order | Kazakh ending
        БҰЙРЫҚ/жұмыстан босату туралы | termination_order | Kazakh dismissal
        СПРАВКА/о расторжении трудового договора | termination_cert | usual
        СПРАВКА ОБ УВОЛЬНЕНИИ | termination_cert | dismissal
        Еңбек шартының бұзылғаны туралы анықтама | termination_cert | Kazakh
        АНЫҚТАМА/жұмыстан шыққандығы туралы | termination_cert | Kazakh
        СПРАВКА/о регистрации в качестве безработного | unemployed_cert | usual
        Справка о постановке на учет в качестве безработной | unemployed_cert | feminine
        ЖҰМЫССЫЗ РЕТІНДЕ ТІРКЕЛГЕНІ ТУРАЛЫ АНЫҚТАМА | unemployed_cert | Kazakh
        Справка о присвоении статуса безработного | unemployed_cert | status
        Лица, зарегистрированные в качестве безработных | unemployed_persons | the list form
        СПРАВКА/Сведения о лицах, зарегистрированных в качестве безработных | unemployed_persons | oblique list form
        ЖҰМЫССЫЗДАР РЕТІНДЕ ТІРКЕЛГЕН ТҰЛҒАЛАР | unemployed_persons | Kazakh
        Жұмыссыз ретінде тіркелген азаматтар туралы анықтама | unemployed_persons | Kazakh citizens
        ПРИКАЗ/о предоставлении отпуска без сохранения заработной платы | unpaid_leave_order | usual
        ПРИКАЗ/Об отпуске без содержания | unpaid_leave_order | everyday word
        ПРИКАЗ/о предоставлении неоплачиваемого отпуска | unpaid_leave_order | not paid leave
        ПРИКАЗ/О предоставлении отпуска за свой счёт | unpaid_leave_order | at own cost
        БҰЙРЫҚ/Жалақы сақталмайтын демалыс беру туралы | unpaid_leave_order | Kazakh
        ЕҢБЕКАҚЫСЫ САҚТАЛМАЙТЫН ДЕМАЛЫС БЕРУ ТУРАЛЫ БҰЙРЫҚ | unpaid_leave_order | Kazakh variant
        БҰЙРЫҚ/ақысыз демалыс туралы | unpaid_leave_order | Kazakh short
        СПРАВКА/о неполучении доходов | no_income_cert | usual
        СПРАВКА ОБ ОТСУТСТВИИ ДОХОДОВ | no_income_cert | absence
        СПРАВКА/об отсутствии сведений о доходах физического лица | no_income_cert | tax office
        ТАБЫС АЛМАҒАНЫ ТУРАЛЫ АНЫҚТАМА | no_income_cert | Kazakh
        Табысының жоқтығы туралы анықтама | no_income_cert | Kazakh absence
        Кірісі жоқ екендігі туралы анықтама | no_income_cert | Kazakh other word
        УВЕДОМЛЕНИЕ/о регистрации в качестве лица, ищущего работу | job_seeker_notice | usual
        Уведомление о регистрации лица, ищущего работу | job_seeker_notice | short
        ЖҰМЫС ІЗДЕУШІ РЕТІНДЕ ТІРКЕЛГЕНІ ТУРАЛЫ ХАБАРЛАМА | job_seeker_notice | Kazakh
        ХАБАРЛАМА/жұмыс іздеп жүрген адам ретінде тіркелгені туралы | job_seeker_notice | Kazakh law's words
        ПРИКАЗ/о приеме на работу | - | hiring
        ПРИКАЗ/О приёме на работу на период отпуска по уходу за ребенком основного работника | - | mentions a leave
        ПРИКАЗ/О назначении на должность | - | appointment
        ПРИКАЗ/о переводе на другую работу | - | transfer
        ПРИКАЗ/О предоставлении ежегодного оплачиваемого трудового отпуска | - | paid leave
        ПРИКАЗ/о предоставлении учебного отпуска | - | study leave
        ПРИКАЗ/О предоставлении отпуска по беременности и родам | - | maternity leave is no childcare leave
        ПРИКАЗ/о выходе на работу из отпуска по уходу за ребенком | - | back from leave
        ПРИКАЗ/Об отзыве из отпуска без сохранения заработной платы | - | recalled from leave
        ПРИКАЗ/о командировании работника | - | trip
        ПРИКАЗ/О премировании | - | bonus
        ПРИКАЗ/О наложении дисциплинарного взыскания | - | discipline
        ЖҰМЫСҚА ҚАБЫЛДАУ ТУРАЛЫ БҰЙРЫҚ | - | Kazakh hiring
        БҰЙРЫҚ/Жыл сайынғы ақылы еңбек демалысын беру туралы | - | Kazakh paid leave
        БҰЙРЫҚ/іссапарға жіберу туралы | - | Kazakh trip
        СПРАВКА/с места работы | - | employment
        СПРАВКА О МЕСТЕ РАБОТЫ И ЗАРАБОТНОЙ ПЛАТЕ | - | employment and pay
        СПРАВКА О ДОХОДАХ | - | income
        СПРАВКА/о заработной плате и иных доходах | - | income
        ЖҰМЫС ОРНЫНАН АНЫҚТАМА | - | Kazakh employment
        ТАБЫСЫ ТУРАЛЫ АНЫҚТАМА | - | Kazakh income
        СПРАВКА/о составе семьи | - | family
        АДРЕСНАЯ СПРАВКА | - | address
        СПРАВКА/о наличии либо отсутствии судимости | - | criminal record
        СПРАВКА ОБ ОБУЧЕНИИ | - | school
        СПРАВКА/о расторжении брака | - | another contract ends
        СПРАВКА/об отсутствии задолженности | - | absence of debt, not of income
        СПРАВКА/о степени утраты профессиональной трудоспособности | - | professional, not general
        Кәсіптік еңбек ету қабілетінен айырылу дәрежесі туралы анықтама | - | the same in Kazakh
        ВЫПИСКА ИЗ МЕДИЦИНСКОЙ КАРТЫ АМБУЛАТОРНОГО БОЛЬНОГО | - | no hospital stay
        ЭТАПНЫЙ ЭПИКРИЗ | - | no discharge
        ВЫПИСКА ПО БАНКОВСКОМУ СЧЕТУ | - | bank statement
        РАСЧЕТНЫЙ ЛИСТ | - | pay slip
        ДОГОВОР АРЕНДЫ ЖИЛОГО ПОМЕЩЕНИЯ | - | lease
        ТРУДОВОЙ ДОГОВОР № 12 | - | labour contract, not its end
        СОГЛАШЕНИЕ О РАСТОРЖЕНИИ ДОГОВОРА АРЕНДЫ | - | another contract ends
        ЕҢБЕК ШАРТЫ | - | Kazakh labour contract
        СЧЕТ НА ОПЛАТУ № 55 | - | invoice
        ДОВЕРЕННОСТЬ | - | power of attorney
        ТАБЕЛЬ УСПЕВАЕМОСТИ | - | school report
        РЕЦЕПТ | - | prescription
        НАПРАВЛЕНИЕ НА ГОСПИТАЛИЗАЦИЮ | - | referral
        ЗАЯВЛЕНИЕ/о предоставлении отпуска без сохранения заработной платы | - | an application is no order
        РЕЗЮМЕ | - | curriculum vitae
        АКТ ОСВИДЕТЕЛЬСТВОВАНИЯ | - | act
        УВЕДОМЛЕНИЕ О ЗАДОЛЖЕННОСТИ | - | another notice
        ЗАКЛЮЧЕНИЕ/судебно-медицинской экспертизы | - | another conclusion
        СВИДЕТЕЛЬСТВО О РОЖДЕНИИ | - | birth certificate
        """
}

extension StringProtocol {
    /// Without spaces at either end.
    func trimmingSpaces() -> String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
