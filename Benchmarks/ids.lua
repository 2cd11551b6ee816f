-- wrk: GET of the status of runs whose ids stand in the file that IDS names, one after the other.
local requests, next = {}, 0
function init()
  for id in io.lines(os.getenv("IDS")) do requests[#requests + 1] = wrk.format("GET", "/v1/jobs/" .. id) end
end
function request()
  next = next % #requests + 1
  return requests[next]
end
