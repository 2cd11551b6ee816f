#!/usr/bin/env python3
"""Measures what reading documents through workers costs beside what the engine alone does.

  python3 worker.py --program idp-server --bare bare_tesseract --pages DIR --text DIR [--rounds 3] [--languages L]

DIR of --pages holds pictures of single pages (JPEG, PNG), that of --text text-layer PDFs. Every comparison is made in
turns, in one run; only the ratios mean anything. Prints Markdown.
"""
import argparse
import glob
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid

import img2pdf

FIO = "Ахметова Айгуль Сериковна"
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """The program with so many workers, on a free port, in a folder of its own."""

    def __init__(self, program, workers, languages):
        self.folder = tempfile.TemporaryDirectory()
        log = open(os.path.join(self.folder.name, "log"), "w+")
        settings = {
            "IDP_PORT": "0", "IDP_WORKERS": str(workers), "IDP_OCR_LANGUAGES": languages, "IDP_LOOPS": "1",
            "IDP_RUNS_DIR": self.folder.name + "/runs", "IDP_STORE": f"sqlite:{self.folder.name}/jobs.sqlite",
            "IDP_PROCESS_TIMEOUT": "300", "PATH": os.environ["PATH"],
        }
        self.process = subprocess.Popen([program, "serve"], env=settings, stdout=log, stderr=log)
        self.url = None
        for _ in range(300):
            time.sleep(0.1)
            for line in open(log.name):
                if '"message":"listening"' in line:
                    self.url = f"http://127.0.0.1:{json.loads(line)['port']}"
            if self.url and len(self.workers()) == workers + 1:
                time.sleep(1)
                return
        sys.exit("the server did not start: " + open(log.name).read()[-2000:])

    def workers(self):
        """The process ids of the document workers."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as children:
            found = children.read().split()
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{task}/children") as children:
                found += children.read().split()
        return sorted(set(map(int, found)))

    def judge(self, path):
        """Sends a document; the seconds that the caller waited, and the run's result."""
        boundary = uuid.uuid4().hex
        with open(path, "rb") as file:
            content = file.read()
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="fio"\r\n\r\n{FIO}\r\n--{boundary}\r\n'
        head += 'Content-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        request = urllib.request.Request(
            self.url + "/v1/process", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
        start = time.monotonic()
        with urllib.request.urlopen(request, timeout=310) as answer:
            run = json.load(answer)["run_id"]
        waited = time.monotonic() - start
        with urllib.request.urlopen(f"{self.url}/v1/jobs/{run}/result") as answer:
            return waited, json.load(answer)

    def cpu(self, with_server=True):
        """Processor seconds of the workers and the tools that they have waited for, and of the server."""
        total = 0
        for process in [self.process.pid] * with_server + self.workers():
            with open(f"/proc/{process}/stat") as stat:
                total += sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:15]))
        return total / TICKS

    def memory(self):
        """The workers' resident memory now, in MiB."""
        sizes = []
        for process in self.workers():
            with open(f"/proc/{process}/status") as status:
                sizes += [int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS:")]
        return sizes

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class Bare:
    """The engine alone, warm, in a process that reads page after page."""

    def __init__(self, program, languages):
        self.process = subprocess.Popen(
            [program, languages], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"OMP_THREAD_LIMIT": "1", "PATH": os.environ["PATH"]})

    def ask(self, path):
        self.process.stdin.write(os.path.abspath(path) + "\n")
        self.process.stdin.flush()

    def answer(self):
        """Seconds, and processor seconds."""
        return tuple(map(float, self.process.stdout.readline().split()[:2]))

    def read(self, path):
        self.ask(path)
        return self.answer()

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)


def stage(result, name):
    return next(item["seconds"] for item in result["stages"] if item["stage"] == name)


def median(values):
    return statistics.median(values)


def row(what, value, bar, holds):
    print(f"| {what} | {value} | {bar} | {'yes' if holds else '**no**'} |")


