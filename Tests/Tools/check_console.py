"""Uses the console and /docs as people do, in a real Chromium, and holds what they see.

    check_console.py URL [NAME...]              runs the named checks, or all of them; prints one line for each
    check_console.py --key-file FILE URL        the checks of a server that asks for the key in FILE

Fails with the first thing that is not as it should be in each check.
"""

import json
import pathlib
import sys
import traceback

import requests
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.ui import Select

import browser
from browser import all_of, text_of, wait

DOCUMENTS = pathlib.Path(__file__).resolve().parents[1] / "Fixtures" / "documents"
EXPECTED = json.loads((DOCUMENTS / "expected.json").read_text())
FIRST_VIEW_BYTES = 100_000


def sample(want):
    """A paper with its applicant: the first whose errors are `want`; text papers first, which are quick to read."""
    fitting = [one for one in EXPECTED if one["errors"] == want]
    one = sorted(fitting, key=lambda one: "-text" not in one["file"])[0]
    return str(DOCUMENTS / one["file"]), one["fio"]


def open_console(driver, url, fragment="#/check"):
    # Another fragment of the same page would not load it anew.
    driver.get("about:blank")
    driver.get(f"{url}/{fragment}")
    wait(driver, "the page's heading", lambda: text_of(driver, "main h1"))
    wait(driver, "the state of the server", lambda: all_of(driver, "#ready[data-state=good]"))


def send(driver, path, fio):
    driver.find_element(By.ID, "file").send_keys(path)
    driver.find_element(By.ID, "fio").send_keys(fio)
    driver.find_element(By.CSS_SELECTOR, "form button.main").click()


def verdict(driver):
    return wait(driver, "a verdict", lambda: text_of(driver, ".outcome .verdict, main > .run .verdict"))


