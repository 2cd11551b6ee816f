// What the page says, in three languages. A key that a language lacks is said in English.

const en = {
  "skip": "Skip to content", "language": "Language", "theme": "Dark", "key": "Key", "close": "Close",
  "tab.check": "Check a document", "tab.jobs": "Jobs", "tab.system": "System",
  "foot.docs": "API", "foot.metrics": "Metrics",
  "key.title": "Access key", "key.label": "Key or token", "key.save": "Use it",
  "key.why": "This server asks for a key or a token. It stays in this tab and is sent with each request.",
  "ready.ok": "ready", "ready.no": "not ready", "ready.gone": "no answer",
  "check.title": "Is this paper good for a deferment?",
  "check.lead": "Give the document and the applicant's name. The server reads it, finds what it is, whose it is and when it was issued.",
  "check.file": "Document", "check.drop": "Drop a file here, or choose one", "check.kinds": "PDF, JPG, PNG or TIFF",
  "check.fio": "Applicant's full name", "check.fio.hint": "Surname, given name, patronymic",
  "check.send": "Check", "check.another": "Check another", "check.sending": "Sending {percent} %",
  "check.history": "Checked in this tab", "check.nofile": "Choose a document first.",
  "run.title": "Run", "run.state": "State", "run.queue": "Before it in the queue: {n}",
  "run.page": "Page {n} of {m}", "run.cancel": "Cancel", "run.replay": "Judge again", "run.took": "Took {time}",
  "run.created": "Sent in", "run.attempts": "Attempts", "run.gone": "This run is not known here.",
  "run.lost": "The connection was lost. Trying again…",
  "verdict.true": "The document proves the reason", "verdict.false": "The document is refused",
  "verdict.review": "A person has to look", "verdict.failed": "The server could not judge the document",
  "verdict.cancelled": "Cancelled before it was judged",
  "why": "Why", "found": "What was found", "checks": "The four checks", "stages": "Time per stage", "pages": "Pages",
  "field.doc_type": "Kind of document", "field.single_doc_type": "One document only", "field.fio": "Person",
  "field.doc_date": "Issued on", "field.sure": "sure {percent} %", "field.page": "page {n}", "field.none": "not found",
  "check.fio_match": "The paper is the applicant's", "check.doc_type_known": "The kind counts",
  "check.doc_date_valid": "Fresh enough", "check.single_doc_type": "One document in the file",
  "yes": "yes", "no": "no",
  "state.accepted": "waiting", "state.running": "in work", "state.completed": "done", "state.failed": "failed",
  "state.cancelled": "cancelled",
  "stage.acquire": "open", "stage.text": "read", "stage.classify": "kind", "stage.extract": "find",
  "stage.validate": "check",
  "jobs.title": "Jobs", "jobs.all": "all", "jobs.filter": "Show", "jobs.none": "No runs yet.", "jobs.more": "Older",
  "jobs.id": "Run", "jobs.when": "Sent in", "jobs.status": "State", "jobs.verdict": "Verdict", "jobs.why": "Reasons",
  "jobs.act": "Actions", "jobs.kind": "Way",
  "system.title": "System", "system.rate": "Requests per second", "system.latency": "Request time, p50 and p99",
  "system.runs": "Runs ended per minute", "system.queue": "Waiting in the queue", "system.workers": "Document workers",
  "system.worker": "busy {busy} of {all}", "system.memory": "Memory", "system.now": "now {value}",
  "system.connections": "Open connections", "system.stages": "Mean time per stage", "system.checks": "Readiness",
  "system.restarts": "Worker restarts", "system.wait": "Collecting…",
  "error.gone": "The server does not answer.", "error.again": "Try again in {n} s.", "error.ask": "Request id {id}",
  "reason.DOC_DATE_TOO_OLD": "It was issued too long ago.",
  "reason.MULTIPLE_DOCUMENTS": "The file holds more than one document.",
  "reason.FIO_MISMATCH": "The name on the paper is another one.",
  "reason.DOC_TYPE_UNKNOWN": "It is none of the documents that count.",
  "reason.DOC_DATE_MISSING": "No date of issue was found.",
  "reason.FIO_MISSING": "No person was found on the paper.",
};