def single_pages(arguments, pages):
    """Each page through a server with one worker, as a picture, and by the engine alone, in turns."""
    server, bare = Server(arguments.program, 1, arguments.languages), Bare(arguments.bare, arguments.languages)
    ours, theirs, used, acquired, ratios = 0.0, 0.0, 0.0, [], []
    for number in range(arguments.rounds + 1):
        if number == 1:  # The round before warmed both.
            before = server.cpu(with_server=False)
        for page in pages:
            for side in ([0, 1] if number % 2 else [1, 0]):
                if side == 0:
                    _, result = server.judge(page)
                    mine = stage(result, "acquire") + stage(result, "text")
                    acquired.append(stage(result, "acquire"))
                else:
                    its, processor = bare.read(page)
            if number:
                ours, theirs, used = ours + mine, theirs + its, used + processor
                ratios.append(mine / its)
    processor_ratio = (server.cpu(with_server=False) - before) / used
    rss = server.memory()
    server.stop()
    bare.stop()
    count = arguments.rounds * len(pages)
    row(
        "scanned page: time in the pool over the engine alone",
        f"{ours / theirs:.3f} (median of pages {median(ratios):.3f}; {ours / count * 1000:.0f} and"
        f" {theirs / count * 1000:.0f} ms a page)", "≤ 1.05", ours / theirs <= 1.05)
    row("the same in processor time, which a busy machine disturbs less", f"{processor_ratio:.3f}", "≤ 1.05",
        processor_ratio <= 1.05)
    row(
        "hand-off to a worker and back, document copied, header read",
        f"p50 {median(acquired) * 1e3:.2f} ms, p90 {sorted(acquired)[len(acquired) * 9 // 10] * 1e3:.2f} ms",
        "≤ 1 ms", median(acquired) <= 0.001)
    row("resident memory of a worker after them", f"{max(rss):.0f} MiB", "≤ 160 MiB", max(rss) <= 160)


def two_at_once(arguments, pages):
    """A document of many pages on two workers, and the same pages on two processes of the engine alone."""
    pages = pages[: len(pages) // 2 * 2][:20]
    server = Server(arguments.program, 2, arguments.languages)
    bares = [Bare(arguments.bare, arguments.languages) for _ in range(2)]
    ratios = []
    with tempfile.NamedTemporaryFile(suffix=".pdf") as document:
        document.write(img2pdf.convert(pages))
        document.flush()
        for number in range(arguments.rounds + 1):
            def ours():
                _, result = server.judge(document.name)
                assert result["pages"] == len(pages)
                return stage(result, "text")

            def theirs():
                # Each takes the next page when it is done, as the workers do.
                start, waiting = time.monotonic(), list(pages)
                import selectors
                selector, open_ones = selectors.DefaultSelector(), 0
                for bare in bares:
                    selector.register(bare.process.stdout, selectors.EVENT_READ, bare)
                    bare.ask(waiting.pop(0))
                    open_ones += 1
                while open_ones:
                    for key, _ in selector.select():
                        key.data.answer()
                        open_ones -= 1
                        if waiting:
                            key.data.ask(waiting.pop(0))
                            open_ones += 1
                return time.monotonic() - start

            first, second = (ours, theirs) if number % 2 else (theirs, ours)
            times = {first: first(), second: second()}
            if number:
                ratios.append(times[theirs] / times[ours])
    server.stop()
    for bare in bares:
        bare.stop()
    row(
        f"pages a second of a PDF of {len(pages)} scans on 2 workers, over two processes of the engine alone",
        f"{median(ratios):.3f}", "≥ 0.95", median(ratios) >= 0.95)


def text_documents(arguments, documents):
    """PDFs with a text layer, one after the other, from the client's side."""
    server = Server(arguments.program, 2, arguments.languages)
    for document in documents:
        server.judge(document)
    before, waits = server.cpu(), []
    for _ in range(arguments.rounds):
        waits += [server.judge(document)[0] for document in documents]
    used = (server.cpu() - before) / len(waits)
    server.stop()
    waits.sort()
    row(
        "text-layer PDF: verdict over HTTP, p50",
        f"{median(waits) * 1e3:.1f} ms (p90 {waits[len(waits) * 9 // 10] * 1e3:.1f} ms)", "≤ 20 ms",
        median(waits) <= 0.020)
    row("text-layer PDF: processor time of all processes", f"{used * 1e3:.1f} ms", "≤ 20 ms", used <= 0.020)


def main():
    parser = argparse.ArgumentParser()
    for name in ["program", "bare", "pages", "text"]:
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--languages", default="rus+kaz+eng")
    arguments = parser.parse_args()
    pages = sorted(sum((glob.glob(f"{arguments.pages}/*.{end}") for end in ["jpg", "png"]), []))
    documents = sorted(glob.glob(arguments.text + "/*.pdf"))
    print("| what | measured | bar | holds |")
    print("| --- | --- | --- | --- |")
    single_pages(arguments, pages)
    two_at_once(arguments, [page for page in pages if page.endswith(".jpg")])
    text_documents(arguments, documents)


main()