def check_upload_to_verdict(driver, url):
    """A good paper is sent and its verdict shown, with what was found, the four checks and the stages."""
    open_console(driver, url)
    send(driver, *sample([]))
    assert verdict(driver) == "The document proves the reason", verdict(driver)
    assert all_of(driver, ".verdict-true")
    names = [field.text for field in all_of(driver, ".field dt")]
    assert names == ["Kind of document", "Person", "Issued on"], names
    assert len(all_of(driver, ".run li.good")) == 4
    assert len(all_of(driver, ".bars tr")) == 5
    assert all_of(driver, ".card a.id"), "the run is in this tab's history"
    stored = driver.execute_script("return JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert sample([])[1].split()[0] not in stored, "no name is kept in the browser"


def check_refusal(driver, url):
    """A paper of another person is refused, with the reason in words."""
    open_console(driver, url)
    send(driver, *sample(["FIO_MISMATCH"]))
    assert verdict(driver) == "The document is refused"
    assert "FIO_MISMATCH" in text_of(driver, ".outcome")
    assert "The name on the paper is another one." in text_of(driver, ".outcome")


def check_errors(driver, url):
    """Mistakes are told where they are made: no file, a name that is none, a file that is no document."""
    open_console(driver, url)
    driver.find_element(By.CSS_SELECTOR, "form button.main").click()
    wait(driver, "that a file is missing", lambda: "Choose a document" in text_of(driver, ".outcome .problem"))
    send(driver, sample([])[0], "Ли")
    wait(driver, "what is wrong with the name", lambda: "VALIDATION_ERROR" in text_of(driver, ".outcome .problem"))
    assert "fio" in text_of(driver, ".outcome .problem")
    open_console(driver, url)
    send(driver, str(DOCUMENTS / "expected.json"), "Ли Ержан Сергеевич")
    wait(driver, "that it is no document", lambda: "UNSUPPORTED_FILE_TYPE" in text_of(driver, ".outcome .problem"))
    driver.get(f"{url}/#/runs/00000000-0000-7000-8000-000000000000")
    wait(driver, "that there is no such run", lambda: "JOB_NOT_FOUND" in text_of(driver, "main .problem"))


def check_cancel(driver, url):
    """A job that waits behind others is cancelled with its button, and says so."""
    with open(DOCUMENTS / "vkk-ru-photo.jpg", "rb") as file:
        photo = file.read()
    fio = next(one["fio"] for one in EXPECTED if one["file"] == "vkk-ru-photo.jpg")
    runs = []
    for _ in range(12):
        answer = requests.post(f"{url}/v1/jobs", files={"file": ("photo.jpg", photo)}, data={"fio": fio}, timeout=60)
        runs.append(answer.json()["run_id"])
    driver.get(f"{url}/#/runs/{runs[-1]}")
    button = wait(driver, "the cancel button", lambda: all_of(driver, ".run button"))[0]
    assert button.text == "Cancel", button.text
    button.click()
    wait(driver, "that it is cancelled", lambda: all_of(driver, ".verdict-cancelled"))
    assert requests.get(f"{url}/v1/jobs/{runs[-1]}", timeout=60).json()["status"] == "cancelled"
    assert "Judge again" not in text_of(driver, "main"), "only a failed job can be judged again"
    for run in runs:
        requests.post(f"{url}/v1/jobs/{run}/cancel", timeout=60)


def check_job_list(driver, url):
    """The list shows runs newest first and filters by state; a run opens from it."""
    path, fio = sample([])
    with open(path, "rb") as file:
        run = requests.post(f"{url}/v1/jobs", files={"file": file}, data={"fio": fio}, timeout=60).json()["run_id"]
    open_console(driver, url, "#/jobs")
    link = f"a[href='#/runs/{run}']"
    wait(driver, "the run in the list", lambda: all_of(driver, link))
    Select(driver.find_element(By.ID, "filter")).select_by_value("completed")
    wait(driver, "the run among the completed", lambda: all_of(driver, f"{link}") and all_of(driver, ".tag-completed"))
    Select(driver.find_element(By.ID, "filter")).select_by_value("failed")
    wait(driver, "only failed runs", lambda: not all_of(driver, link))
    Select(driver.find_element(By.ID, "filter")).select_by_value("")
    wait(driver, "the run in the list", lambda: all_of(driver, link))
    driver.execute_script("document.querySelector(arguments[0]).click()", link)
    assert verdict(driver) == "The document proves the reason"


def check_system(driver, url):
    """The charts draw the server's own metrics."""
    open_console(driver, url, "#/system")
    wait(driver, "charts with lines", lambda: len(all_of(driver, ".chart svg .line")) >= 4)
    wait(driver, "a number of workers", lambda: "busy" in text_of(driver, "main"))


def check_narrow(driver, url):
    """On a phone's screen nothing stands beside it, in any section."""
    narrow = browser.start(width=360, height=740)
    try:
        for fragment in ("#/check", "#/jobs", "#/system"):
            open_console(narrow, url, fragment)
            assert_fits(narrow, fragment)
        open_console(narrow, url)
        send(narrow, *sample(["FIO_MISMATCH"]))
        assert verdict(narrow) == "The document is refused"
        assert_fits(narrow, "the verdict")
        narrow.get(f"{url}/docs#submitJob")
        wait(narrow, "the description", lambda: all_of(narrow, "#submitJob[open] .try"))
        assert_fits(narrow, "/docs")
        assert not browser.complaints(narrow)
    finally:
        narrow.quit()


def assert_fits(driver, where):
    width, seen = driver.execute_script(
        "return [document.scrollingElement.scrollWidth, document.documentElement.clientWidth]")
    assert width <= seen, f"{where}: {width} wide on {seen}"


def check_keyboard(driver, url):
    """With the keyboard alone: from the skip link through the form to the verdict; what has the focus is seen."""
    open_console(driver, url)
    path, fio = sample([])

    def press(*keys):
        ActionChains(driver).send_keys(*keys).perform()

    def focused():
        return driver.execute_script("return document.activeElement.id || document.activeElement.className"
                                     " || document.activeElement.tagName")

    def tab_to(name, limit=30):
        for _ in range(limit):
            if focused() == name:
                outline = driver.execute_script(
                    "const shown = document.activeElement.classList.contains('unseen')"
                    " ? document.activeElement.nextElementSibling : document.activeElement;"
                    "const style = getComputedStyle(shown);"
                    "return style.outlineStyle !== 'none' || style.borderColor !== ''")
                assert outline, f"the focus on {name} is not seen"
                return
            press(Keys.TAB)
        raise AssertionError(f"{name} is not reached; the focus is on {focused()}")

    press(Keys.TAB)
    assert focused() == "skip", focused()
    press(Keys.ENTER)
    tab_to("file")
    # A file dialogue belongs to the system; the choice itself is made for it.
    driver.find_element(By.ID, "file").send_keys(path)
    tab_to("fio")
    press(fio, Keys.TAB)
    assert focused() == "main", focused()
    press(Keys.ENTER)
    assert verdict(driver) == "The document proves the reason"


def check_languages(driver, url):
    """All three languages say everything: no key shows through, the choice is remembered, the page tells its own."""
    verdicts = {"ru": "Документ не принят", "kk": None, "en": "The document is refused"}
    open_console(driver, url)
    seen = set()
    for language, expected in verdicts.items():
        Select(driver.find_element(By.ID, "language")).select_by_value(language)
        assert driver.execute_script("return document.documentElement.lang") == language
        for fragment in ("#/jobs", "#/system", "#/check"):
            driver.get(f"{url}/{fragment}")
            wait(driver, "the section's heading", lambda: text_of(driver, "main h1"))
        send(driver, *sample(["FIO_MISMATCH"]))
        said = verdict(driver)
        assert expected is None or said == expected, said
        seen.add(said)
        text = text_of(driver, "body")
        for key in ("verdict.", "reason.", "field.", "check.fio", "stage.", "tab.", "state."):
            assert key not in text, f"{language} lacks {key}"
        driver.refresh()
        wait(driver, "the page again", lambda: text_of(driver, "main h1"))
        assert driver.execute_script("return document.documentElement.lang") == language, "remembered"
    assert len(seen) == 3, seen
    Select(driver.find_element(By.ID, "language")).select_by_value("en")


def check_theme(driver, url):
    """The dark theme is chosen by a button and remembered."""
    open_console(driver, url)
    ground = "return getComputedStyle(document.documentElement).backgroundColor"
    before = driver.execute_script(ground)
    driver.find_element(By.ID, "theme").click()
    after = driver.execute_script(ground)
    assert before != after
    driver.refresh()
    wait(driver, "the page again", lambda: text_of(driver, "main h1"))
    assert driver.execute_script(ground) == after
    driver.find_element(By.ID, "theme").click()


def check_first_view(driver, url):
    """A first visit loads less than 100 KB in all, everything from this server."""
    fresh = browser.start()
    try:
        open_console(fresh, url)
        events = [json.loads(entry["message"])["message"] for entry in fresh.get_log("performance")]
        urls = {event["params"]["request"]["url"] for event in events
                if event["method"] == "Network.requestWillBeSent"}
        others = [one for one in urls if not one.startswith((url, "data:", "chrome:"))]
        assert not others, others
        loaded = sum(event["params"]["encodedDataLength"] for event in events
                     if event["method"] == "Network.loadingFinished")
        assert 10_000 < loaded < FIRST_VIEW_BYTES, loaded
        print(f"  first view: {loaded} bytes in {len(urls)} requests")
    finally:
        fresh.quit()


def check_docs(driver, url):
    """The description shows every operation, and one can be tried: the answer comes as it is."""
    driver.get(f"{url}/docs")
    wait(driver, "the operations", lambda: all_of(driver, "details.operation"))
    spec = requests.get(f"{url}/openapi.json", timeout=60).json()
    ids = {one["operationId"] for methods in spec["paths"].values() for one in methods.values()}
    assert {card.get_attribute("id") for card in all_of(driver, "details.operation")} == ids
    driver.execute_script("for (const card of document.querySelectorAll('details.operation')) card.open = true")
    wait(driver, "all of them drawn", lambda: len(all_of(driver, ".try")) == len(ids))
    for trace in ("undefined", "[object"):
        assert trace not in text_of(driver, "main"), text_of(driver, "main").split(trace)[0][-300:] + trace
    driver.get(f"{url}/docs#process")
    wait(driver, "the operation", lambda: all_of(driver, "#process[open] .try"))
    path, fio = sample([])
    driver.find_element(By.ID, "process-body-file").send_keys(path)
    driver.find_element(By.ID, "process-body-fio").send_keys(fio)
    driver.execute_script("document.querySelector('#process .try button').click()")
    wait(driver, "the answer", lambda: '"verdict": true' in text_of(driver, "#process .body"))
    assert "curl -i -F" in text_of(driver, "#process .command")


def guarded_asks_for_a_key(driver, url, key):
    """Without a key the page asks for one; with it a paper is judged and followed; it stays in this tab alone."""
    driver.get(f"{url}/#/jobs")
    wait(driver, "the dialog", lambda: all_of(driver, "#key-dialog[open]"))
    driver.find_element(By.ID, "key-value").send_keys("wrong" + Keys.ENTER)
    kept = "return sessionStorage.getItem('idp.key')"
    wait(driver, "the dialog again",
         lambda: driver.execute_script(kept) == "wrong" and all_of(driver, "#key-dialog[open]"))
    field = driver.find_element(By.ID, "key-value")
    assert field.get_attribute("type") == "password"
    field.clear()
    field.send_keys(key + Keys.ENTER)
    wait(driver, "the list", lambda: text_of(driver, "main h1") and not all_of(driver, "#key-dialog[open]"))
    open_console(driver, url)
    send(driver, *sample([]))
    assert verdict(driver) == "The document proves the reason", verdict(driver)
    assert driver.execute_script("return document.cookie") == ""
    kept = driver.execute_script("return JSON.stringify(localStorage)")
    assert key not in kept, kept
    driver.switch_to.new_window("tab")
    driver.get(f"{url}/#/jobs")
    wait(driver, "the dialog in another tab", lambda: all_of(driver, "#key-dialog[open]"))
    driver.close()
    driver.switch_to.window(driver.window_handles[0])
    driver.get(f"{url}/docs#listJobs")
    wait(driver, "the operation", lambda: all_of(driver, "#listJobs[open] .try"))
    driver.execute_script("document.querySelector('#listJobs .try button').click()")
    wait(driver, "the answer", lambda: '"jobs"' in text_of(driver, "#listJobs .body"))
    command = text_of(driver, "#listJobs .command")
    assert key not in command, command


def main():
    arguments = sys.argv[1:]
    kind, key = "check_", None
    if arguments[0] == "--key-file":
        kind, key = "guarded_", pathlib.Path(arguments[1]).read_text().strip()
        arguments = arguments[2:]
    url, *names = arguments
    checks = {name[len(kind):]: check for name, check in globals().items() if name.startswith(kind)}
    driver = browser.start()
    failed = []
    try:
        for name in names or checks:
            try:
                driver.get_log("browser")
                checks[name](driver, url, *([key] if key else []))
                # Answers of 4xx are what the check of errors is about; the browser notes each of them.
                loud = [one for one in browser.complaints(driver)
                        if name not in ("errors", "asks_for_a_key") or "Failed to load resource" not in one]
                assert not loud, f"the console said: {loud}"
                print(f"ok {name}", flush=True)
            except Exception:
                failed.append(name)
                print(f"FAILED {name}\n{traceback.format_exc()}", flush=True)
    finally:
        driver.quit()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
