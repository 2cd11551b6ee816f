#!/usr/bin/env python3
"""Writes the Grafana dashboard of idp-server, idp-server.json beside this file.

  python3 ops/grafana/dashboard.py [--check]

With --check nothing is written: exit status 1 says that the file is not what this script makes. The panels stand in
ROWS below, two to four in a row of 24 columns; a test asks a real Prometheus every query of them.
"""
import json
import pathlib
import sys

FILE = pathlib.Path(__file__).with_name("idp-server.json")
# Every query is about the jobs and nodes that are chosen at the top of the dashboard.
SELECT = 'job=~"$job",instance=~"$instance"'
RATE = "[$__rate_interval]"


def rate(name, by="", labels=""):
    """The sum of a counter's rates, by labels."""
    group = f" by ({by})" if by else ""
    return f"sum{group} (rate({name}{{{SELECT}{',' + labels if labels else ''}}}{RATE}))"


def gauge(name, by="", labels="", how="sum"):
    """A gauge over the nodes, by labels."""
    group = f" by ({by})" if by else ""
    return f"{how}{group} ({name}{{{SELECT}{',' + labels if labels else ''}}})"


def quantile(q, name, by="", labels=""):
    """A quantile of a classic histogram."""
    return f"histogram_quantile({q}, {rate(name + '_bucket', 'le' + (', ' + by if by else ''), labels)})"


def panel(title, targets, unit="short", kind="timeseries", stacked=False, about=""):
    """A panel: its targets are pairs of a query and a legend."""
    return {"title": title, "targets": targets, "unit": unit, "kind": kind, "stacked": stacked, "about": about}


