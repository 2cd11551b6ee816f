"""Takes the pictures of the console that README shows.

    take_pictures.py URL FOLDER
"""

import pathlib
import sys
import threading
import time

import requests
from PIL import Image
from selenium.webdriver.common.by import By

import browser
import check_console
from browser import all_of, wait

WEIGHT_MAX = 150_000


def keep(driver, path):
    """The view as a PNG of few colours, which is a quarter of the size."""
    browser.settle(driver)
    driver.save_screenshot(str(path))
    Image.open(path).convert("RGB").quantize(96).save(path, optimize=True)
    weight = path.stat().st_size
    assert weight < WEIGHT_MAX, f"{path} has {weight} bytes"
    print(f"{path} {weight}")


def send(driver, url, sample):
    check_console.open_console(driver, url)
    check_console.send(driver, *sample)
    check_console.verdict(driver)


def keep_busy(url, seconds=25):
    """Something for the charts to show."""
    path, fio = check_console.sample([])
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with open(path, "rb") as file:
            requests.post(f"{url}/v1/process", files={"file": file}, data={"fio": fio}, timeout=60)


def main():
    url, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    driver = browser.start(width=1180, height=900)
    try:
        for _ in range(3):
            send(driver, url, check_console.sample([]))
        send(driver, url, check_console.sample(["FIO_MISMATCH"]))
        keep(driver, folder / "console-check.png")
        check_console.open_console(driver, url, "#/jobs")
        wait(driver, "jobs", lambda: all_of(driver, "tbody tr"))
        keep(driver, folder / "console-jobs.png")
        driver.find_element(By.ID, "theme").click()
        busy = threading.Thread(target=keep_busy, args=(url,))
        busy.start()
        check_console.check_system(driver, url)
        # Charts are drawn of what is scraped while one looks.
        wait(driver, "a line of some length", lambda: driver.execute_script(
            "return [...document.querySelectorAll('.chart svg .line')]"
            ".some((line) => (line.getAttribute('points') ?? line.getAttribute('d') ?? '').split(/[ L]/).length > 8)"))
        busy.join()
        keep(driver, folder / "console-system.png")
        driver.get(f"{url}/docs#process")
        wait(driver, "the operation", lambda: all_of(driver, "#process[open] .try"))
        keep(driver, folder / "docs.png")
    finally:
        driver.quit()
    narrow = browser.start(width=390, height=844)
    try:
        send(narrow, url, check_console.sample([]))
        narrow.execute_script("document.querySelector('.outcome').scrollIntoView()")
        keep(narrow, folder / "console-phone.png")
    finally:
        narrow.quit()


if __name__ == "__main__":
    main()
