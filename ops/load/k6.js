// k6: a day's shape in ten minutes, held to thresholds; k6 exits with 99 when one is missed.
//   k6 run ops/load/k6.js                              against http://127.0.0.1:8000
//   k6 run -e URL=https://idp.bank.kz -e RATE=20 -e MINUTES=30 ops/load/k6.js
// DOCUMENT and FIO name another paper, RATE is the submissions a second at the peak, TOKEN goes out as a bearer token.
import http from "k6/http";
import { check } from "k6";
import { Counter, Rate, Trend } from "k6/metrics";

const url = __ENV.URL || "http://127.0.0.1:8000";
const rate = Number(__ENV.RATE || 5);
const minutes = Number(__ENV.MINUTES || 10);
const name = __ENV.DOCUMENT || "../../Tests/Fixtures/documents/sick-leave-ru-text.pdf";
const fio = __ENV.FIO || "Ли Ержан Сергеевич";
const paper = open(name, "b");
const headers = __ENV.TOKEN ? { Authorization: `Bearer ${__ENV.TOKEN}` } : {};

const verdictSeconds = new Trend("verdict_seconds");
const refused = new Counter("refused");
const failed = new Rate("failed");
const share = (part) => `${Math.max(1, Math.round(minutes * 60 * part))}s`;

export const options = {
  scenarios: {
    jobs: {
      executor: "ramping-arrival-rate", exec: "job", startRate: 0, timeUnit: "1s", preAllocatedVUs: 50, maxVUs: 500,
      stages: [
        { target: rate, duration: share(0.2) }, { target: rate, duration: share(0.5) },
        { target: 2 * rate, duration: share(0.1) }, { target: 0, duration: share(0.2) },
      ],
    },
    verdicts: { executor: "constant-vus", exec: "verdict", vus: 2, duration: `${minutes}m` },
    probes: { executor: "constant-arrival-rate", exec: "probe", rate: 1, duration: `${minutes}m`, preAllocatedVUs: 2 },
  },
  thresholds: {
    "http_req_duration{route:submit}": ["p(99)<1000"],
    "http_req_duration{route:probe}": ["p(99)<100"],
    verdict_seconds: ["p(95)<10", "p(99)<30"],
    failed: ["rate<0.001"],
    checks: ["rate>0.999"],
  },
};

function form() {
  return { fio, file: http.file(paper, "paper") };
}

// 429 is an answer, not a failure: the server says when to come again.
function count(answer) {
  if (answer.status === 429) refused.add(1);
  failed.add(answer.status === 0 || answer.status >= 500);
}

export function job() {
  const answer = http.post(`${url}/v1/jobs`, form(), { headers, tags: { route: "submit" } });
  count(answer);
  check(answer, { "a job is taken or refused": (a) => a.status === 202 || a.status === 429 });
}

export function verdict() {
  const answer = http.post(`${url}/v1/process`, form(), { headers, tags: { route: "verdict" }, timeout: "65s" });
  count(answer);
  if (answer.status === 200) verdictSeconds.add(answer.timings.duration / 1000);
  check(answer, {
    "a verdict, or a refusal": (a) =>
      (a.status === 200 && typeof a.json("verdict") === "boolean") || a.status === 429,
  });
}

export function probe() {
  const answer = http.get(`${url}/livez`, { tags: { route: "probe" } });
  count(answer);
  check(answer, { "it lives": (a) => a.status === 200 });
}