SUBMISSIONS = 'endpoint=~"/v1/(process|jobs)",method="POST"'
ERRORS = rate("requests_total", labels='status=~"5.."')
ROWS = [
    ("At a glance", [
        panel("Nodes up", [('sum(up{job=~"$job",instance=~"$instance"})', "")], kind="stat"),
        panel("Documents judged a second", [(rate("pipeline_duration_seconds_count"), "")], "ops", "stat"),
        panel("Answers that are 5xx", [
            (f"({ERRORS} or 0 * {rate('requests_total')}) / {rate('requests_total')}", "")], "percentunit", "stat",
              about="The objective is 99.9 % without; alerts burn at 14.4 and 6 times that."),
        panel("Workers busy", [
            (gauge("idp_workers", labels='state="busy"') + " / " + gauge("idp_workers"), "")], "percentunit", "stat"),
        panel("Jobs waiting", [(gauge("idp_queue_depth", labels='queue="jobs"'), "")], kind="stat"),
        panel("Oldest waiting job", [
            (gauge("idp_queue_oldest_job_age_seconds", labels='queue="jobs"', how="max"), "")], "s", "stat"),
    ]),
    ("Requests", [
        panel("Requests by route", [(rate("requests_total", "endpoint, method"), "{{method}} {{endpoint}}")], "reqps",
              stacked=True),
        panel("Answers by status", [(rate("requests_total", "status"), "{{status}}")], "reqps", stacked=True),
        panel("Time to answer: submissions", [
            (quantile(0.5, "request_duration_seconds", "endpoint", SUBMISSIONS), "p50 {{endpoint}}"),
            (quantile(0.99, "request_duration_seconds", "endpoint", SUBMISSIONS), "p99 {{endpoint}}")], "s"),
        panel("Time to answer: everything else, p99", [
            (quantile(0.99, "request_duration_seconds", "endpoint", 'method="GET"'), "{{endpoint}}")], "s"),
        panel("Refused before any work", [(rate("idp_requests_shed_total", "reason"), "{{reason}}")], "reqps",
              stacked=True),
        panel("Repeats answered", [
            (rate("idp_idempotency_replays_total", "outcome"), "key {{outcome}}"),
            (rate("idp_runs_deduplicated_total"), "same document")], "ops"),
    ]),
    ("Documents", [
        panel("Runs by outcome", [(rate("idp_runs_total", "verdict, code"), "{{verdict}} {{code}}")], "ops",
              stacked=True),
        panel("Time of a run", [
            (quantile(0.5, "pipeline_duration_seconds"), "p50"), (quantile(0.9, "pipeline_duration_seconds"), "p90"),
            (quantile(0.99, "pipeline_duration_seconds"), "p99")], "s"),
        panel("Mean time of each stage", [
            (f"{rate('pipeline_stage_duration_seconds_sum', 'stage')}"
             f" / {rate('pipeline_stage_duration_seconds_count', 'stage')}", "{{stage}}")], "s", stacked=True),
        panel("Runs by duration", [(rate("pipeline_duration_seconds_bucket", "le"), "{{le}}")], kind="heatmap"),
    ]),
    ("Jobs", [
        panel("Jobs in and out", [
            (rate("jobs_submitted_total"), "submitted"), (rate("jobs_completed_total"), "completed"),
            (rate("jobs_failed_total"), "failed"), (rate("idp_jobs_cancelled_total"), "cancelled")], "ops"),
        panel("Waiting and running", [
            (gauge("idp_queue_depth", "queue"), "{{queue}} waiting"),
            (gauge("idp_queue_running", "queue"), "{{queue}} running")]),
        panel("Time in the queue", [
            (quantile(0.5, "idp_queue_wait_seconds", "queue"), "p50 {{queue}}"),
            (quantile(0.99, "idp_queue_wait_seconds", "queue"), "p99 {{queue}}")], "s"),
        panel("Age of the oldest", [
            (gauge("idp_queue_oldest_job_age_seconds", "queue", how="max"), "{{queue}}")], "s"),
        panel("Jobs in the store", [(gauge("idp_jobs", "state", how="max"), "{{state}}")]),
        panel("Started again, set aside, taken over", [
            (rate("idp_job_retries_total", "code"), "again {{code}}"),
            (rate("idp_jobs_dead_lettered_total", "code"), "set aside {{code}}"),
            (rate("idp_jobs_recovered_total"), "found at start"),
            (rate("idp_jobs_handed_back_total"), "handed back"), (rate("idp_jobs_replayed_total"), "replayed")], "ops"),
    ]),
    ("Document workers", [
        panel("Workers", [(gauge("idp_workers", "state"), "{{state}}")], stacked=True),
        panel("Waiting for a worker", [(gauge("idp_worker_waiters"), "operations")]),
        panel("Replaced", [(rate("idp_worker_restarts_total", "reason"), "{{reason}}"),
                           (rate("idp_worker_start_failures_total"), "could not start")], "ops"),
        panel("Walls that stand", [(gauge("idp_worker_sandbox", "measure", how="min"), "{{measure}}")],
              about="1 where a measure that confines the workers holds on every node."),
    ]),
    ("Front and process", [
        panel("Connections", [
            (gauge("idp_connections"), "open"), (rate("idp_connections_accepted_total"), "accepted a second"),
            (rate("idp_connections_refused_total", "reason"), "refused {{reason}}")]),
        panel("Limits that clients ran into", [(rate("idp_limits_reached_total", "limit"), "{{limit}}")], "ops"),
        panel("TLS handshakes", [(rate("idp_tls_handshakes_total", "outcome"), "{{outcome}}")], "ops"),
        panel("Uploads", [
            (gauge("idp_uploads_arriving", "kind"), "arriving {{kind}}"),
            (gauge("idp_request_queue_depth"), "handlers waiting or running")]),
        panel("Processor of the server (workers count by themselves)", [
            (rate("process_cpu_seconds_total", "instance"), "{{instance}}")], "s"),
        panel("Memory of the server", [(gauge("process_resident_memory_bytes", "instance"), "{{instance}}"),
                                       (gauge("idp_temp_bytes"), "uploads in the spool")], "bytes"),
    ]),
    ("Store and other services", [
        panel("Store", [
            (rate("idp_store_changes_total"), "changes"), (rate("idp_store_commits_total"), "transactions"),
            (rate("idp_document_syncs_total"), "flushes of documents")], "ops"),
        panel("Calls of other services", [
            (rate("idp_dependency_request_duration_seconds_count", "dependency, outcome"),
             "{{dependency}} {{outcome}}")], "ops"),
        panel("Time of their calls, p99", [
            (quantile(0.99, "idp_dependency_request_duration_seconds", "dependency"), "{{dependency}}")], "s"),
        panel("Open circuits", [
            (gauge("idp_circuit_breaker_state", "dependency", 'state="open"', "max"), "{{dependency}}")]),
        panel("On their way to the bucket", [(gauge("idp_artifacts_waiting"), "runs")]),
        panel("Spans and log lines lost", [
            (rate("idp_trace_spans_dropped_total"), "spans"), (rate("idp_log_lines_dropped_total"), "lines")], "ops"),
    ]),
    ("Callbacks, Kafka, model, access", [
        panel("Callbacks", [(rate("idp_webhook_deliveries_total", "outcome"), "{{outcome}}")], "ops", stacked=True),
        panel("Callbacks that wait, receivers that are away", [
            (gauge("idp_webhook_outbox_depth", how="max"), "waiting"),
            (gauge("idp_webhook_endpoints_down"), "receivers away")]),
        panel("From a job's end to its callback", [
            (quantile(0.5, "idp_webhook_delivery_age_seconds"), "p50"),
            (quantile(0.99, "idp_webhook_delivery_age_seconds"), "p99")], "s"),
        panel("Kafka: records", [
            (rate("idp_kafka_records_total", "outcome"), "{{outcome}}"),
            (rate("idp_kafka_results_total", "status"), "result {{status}}")], "ops"),
        panel("Kafka: lag", [(gauge("idp_kafka_lag", "partition"), "{{partition}}"),
                             (gauge("idp_kafka_records_at_work"), "at work")]),
        panel("Language model", [
            (rate("idp_llm_findings_total", "field, outcome"), "{{field}} {{outcome}}"),
            (rate("idp_llm_tokens_total", "type"), "{{type}} tokens")], "ops"),
        panel("Access", [(rate("idp_auth_requests_total", "outcome"), "{{outcome}}")], "reqps", stacked=True),
    ]),
]


