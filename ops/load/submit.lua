-- wrk: submits a document as a form does, and prints one line of JSON when it is done. Settings in the environment:
-- DOCUMENT (a file), FIO (the applicant's name).
local boundary = "----idp-load-9f3c1d"
local file = assert(io.open(assert(os.getenv("DOCUMENT"), "DOCUMENT is not set"), "rb"))
local content = file:read("*a")
file:close()

wrk.method = "POST"
wrk.headers["Content-Type"] = "multipart/form-data; boundary=" .. boundary
wrk.body = table.concat({
  "--" .. boundary .. "\r\n",
  'Content-Disposition: form-data; name="fio"\r\n\r\n' .. (os.getenv("FIO") or "Ли Ержан Сергеевич") .. "\r\n",
  "--" .. boundary .. "\r\n",
  'Content-Disposition: form-data; name="file"; filename="paper"\r\n\r\n' .. content .. "\r\n",
  "--" .. boundary .. "--\r\n",
})

-- Each thread counts for itself; `done` runs in one that can read the others' globals.
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() refused, failed = 0, 0 end
function response(status)
  if status == 429 then refused = refused + 1 elseif status >= 500 then failed = failed + 1 end
end
function done(summary, latency)
  local refusals, failures = 0, 0
  for _, thread in ipairs(threads) do
    refusals = refusals + thread:get("refused")
    failures = failures + thread:get("failed")
  end
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.3f,"refused":%d,"failed":%d,"broken":%d,"p50":%.4f,"p99":%.4f}\n',
    summary.requests, summary.duration / 1e6, refusals, failures,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e6, latency:percentile(99) / 1e6))
end