const ru = {
  "skip": "К содержанию", "language": "Язык", "theme": "Тёмная", "key": "Ключ", "close": "Закрыть",
  "tab.check": "Проверить документ", "tab.jobs": "Задания", "tab.system": "Система",
  "foot.docs": "API", "foot.metrics": "Метрики",
  "key.title": "Ключ доступа", "key.label": "Ключ или токен", "key.save": "Применить",
  "key.why": "Сервер просит ключ или токен. Он хранится только в этой вкладке и уходит с каждым запросом.",
  "ready.ok": "готов", "ready.no": "не готов", "ready.gone": "нет ответа",
  "check.title": "Подходит ли документ для отсрочки?",
  "check.lead": "Приложите документ и укажите ФИО заявителя. Сервер прочтёт его и найдёт, что это, чьё это и когда выдано.",
  "check.file": "Документ", "check.drop": "Перетащите файл сюда или выберите", "check.kinds": "PDF, JPG, PNG или TIFF",
  "check.fio": "ФИО заявителя", "check.fio.hint": "Фамилия, имя, отчество",
  "check.send": "Проверить", "check.another": "Проверить ещё", "check.sending": "Отправка {percent} %",
  "check.history": "Проверено в этой вкладке", "check.nofile": "Сначала выберите документ.",
  "run.title": "Проверка", "run.state": "Состояние", "run.queue": "Перед ней в очереди: {n}",
  "run.page": "Страница {n} из {m}", "run.cancel": "Отменить", "run.replay": "Проверить заново", "run.took": "Заняло {time}",
  "run.created": "Отправлено", "run.attempts": "Попыток", "run.gone": "Такой проверки здесь нет.",
  "run.lost": "Связь прервалась. Пробуем снова…",
  "verdict.true": "Документ подтверждает причину", "verdict.false": "Документ не принят",
  "verdict.review": "Нужен взгляд человека", "verdict.failed": "Сервер не смог проверить документ",
  "verdict.cancelled": "Отменено до решения",
  "why": "Почему", "found": "Что найдено", "checks": "Четыре проверки", "stages": "Время по этапам", "pages": "Страницы",
  "field.doc_type": "Вид документа", "field.single_doc_type": "Один документ", "field.fio": "Чей документ",
  "field.doc_date": "Дата выдачи", "field.sure": "уверенность {percent} %", "field.page": "стр. {n}",
  "field.none": "не найдено",
  "check.fio_match": "Документ заявителя", "check.doc_type_known": "Вид подходит",
  "check.doc_date_valid": "Не устарел", "check.single_doc_type": "В файле один документ",
  "yes": "да", "no": "нет",
  "state.accepted": "ждёт", "state.running": "в работе", "state.completed": "готово", "state.failed": "сбой",
  "state.cancelled": "отменено",
  "stage.acquire": "открытие", "stage.text": "чтение", "stage.classify": "вид", "stage.extract": "поиск",
  "stage.validate": "проверка",
  "jobs.title": "Задания", "jobs.all": "все", "jobs.filter": "Показать", "jobs.none": "Пока пусто.", "jobs.more": "Раньше",
  "jobs.id": "Проверка", "jobs.when": "Отправлено", "jobs.status": "Состояние", "jobs.verdict": "Решение",
  "jobs.why": "Причины", "jobs.act": "Действия", "jobs.kind": "Путь",
  "system.title": "Система", "system.rate": "Запросов в секунду", "system.latency": "Время ответа, p50 и p99",
  "system.runs": "Проверок в минуту", "system.queue": "В очереди", "system.workers": "Обработчики документов",
  "system.worker": "заняты {busy} из {all}", "system.memory": "Память", "system.now": "сейчас {value}",
  "system.connections": "Открытых соединений", "system.stages": "Среднее время этапа", "system.checks": "Готовность",
  "system.restarts": "Перезапуски обработчиков", "system.wait": "Собираем…",
  "error.gone": "Сервер не отвечает.", "error.again": "Повторите через {n} с.", "error.ask": "Номер запроса {id}",
  "reason.DOC_DATE_TOO_OLD": "Документ выдан слишком давно.",
  "reason.MULTIPLE_DOCUMENTS": "В файле больше одного документа.",
  "reason.FIO_MISMATCH": "В документе другое имя.",
  "reason.DOC_TYPE_UNKNOWN": "Такой документ не подходит.",
  "reason.DOC_DATE_MISSING": "Не найдена дата выдачи.",
  "reason.FIO_MISSING": "Не найдено, кому выдан документ.",
};

