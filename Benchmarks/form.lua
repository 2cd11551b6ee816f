-- wrk: POST of a form with a name and a document, as a browser sends it: the file that DOCUMENT names, else 200 KB of a
-- fixed sequence of bytes.
local boundary = "----idp-benchmark-7MA4YWxkTrZu0gW"
local function document()
  if os.getenv("DOCUMENT") then
    local file = assert(io.open(os.getenv("DOCUMENT"), "rb"))
    local bytes = file:read("*a")
    file:close()
    return bytes
  end
  local bytes, state = {}, 1
  for index = 1, 200000 do
    state = state * 48271 % 2147483647
    bytes[index] = string.char(state % 256)
  end
  return table.concat(bytes)
end
local function part(disposition, content)
  return "--" .. boundary .. "\r\nContent-Disposition: form-data; " .. disposition .. "\r\n\r\n" .. content .. "\r\n"
end
wrk.method = "POST"
wrk.headers["Content-Type"] = "multipart/form-data; boundary=" .. boundary
wrk.body = part('name="fio"', "Applicant Name") ..
  part('name="file"; filename="paper.pdf"\r\nContent-Type: application/pdf', document()) ..
  "--" .. boundary .. "--\r\n"
