"""A real Chromium without a window, that reaches nothing but this machine."""

import os
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

# Generous: a busy machine is no fault of the page.
PATIENCE = 90


def start(width=1280, height=900, dark=False):
    """Starts a browser. The caller quits it."""
    # Selenium's own driver manager asks outside servers; Debian's driver is named instead.
    os.environ.update(SE_OFFLINE="true", SE_AVOID_STATS="true")
    options = Options()
    options.binary_location = "/usr/bin/chromium"
    for flag in (
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--lang=en", f"--window-size={width},{height}",
    ):
        options.add_argument(flag)
    if dark:
        options.add_argument("--force-dark-mode")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.set_page_load_timeout(PATIENCE)
    driver.set_script_timeout(PATIENCE)
    if width < 500:
        # A window has a smallest width; the page's own view has none.
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                               dict(width=width, height=height, deviceScaleFactor=1, mobile=True))
    return driver


def wait(driver, what, probe):
    """Waits until `probe` gives something true, and gives that; fails with `what` and what the page shows."""
    try:
        return WebDriverWait(driver, PATIENCE, poll_frequency=0.1).until(lambda _: probe())
    except Exception as error:
        text = driver.find_element(By.TAG_NAME, "body").text
        raise AssertionError(f"not seen: {what}\nthe page shows:\n{text}") from error


def all_of(driver, selector):
    """The elements of a selector; those that go away meanwhile do not count."""
    return driver.find_elements(By.CSS_SELECTOR, selector)


def text_of(driver, selector):
    """The text of the first element of a selector, or an empty one. Read in one step, as the page redraws itself."""
    return driver.execute_script("return document.querySelector(arguments[0])?.innerText ?? ''", selector)


def complaints(driver):
    """What the page's console said in earnest: errors and warnings, refused loads among them."""
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


def settle(driver, seconds=0.3):
    """Lets transitions end before a picture is taken."""
    time.sleep(seconds)
