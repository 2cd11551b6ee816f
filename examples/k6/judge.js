// k6: one caller who asks for verdicts, each of which must be right.
//   k6 run -e URL=http://127.0.0.1:8000 examples/k6/judge.js
import http from "k6/http";
import { check } from "k6";

const url = __ENV.URL || "http://127.0.0.1:8000";
const paper = open("../../Tests/Fixtures/documents/sick-leave-ru-text.pdf", "b");

export const options = { vus: 1, iterations: 3, thresholds: { checks: ["rate==1"] } };

export default function () {
  const form = { fio: "Ли Ержан Сергеевич", file: http.file(paper, "paper.pdf") };
  const answer = http.post(`${url}/v1/process`, form, { timeout: "65s" });
  check(answer, {
    "a verdict": (a) => a.status === 200 && typeof a.json("verdict") === "boolean",
    "under its own id": (a) => a.json("run_id").length === 36,
  });
}
