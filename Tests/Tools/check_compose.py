#!/usr/bin/env python3
"""Holds docker/compose.yaml against what `docker compose config` and a start would hold it against, without a Docker
engine: keys, references between services, mounted files, and that the server's settings exist.

  python3 check_compose.py COMPOSE SETTINGS...

Exit status 1 and one line a finding when something is wrong.
"""
import pathlib
import sys

import yaml

SERVICE_KEYS = {
    "build", "image", "ports", "environment", "volumes", "depends_on", "read_only", "tmpfs", "cap_drop", "command",
    "security_opt", "stop_grace_period", "restart", "logging", "healthcheck", "entrypoint", "profiles"}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}


def mounts(service):
    """Pairs of source and target of a service's volumes."""
    return [volume.split(":")[:2] for volume in service.get("volumes", [])]


def findings(path, settings):
    """What is wrong, one line each."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    services, volumes = document["services"], document.get("volumes", {})
    for name, service in services.items():
        for key in sorted(set(service) - SERVICE_KEYS):
            yield f"{name}: {key} is no key that is used here"
        if not ("image" in service or "build" in service):
            yield f"{name}: neither image nor build"
        if ":" not in service.get("image", ":") and "build" not in service:
            yield f"{name}: an image without a version"
        for source, target in mounts(service):
            if source.startswith("."):
                if not (path.parent / source).exists():
                    yield f"{name}: {source} is not there"
            elif source not in volumes:
                yield f"{name}: the volume {source} is not declared"
            if not target.startswith("/"):
                yield f"{name}: {target} is no absolute path"
        waits = service.get("depends_on", {})
        waits = waits if isinstance(waits, dict) else {other: {} for other in waits}
        for other, how in waits.items():
            condition = how.get("condition", "service_started")
            if other not in services:
                yield f"{name}: waits for {other}, which is not there"
            elif condition not in CONDITIONS:
                yield f"{name}: {condition} is no condition"
            elif condition == "service_healthy" and "healthcheck" not in services[other]:
                yield f"{name}: waits for the health of {other}, which has no check"
        for setting, value in service.get("environment", {}).items():
            if not isinstance(value, str):
                yield f"{name}: {setting} is no text"
            if setting.startswith("IDP_") and setting not in settings:
                yield f"{name}: {setting} is no setting"
        for port in service.get("ports", []):
            if not port.startswith("127.0.0.1:"):
                yield f"{name}: {port} is open to the world"
    server = services["idp-server"]
    build = server["build"]
    if not (path.parent / build["context"] / build["dockerfile"]).exists():
        yield "the Dockerfile is not there"
    if not server.get("read_only") or server.get("cap_drop") != ["ALL"]:
        yield "the server's root is writable, or it keeps capabilities"


def main():
    wrong = list(findings(pathlib.Path(sys.argv[1]), set(sys.argv[2:])))
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
