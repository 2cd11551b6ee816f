#!/usr/bin/env python3
"""Prints what a built idp-server is made of, as CycloneDX 1.5 JSON.

  python3 scripts/sbom.py PROGRAM > sbom.cdx.json

Swift packages come from Package.resolved (which `swift build` writes), libraries from what the dynamic linker loads for
the program, each with the Debian package that it belongs to; beside them stand the programs and models that the server
starts or reads. Times come from SOURCE_DATE_EPOCH, so that the same build gives the same list.
"""
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
LICENSES = {"grdb.swift": "MIT"}
# Needed at run time and linked by nobody.
STARTED = ["poppler-utils", "tesseract-ocr-rus", "tesseract-ocr-kaz", "tesseract-ocr-eng", "tesseract-ocr-osd",
           "tesseract-ocr-script-cyrl"]


def output(*command):
    """What a command prints; an empty text where it fails."""
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return run.stdout if run.returncode == 0 else ""


def swift_packages():
    """The pinned Swift packages."""
    pins = json.loads((ROOT / "Package.resolved").read_text(encoding="utf-8"))["pins"]
    for pin in sorted(pins, key=lambda pin: pin["identity"]):
        place = re.sub(r"^https://|\.git$", "", pin["location"])
        version = pin["state"]["version"]
        yield {
            "type": "library", "bom-ref": pin["identity"], "name": pin["identity"], "version": version,
            "licenses": [{"license": {"id": LICENSES.get(pin["identity"], "Apache-2.0")}}],
            "purl": f"pkg:swift/{place}@{version}",
            "externalReferences": [{"type": "vcs", "url": pin["location"]}],
            "properties": [{"name": "git:revision", "value": pin["state"]["revision"]}],
        }


def debian_package(name):
    """A component for an installed Debian package."""
    form = "${Package}\t${Version}\t${Architecture}\t${source:Package}"
    fields = output("dpkg-query", "-W", "-f", form, name).split("\n")[0].split("\t")
    if len(fields) != 4:
        return None
    package, version, architecture, source = fields
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)', pathlib.Path("/etc/os-release").read_text(), re.MULTILINE))
    distribution = f"{release.get('ID', 'debian')}-{release.get('VERSION_ID', '')}"
    return {
        "type": "library", "bom-ref": f"deb:{package}", "name": package, "version": version,
        "purl": f"pkg:deb/debian/{package}@{version}?arch={architecture}&distro={distribution}",
        "properties": [{"name": "debian:source", "value": source}],
    }


def loaded(program):
    """What the dynamic linker loads: Debian packages, and libraries of nobody (a Swift toolchain's)."""
    libraries = [pathlib.Path(path) for path in re.findall(r"=> (/\S+)", output("ldd", program))]
    # Debian knows a file by one of its names: /lib is a link to /usr/lib, and links lead to versions.
    names = {library: {str(library.resolve()), re.sub("^/usr", "", str(library.resolve())), str(library)}
             for library in libraries}
    asked = sorted(set().union(*names.values())) if names else []
    listing = subprocess.run(["dpkg-query", "-S", *asked], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                             check=False).stdout
    owners = {path: package for package, path in re.findall(r"^([^:,\s]+)[^/]*: (/\S+)$", listing, re.MULTILINE)}
    packages, strangers = set(), set()
    for library, paths in names.items():
        package = next((owners[path] for path in sorted(paths) if path in owners), None)
        (packages if package else strangers).add(package or library.name)
    return sorted(packages), sorted(strangers)


def main():
    program = sys.argv[1]
    packages, strangers = loaded(program)
    compiler = re.search(r"Swift version (\S+)", output("swift", "--version"))
    components = list(swift_packages())
    components.append({
        "type": "library", "bom-ref": "swift-runtime", "name": "swift-runtime",
        "version": compiler[1] if compiler else "unknown", "licenses": [{"license": {"id": "Apache-2.0"}}],
        "description": "The Swift standard library, Foundation and Dispatch",
        "properties": [{"name": "linked", "value": " ".join(strangers) or "statically"}],
    })
    components += filter(None, (debian_package(name) for name in sorted({*packages, *STARTED})))
    version = output(program, "--version").strip()
    moment = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), datetime.timezone.utc)
    subject = {"type": "application", "bom-ref": "idp-server", "name": "idp-server", "version": version,
               "licenses": [{"license": {"id": "Apache-2.0"}}]}
    content = json.dumps(components, sort_keys=True)
    print(json.dumps({
        "bomFormat": "CycloneDX", "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}", "version": 1,
        "metadata": {"timestamp": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "component": subject},
        "components": components,
        "dependencies": [{"ref": "idp-server", "dependsOn": [component["bom-ref"] for component in components]}],
    }, indent=1))


if __name__ == "__main__":
    main()