def drawn(number, spec, place):
    """A panel as Grafana keeps it."""
    source = {"type": "prometheus", "uid": "${datasource}"}
    targets = [
        {"refId": chr(ord("A") + index), "datasource": source, "expr": query, "legendFormat": legend or "__auto",
         **({"format": "heatmap"} if spec["kind"] == "heatmap" else {})}
        for index, (query, legend) in enumerate(spec["targets"])]
    custom = {"lineWidth": 1, "fillOpacity": 20 if spec["stacked"] else 5, "showPoints": "never"}
    if spec["stacked"]:
        custom["stacking"] = {"mode": "normal", "group": "A"}
    options = {
        "timeseries": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "stat": {"reduceOptions": {"calcs": ["lastNotNull"]}, "graphMode": "area", "colorMode": "none"},
        "heatmap": {"calculate": False, "yAxis": {"unit": "s"}},
    }[spec["kind"]]
    defaults = {"unit": spec["unit"], "min": 0}
    if spec["kind"] == "timeseries":
        defaults["custom"] = custom
    return {
        "id": number, "type": spec["kind"], "title": spec["title"], "description": spec["about"],
        "datasource": source, "gridPos": place, "targets": targets, "options": options,
        "fieldConfig": {"defaults": defaults, "overrides": []},
    }


def panels():
    """All panels with their places, row by row."""
    number, top, result = 1, 0, []
    for title, specs in ROWS:
        result.append({"id": number, "type": "row", "title": title, "collapsed": False, "panels": [],
                       "gridPos": {"x": 0, "y": top, "w": 24, "h": 1}})
        number, top = number + 1, top + 1
        stats = all(spec["kind"] == "stat" for spec in specs)
        width, height = (4, 4) if stats else (12 if len(specs) <= 4 else 8, 8)
        for index, spec in enumerate(specs):
            column, line = index * width % 24, index * width // 24
            result.append(drawn(number, spec, {"x": column, "y": top + line * height, "w": width, "h": height}))
            number += 1
        top += (len(specs) * width + 23) // 24 * height
    return result


def variable(name, query):
    """A choice at the top of the dashboard."""
    return {
        "name": name, "type": "query", "query": query, "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "multi": True, "includeAll": True, "allValue": ".*", "refresh": 2, "sort": 1,
        "current": {"text": "All", "value": "$__all"},
    }


def dashboard():
    """The whole of it."""
    return {
        "uid": "idp-server", "title": "idp-server", "tags": ["idp-server"], "schemaVersion": 39, "version": 1,
        "timezone": "browser", "refresh": "10s", "time": {"from": "now-1h", "to": "now"}, "editable": True,
        "templating": {"list": [
            {"name": "datasource", "type": "datasource", "query": "prometheus", "current": {}},
            variable("job", "label_values(idp_build_info, job)"),
            variable("instance", 'label_values(idp_build_info{job=~"$job"}, instance)'),
        ]},
        "annotations": {"list": [{
            "name": "Starts", "enable": True, "iconColor": "blue",
            "datasource": {"type": "prometheus", "uid": "${datasource}"},
            "expr": 'changes(process_start_time_seconds{job=~"$job",instance=~"$instance"}[1m]) > 0',
            "titleFormat": "{{instance}} started",
        }, {
            "name": "Alerts", "enable": True, "iconColor": "red",
            "datasource": {"type": "prometheus", "uid": "${datasource}"},
            "expr": 'ALERTS{alertstate="firing",job=~"$job"}', "titleFormat": "{{alertname}}",
        }]},
        "panels": panels(),
    }


def main():
    text = json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"
    if "--check" in sys.argv[1:]:
        if FILE.read_text(encoding="utf-8") != text:
            sys.exit(f"{FILE.name} is not what this script makes: run it without --check")
    else:
        FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