const kk = {
  "skip": "Мазмұнға өту", "language": "Тіл", "theme": "Қараңғы", "key": "Кілт", "close": "Жабу",
  "tab.check": "Құжатты тексеру", "tab.jobs": "Тапсырмалар", "tab.system": "Жүйе",
  "foot.docs": "API", "foot.metrics": "Метрикалар",
  "key.title": "Қол жеткізу кілті", "key.label": "Кілт немесе токен", "key.save": "Қолдану",
  "key.why": "Сервер кілт немесе токен сұрайды. Ол тек осы қойындыда сақталады және әр сұраумен жіберіледі.",
  "ready.ok": "дайын", "ready.no": "дайын емес", "ready.gone": "жауап жоқ",
  "check.title": "Құжат төлемді кейінге қалдыруға жарай ма?",
  "check.lead": "Құжатты және өтініш берушінің аты-жөнін беріңіз. Сервер оны оқып, не екенін, кімдікі екенін және қашан берілгенін табады.",
  "check.file": "Құжат", "check.drop": "Файлды осында сүйреңіз немесе таңдаңыз", "check.kinds": "PDF, JPG, PNG немесе TIFF",
  "check.fio": "Өтініш берушінің аты-жөні", "check.fio.hint": "Тегі, аты, әкесінің аты",
  "check.send": "Тексеру", "check.another": "Тағы тексеру", "check.sending": "Жіберілуде {percent} %",
  "check.history": "Осы қойындыда тексерілген", "check.nofile": "Алдымен құжатты таңдаңыз.",
  "run.title": "Тексеру", "run.state": "Күйі", "run.queue": "Кезекте алдында: {n}",
  "run.page": "{m} беттің {n}-беті", "run.cancel": "Тоқтату", "run.replay": "Қайта тексеру", "run.took": "Уақыты {time}",
  "run.created": "Жіберілді", "run.attempts": "Әрекет саны", "run.gone": "Мұндай тексеру жоқ.",
  "run.lost": "Байланыс үзілді. Қайта қосылуда…",
  "verdict.true": "Құжат себепті растайды", "verdict.false": "Құжат қабылданбады",
  "verdict.review": "Адам қарауы керек", "verdict.failed": "Сервер құжатты тексере алмады",
  "verdict.cancelled": "Шешімге дейін тоқтатылды",
  "why": "Себебі", "found": "Табылғаны", "checks": "Төрт тексеру", "stages": "Кезеңдер уақыты", "pages": "Беттер",
  "field.doc_type": "Құжат түрі", "field.single_doc_type": "Бір ғана құжат", "field.fio": "Кімнің құжаты",
  "field.doc_date": "Берілген күні", "field.sure": "сенімділік {percent} %", "field.page": "{n}-бет",
  "field.none": "табылмады",
  "check.fio_match": "Құжат өтініш берушінікі", "check.doc_type_known": "Түрі жарайды",
  "check.doc_date_valid": "Мерзімі өтпеген", "check.single_doc_type": "Файлда бір құжат",
  "yes": "иә", "no": "жоқ",
  "state.accepted": "күтуде", "state.running": "жұмыста", "state.completed": "дайын", "state.failed": "қате",
  "state.cancelled": "тоқтатылды",
  "stage.acquire": "ашу", "stage.text": "оқу", "stage.classify": "түрі", "stage.extract": "іздеу",
  "stage.validate": "тексеру",
  "jobs.title": "Тапсырмалар", "jobs.all": "барлығы", "jobs.filter": "Көрсету", "jobs.none": "Әзірге бос.",
  "jobs.more": "Ертерек", "jobs.id": "Тексеру", "jobs.when": "Жіберілді", "jobs.status": "Күйі", "jobs.verdict": "Шешім",
  "jobs.why": "Себептері", "jobs.act": "Әрекеттер", "jobs.kind": "Жолы",
  "system.title": "Жүйе", "system.rate": "Секундына сұрау", "system.latency": "Жауап уақыты, p50 және p99",
  "system.runs": "Минутына тексеру", "system.queue": "Кезекте", "system.workers": "Құжат өңдеушілері",
  "system.worker": "{all} ішінен {busy} бос емес", "system.memory": "Жады", "system.now": "қазір {value}",
  "system.connections": "Ашық қосылымдар", "system.stages": "Кезеңнің орташа уақыты", "system.checks": "Дайындық",
  "system.restarts": "Өңдеуші қайта іске қосылды", "system.wait": "Жиналуда…",
  "error.gone": "Сервер жауап бермейді.", "error.again": "{n} с кейін қайталаңыз.", "error.ask": "Сұрау нөмірі {id}",
  "reason.DOC_DATE_TOO_OLD": "Құжат тым ертеде берілген.",
  "reason.MULTIPLE_DOCUMENTS": "Файлда бірнеше құжат бар.",
  "reason.FIO_MISMATCH": "Құжаттағы аты-жөні басқа.",
  "reason.DOC_TYPE_UNKNOWN": "Мұндай құжат жарамайды.",
  "reason.DOC_DATE_MISSING": "Берілген күні табылмады.",
  "reason.FIO_MISSING": "Құжат кімге берілгені табылмады.",
};

const languages = { en, ru, kk };
const settingName = "idp.language";

/** The language in use: the one chosen, else the browser's, else English. */
export const language = {
  get value() {
    const chosen = localStorage.getItem(settingName) ?? navigator.language.slice(0, 2);
    return chosen in languages ? chosen : "en";
  },
  set value(name) {
    localStorage.setItem(settingName, name);
  },
};

/** The words for `key` with `{name}` filled from `values`. */
export function t(key, values = {}) {
  const text = languages[language.value][key] ?? en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Whether the page has words of its own for `key`. */
export function knows(key) {
  return key in en;
}

/** A moment as a person here writes it. */
export function when(text) {
  return new Date(text).toLocaleString(language.value, { dateStyle: "short", timeStyle: "medium" });
}

/** A duration in seconds, in a unit that leaves few digits. */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 0.001) return `${number(seconds * 1e6)} µs`;
  if (seconds < 1) return `${number(seconds * 1e3)} ms`;
  return `${number(seconds)} s`;
}

/** A number with few digits. */
export function number(value) {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString(language.value, { maximumFractionDigits: digits });
}
